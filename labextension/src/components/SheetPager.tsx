import { caretLeftIcon, caretRightIcon } from '@jupyterlab/ui-components';
import React, { useState } from 'react';

import { useTrans } from '../context';
import { IconButton } from './IconButton';
import type { Sheet } from '../sheet';

/** Which rows and columns of a table are shown, the buttons that turn to others, and a field that goes to any row. */
export function SheetPager(props: {
  sheet: Sheet;
  shown: { top: number; left: number; rows: number; columns: number };
  pageRows: number;
  pageColumns: number;
  onGo(to: { row: number; column: number }): void;
  /** Goes there and takes the focus along. */
  onJump(to: { row: number; column: number }): void;
}): React.JSX.Element | null {
  const { sheet, shown, pageRows, pageColumns, onGo, onJump } = props;
  const { top, left, rows, columns } = shown;
  const trans = useTrans();
  const [isJumping, setJumping] = useState(false);
  return (
    <>
      {rows < sheet.rows ? (
        <Turn
          less={trans.__('Rows before')}
          more={trans.__('Rows after')}
          testid="rows"
          onLess={top > 0 ? () => onGo({ row: top - pageRows, column: left }) : null}
          onMore={
            top + rows < sheet.rows ? () => onGo({ row: top + pageRows, column: left }) : null
          }
        >
          {isJumping ? (
            <RowField
              sheet={sheet}
              onRow={row => {
                setJumping(false);
                if (row !== null) {
                  onJump({ row, column: left });
                }
              }}
            />
          ) : (
            <button
              type="button"
              className="jp-SessionSheet-place"
              data-testid="rows-place"
              title={trans.__('Rows. Click to go to another one.')}
              onClick={() => setJumping(true)}
            >
              {trans.__('%1–%2 of %3', top, top + rows - 1, sheet.rows)}
            </button>
          )}
        </Turn>
      ) : null}
      {columns < sheet.columns.length ? (
        <Turn
          less={trans.__('Columns before')}
          more={trans.__('Columns after')}
          testid="columns"
          onLess={left > 0 ? () => onGo({ row: top, column: left - pageColumns }) : null}
          onMore={
            left + columns < sheet.columns.length
              ? () => onGo({ row: top, column: left + pageColumns })
              : null
          }
        >
          <span title={trans.__('columns')}>
            {trans.__('%1–%2 of %3', left + 1, left + columns, sheet.columns.length)}
          </span>
        </Turn>
      ) : null}
    </>
  );
}

/** The row that somebody means: the one with this name, else with this number. */
export function rowCalled(sheet: Sheet, text: string): number | null {
  const name = text.trim();
  for (let row = 0; row < sheet.rows; row++) {
    if (sheet.label(row) === name) {
      return row;
    }
  }
  return /^\d+$/.test(name) ? Math.min(Number(name), sheet.rows - 1) : null;
}

function RowField(props: { sheet: Sheet; onRow(row: number | null): void }): React.JSX.Element {
  const { sheet, onRow } = props;
  const trans = useTrans();
  const [text, setText] = useState('');
  const row = rowCalled(sheet, text);
  return (
    <input
      autoFocus
      className="jp-SessionPlace jp-SessionSheet-jump"
      data-testid="rows-jump"
      aria-label={trans.__('Go to row')}
      aria-invalid={text !== '' && row === null}
      placeholder={trans.__('Go to row')}
      spellCheck={false}
      value={text}
      onChange={event => setText(event.target.value)}
      onBlur={() => onRow(null)}
      onKeyDown={event => {
        if (event.key === 'Enter' && row !== null) {
          onRow(row);
        } else if (event.key === 'Escape') {
          onRow(null);
        } else {
          return;
        }
        event.preventDefault();
        event.stopPropagation();
      }}
    />
  );
}

function Turn(props: {
  less: string;
  more: string;
  testid: string;
  onLess: (() => void) | null;
  onMore: (() => void) | null;
  children: React.ReactNode;
}): React.JSX.Element {
  const { less, more, testid, onLess, onMore, children } = props;
  return (
    <div className="jp-SessionSheet-pager">
      <IconButton
        icon={caretLeftIcon}
        testid={`${testid}-before`}
        label={less}
        quiet
        idle={onLess === null}
        onClick={() => onLess?.()}
      />
      {children}
      <IconButton
        icon={caretRightIcon}
        testid={`${testid}-after`}
        label={more}
        quiet
        idle={onMore === null}
        onClick={() => onMore?.()}
      />
    </div>
  );
}
