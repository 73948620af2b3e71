import { caretLeftIcon, caretRightIcon } from '@jupyterlab/ui-components';
import React from 'react';

import { useTrans } from '../context';
import { IconButton } from './IconButton';
import type { Sheet } from '../sheet';

/** Which rows and columns of a table are shown, and the buttons that turn to others. */
export function SheetPager(props: {
  sheet: Sheet;
  shown: { top: number; left: number; rows: number; columns: number };
  pageRows: number;
  pageColumns: number;
  onGo(to: { row: number; column: number }): void;
}): React.JSX.Element | null {
  const { sheet, shown, pageRows, pageColumns, onGo } = props;
  const { top, left, rows, columns } = shown;
  const trans = useTrans();
  return (
    <>
      {rows < sheet.rows ? (
        <Turn
          text={trans.__('%1–%2 of %3', top, top + rows - 1, sheet.rows)}
          title={trans.__('rows')}
          less={trans.__('Rows before')}
          more={trans.__('Rows after')}
          testid="rows"
          onLess={top > 0 ? () => onGo({ row: top - pageRows, column: left }) : null}
          onMore={
            top + rows < sheet.rows ? () => onGo({ row: top + pageRows, column: left }) : null
          }
        />
      ) : null}
      {columns < sheet.columns.length ? (
        <Turn
          text={trans.__('%1–%2 of %3', left + 1, left + columns, sheet.columns.length)}
          title={trans.__('columns')}
          less={trans.__('Columns before')}
          more={trans.__('Columns after')}
          testid="columns"
          onLess={left > 0 ? () => onGo({ row: top, column: left - pageColumns }) : null}
          onMore={
            left + columns < sheet.columns.length
              ? () => onGo({ row: top, column: left + pageColumns })
              : null
          }
        />
      ) : null}
    </>
  );
}

function Turn(props: {
  text: string;
  title: string;
  less: string;
  more: string;
  testid: string;
  onLess: (() => void) | null;
  onMore: (() => void) | null;
}): React.JSX.Element {
  const { text, title, less, more, testid, onLess, onMore } = props;
  return (
    <div className="jp-SessionSheet-pager">
      <IconButton
        icon={caretLeftIcon}
        testid={`${testid}-before`}
        label={less}
        quiet
        disabled={onLess === null}
        onClick={() => onLess?.()}
      />
      <span title={title}>{text}</span>
      <IconButton
        icon={caretRightIcon}
        testid={`${testid}-after`}
        label={more}
        quiet
        disabled={onMore === null}
        onClick={() => onMore?.()}
      />
    </div>
  );
}
