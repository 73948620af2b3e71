import React from 'react';

import { useTrans } from '../context';
import { flatJson, isNumber, numberText, type Json } from '../json';
import { recordsOf } from './kinds';

const MOST_ROWS = 3;
const MOST_COLUMNS = 4;
const LONGEST = 24;

function cellText(value: Json | undefined): string {
  if (value === undefined) {
    return '';
  }
  if (isNumber(value)) {
    const text = numberText(value);
    return text.length > 8 ? String(Number(Number(text).toPrecision(4))) : text;
  }
  const text = typeof value === 'string' ? value : flatJson(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** The first rows and columns of a list of records. */
export function TablePreview(props: { value: Json }): React.JSX.Element | null {
  const trans = useTrans();
  const table = recordsOf(props.value);
  if (table === null) {
    return null;
  }
  const columns = table.columns.slice(0, MOST_COLUMNS);
  const rows = table.rows.slice(0, MOST_ROWS);
  // Spans, for it stands in the button that opens the editor.
  return (
    <>
      <span
        className="jp-SessionTable"
        style={{ gridTemplateColumns: `repeat(${columns.length}, minmax(0, auto))` }}
      >
        {columns.map(column => (
          <span key={`head ${column}`} data-head title={column}>
            {column}
          </span>
        ))}
        {rows.map((row, i) =>
          columns.map(column => {
            const value = Object.hasOwn(row, column) ? row[column] : undefined;
            return (
              <span key={`${i} ${column}`} data-number={value !== undefined && isNumber(value)}>
                {cellText(value)}
              </span>
            );
          })
        )}
      </span>
      {table.rows.length > rows.length || table.columns.length > columns.length ? (
        <span className="jp-Sparkline-ends">
          {trans.__(
            '%1 of %2 rows, %3 of %4 columns',
            rows.length,
            table.rows.length,
            columns.length,
            table.columns.length
          )}
        </span>
      ) : null}
    </>
  );
}
