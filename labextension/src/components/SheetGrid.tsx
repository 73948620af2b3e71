import React, { useRef } from 'react';

import { useTrans } from '../context';
import { isNumber } from '../json';
import { specialText } from '../scalartext';
import type { Sheet } from '../sheet';
import type { Sorting } from '../sheetorder';
import type { Part } from '../tsv';
import { cellText } from './kinds';

export interface At {
  row: number;
  column: number;
}

export const LABEL_WIDTH = 44;

/** The page of a table that is seen: a grid in which one cell is the current one. */
export function SheetGrid(props: {
  name: string;
  sheet: Sheet;
  rows: readonly number[];
  columns: readonly number[];
  labelled: boolean;
  readOnly: boolean;
  at: At;
  /** What is selected beside the current cell. */
  part: Part | null;
  sorting: Sorting | null;
  onSort(column: number): void;
  /** Goes to a cell, or with `extends` selects from the current one to it. */
  onGo(to: At, extend: boolean): void;
  onOpen(): void;
  /** The field in the current cell, while it is typed into. */
  field: React.ReactNode;
}): React.JSX.Element {
  const { name, sheet, rows, columns, labelled, readOnly, at, part, sorting } = props;
  const { onSort, onGo, onOpen, field } = props;
  const trans = useTrans();
  // A second click on a cell opens it; the first one only goes there, to type or paste over it. The focus that it has
  // from being opened is not of somebody's choice.
  const wasAt = useRef(false);
  const isTouched = useRef(false);
  const isPressed = useRef(false);
  const gridColumns = `${labelled ? `minmax(24px, ${LABEL_WIDTH}px) ` : ''}repeat(${columns.length}, minmax(0, 1fr))`;
  const style = { gridTemplateColumns: gridColumns };
  return (
    <div
      className="jp-SessionTable jp-mod-grid"
      role="grid"
      data-testid="sheet"
      aria-label={name}
      aria-rowcount={sheet.rows + 1}
      aria-colcount={sheet.columns.length}
      aria-readonly={readOnly}
      aria-multiselectable
      onKeyDown={() => (isTouched.current = true)}
    >
      <div role="row" aria-rowindex={1} style={style}>
        {labelled ? (
          <span data-head role="columnheader">
            {trans.__('row')}
          </span>
        ) : null}
        {columns.map(i => {
          const { name: title, dtype } = sheet.columns[i]!;
          const direction = sorting?.column === i ? sorting.descends : null;
          const hint = dtype === null ? title : `${title}, ${dtype}`;
          return (
            <span
              key={i}
              data-head
              data-sorts
              role="columnheader"
              aria-colindex={i + 1}
              aria-sort={direction === null ? undefined : direction ? 'descending' : 'ascending'}
              title={trans.__('%1. Click to sort by it.', hint)}
              onClick={() => onSort(i)}
            >
              {title === '' ? '–' : title}
              {direction === null ? null : (
                <span aria-hidden="true">{direction ? ' ▾' : ' ▴'}</span>
              )}
              {dtype === null ? null : <small data-dtype>{dtype}</small>}
            </span>
          );
        })}
      </div>
      {rows.map(r => (
        <div key={r} role="row" aria-rowindex={r + 2} style={style}>
          {labelled ? (
            <span data-head role="rowheader" title={sheet.label(r)}>
              {sheet.label(r)}
            </span>
          ) : null}
          {columns.map(c => {
            const cell = sheet.cell(r, c);
            const isAt = r === at.row && c === at.column;
            // What a data frame lacks is None there.
            const isNone = cell === null && sheet.columns[c]!.dtype !== null;
            const text = isNone ? 'None' : cellText(cell, trans, 200);
            const isIn =
              part !== null &&
              r >= part.top &&
              r <= part.bottom &&
              c >= part.left &&
              c <= part.right;
            return (
              <span
                key={c}
                role="gridcell"
                aria-colindex={c + 1}
                aria-selected={isIn ? true : undefined}
                tabIndex={isAt ? 0 : -1}
                title={text}
                data-number={cell !== undefined && (isNumber(cell) || specialText(cell) !== null)}
                data-absent={cell === null || cell === undefined}
                {...(isAt ? { 'data-at': true } : {})}
                onFocus={() => (isAt ? undefined : onGo({ row: r, column: c }, false))}
                onDoubleClick={onOpen}
                onMouseDown={event => {
                  const isInside =
                    event.currentTarget
                      .closest('[role="grid"]')
                      ?.contains(document.activeElement) === true;
                  wasAt.current = isTouched.current && isAt && isInside && !event.shiftKey;
                  isTouched.current = true;
                  isPressed.current = true;
                  if (event.shiftKey) {
                    // The focus stays where the selection begins to be typed from.
                    event.preventDefault();
                    onGo({ row: r, column: c }, true);
                  }
                }}
                onMouseEnter={event => {
                  isPressed.current &&= event.buttons === 1;
                  if (isPressed.current && field === null) {
                    onGo({ row: r, column: c }, true);
                  }
                }}
                onClick={() => {
                  if (wasAt.current && field === null) {
                    onOpen();
                  }
                }}
              >
                {isAt && field !== null ? field : text}
              </span>
            );
          })}
        </div>
      ))}
    </div>
  );
}
