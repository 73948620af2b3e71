import { useState } from 'react';

import { useRows } from './rows';

const KIND = 'application/x-session-variable';

interface RowDrag {
  /** Of what is taken hold of. */
  handle: { draggable: true; onDragStart(event: React.DragEvent): void };
  /** Of what others are dropped on. */
  target: {
    'data-drop': 'before' | 'after' | undefined;
    onDragOver(event: React.DragEvent): void;
    onDragLeave(): void;
    onDrop(event: React.DragEvent): void;
  };
}

/** A row that can be dragged to another place; where it would land is marked. */
export function useRowDrag(name: string): RowDrag {
  const { place } = useRows();
  const [where, setWhere] = useState<'before' | 'after'>();
  const isOurs = (event: React.DragEvent): boolean => event.dataTransfer.types.includes(KIND);
  return {
    handle: {
      draggable: true,
      onDragStart: event => {
        event.dataTransfer.setData(KIND, name);
        event.dataTransfer.effectAllowed = 'move';
      }
    },
    target: {
      'data-drop': where,
      onDragOver: event => {
        if (isOurs(event)) {
          event.preventDefault();
          const { top, height } = event.currentTarget.getBoundingClientRect();
          setWhere(event.clientY < top + height / 2 ? 'before' : 'after');
        }
      },
      onDragLeave: () => setWhere(undefined),
      onDrop: event => {
        if (isOurs(event)) {
          event.preventDefault();
          place(event.dataTransfer.getData(KIND), name, where ?? 'before');
          setWhere(undefined);
        }
      }
    }
  };
}
