/**
 * The rows of a table by one of its columns: only a look at it, the value stays as it is.
 */
import { isNumber, numberText, type Json } from './json';
import { scalarOf } from './scalartext';
import type { Sheet } from './sheet';

export interface Sorting {
  readonly column: number;
  readonly descends: boolean;
}

const collator = new Intl.Collator(undefined, { numeric: true });

/** The rows in order; numbers come before texts, and what is missing last, whichever way it goes. */
export function sortedRows(sheet: Sheet, { column, descends }: Sorting): number[] {
  const keys = Array.from({ length: sheet.rows }, (_, row) => keyOf(sheet.cell(row, column)));
  const sign = descends ? -1 : 1;
  return Array.from(keys, (_, row) => row).sort((a, b) => {
    const [one, other] = [keys[a]!, keys[b]!];
    if (one === null || other === null) {
      return Number(one === null) - Number(other === null) || a - b;
    }
    return sign * compare(one, other) || a - b;
  });
}

/** The table as it is seen, its rows in this order. */
export function inOrder(sheet: Sheet, order: readonly number[]): Sheet {
  return {
    columns: sheet.columns,
    rows: sheet.rows,
    label: row => sheet.label(order[row] ?? row),
    cell: (row, column) => sheet.cell(order[row] ?? row, column)
  };
}

type Key = number | string | null;

function keyOf(cell: Json | undefined): Key {
  if (cell === null || cell === undefined) {
    return null;
  }
  if (typeof cell === 'boolean') {
    return Number(cell);
  }
  const text = isNumber(cell)
    ? numberText(cell)
    : typeof cell === 'string'
      ? cell
      : (scalarOf(cell)?.text ?? JSON.stringify(cell));
  const number = typeof cell === 'string' ? NaN : Number(text);
  return text === 'NaN' ? null : Number.isNaN(number) ? text : number;
}

function compare(one: number | string, other: number | string): number {
  if (typeof one === 'number' && typeof other === 'number') {
    return one - other;
  }
  return typeof one === 'string' && typeof other === 'string'
    ? collator.compare(one, other)
    : typeof one === 'number'
      ? -1
      : 1;
}
