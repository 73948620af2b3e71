import React from 'react';

import { useTrans } from '../context';
import { isNumber, numberText, type Json } from '../json';
import { specialText } from '../scalartext';
import type { Sheet } from '../sheet';
import { cellText, sheetOf } from './kinds';

const MOST_ROWS = 3;
const MOST_COLUMNS = 4;

/** Numbers with so many digits as fit a narrow column; the open table has them all. */
export function briefNumber(value: Json | undefined): string | null {
  if (value === undefined || !isNumber(value)) {
    return value === undefined ? null : specialText(value);
  }
  const text = numberText(value);
  return text.length > 8 ? String(Number(Number(text).toPrecision(4))) : text;
}

/** Whether the rows have names, and are not only counted. */
export function hasLabels(sheet: Sheet): boolean {
  const last = sheet.rows - 1;
  return sheet.rows > 0 && (sheet.label(0) !== '0' || sheet.label(last) !== String(last));
}

/** The first rows and columns of whatever has some. */
export function TablePreview(props: { value: Json }): React.JSX.Element | null {
  const trans = useTrans();
  const sheet = sheetOf(props.value);
  if (sheet === null) {
    return null;
  }
  const labelled = hasLabels(sheet);
  const columns = sheet.columns.slice(0, MOST_COLUMNS - (labelled ? 1 : 0));
  const rows = Array.from({ length: Math.min(MOST_ROWS, sheet.rows) }, (_, row) => row);
  const width = columns.length + (labelled ? 1 : 0);
  // Spans, for it stands in the button that opens the table.
  return (
    <>
      <span
        className="jp-SessionTable"
        style={{ gridTemplateColumns: `repeat(${Math.max(1, width)}, minmax(0, auto))` }}
      >
        {labelled ? <span data-head /> : null}
        {columns.map(({ name, dtype }, i) => (
          <span key={i} data-head title={dtype === null ? name : `${name}, ${dtype}`}>
            {name}
            {dtype === null ? null : <small data-dtype>{dtype}</small>}
          </span>
        ))}
        {rows.map(row => (
          <React.Fragment key={row}>
            {labelled ? <span data-head>{sheet.label(row)}</span> : null}
            {columns.map((_, i) => {
              const value = sheet.cell(row, i);
              const number = briefNumber(value);
              const isMissing = value === null && sheet.columns[i]!.dtype !== null;
              return (
                <span key={i} data-number={number !== null}>
                  {number ?? (isMissing ? 'None' : cellText(value, trans))}
                </span>
              );
            })}
          </React.Fragment>
        ))}
      </span>
      {sheet.rows > rows.length || sheet.columns.length > columns.length ? (
        <span className="jp-Sparkline-ends">
          {trans.__(
            '%1 of %2 rows, %3 of %4 columns',
            rows.length,
            sheet.rows,
            columns.length,
            sheet.columns.length
          )}
        </span>
      ) : null}
    </>
  );
}
