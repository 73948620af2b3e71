import { useRef, useState } from 'react';

export interface HeldRow {
  /** The row in which the focus is; null where it is in none. */
  readonly held: string | null;
  /** The same, also before it is drawn again. */
  readonly current: React.RefObject<string>;
  onFocus(event: React.FocusEvent): void;
  onBlur(event: React.FocusEvent): void;
}

/** Which row a person has under their hands. */
export function useHeldRow(): HeldRow {
  const [held, draw] = useState<string | null>(null);
  const current = useRef<string | null>(null);
  const hold = (row: string | null): void => {
    current.current = row;
    draw(row);
  };
  return {
    held,
    current,
    onFocus: event => hold(rowOf(event.target)),
    onBlur: event => {
      // A window that is left keeps its focus for when one comes back.
      if (document.activeElement !== event.target) {
        hold(rowOf(event.relatedTarget));
      }
    }
  };
}

function rowOf(node: Element | null): string | null {
  return node?.closest('[data-testid="row"]')?.getAttribute('data-name') ?? null;
}
