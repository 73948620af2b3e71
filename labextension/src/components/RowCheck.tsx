import React from 'react';

import { useTrans } from '../context';
import { useIsSelected, useRows } from './rows';

/** The box to tick of a row, while rows are being selected. */
export function RowCheck(props: { name: string }): React.JSX.Element | null {
  const { name } = props;
  const { selection } = useRows();
  const trans = useTrans();
  const isSelected = useIsSelected(name);
  if (isSelected === null) {
    return null;
  }
  const onKeyDown = (event: React.KeyboardEvent<HTMLInputElement>): void => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const boxes = [
      ...(event.currentTarget
        .closest('[data-testid="rows"]')
        ?.querySelectorAll<HTMLInputElement>('[data-testid="select"]') ?? [])
    ];
    const next = boxes[boxes.indexOf(event.currentTarget) + (event.key === 'ArrowDown' ? 1 : -1)];
    next?.focus();
    const to = next?.closest('[data-name]')?.getAttribute('data-name') ?? null;
    if (event.shiftKey && to !== null) {
      selection.extend(name);
      selection.extend(to);
    }
  };
  return (
    <input
      type="checkbox"
      className="jp-SessionRow-check"
      data-testid="select"
      aria-label={trans.__('Select %1', name)}
      checked={isSelected}
      onKeyDown={onKeyDown}
      onChange={() => undefined}
      onClick={event => {
        if (event.shiftKey) {
          selection.extend(name);
        } else {
          selection.toggle(name);
        }
      }}
    />
  );
}
