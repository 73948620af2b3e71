/**
 * Whatever has rows and columns, seen as a table: records, matrices, data frames, series and arrays. Cells are read as they
 * are asked for, so that a large table costs by what is shown of it.
 */
import { columnOf, indexOf, labelText } from './columns';
import { isNumber, isObject, type Json } from './json';
import type { NumberArray } from './ndarray';
import { applyPatch } from './patch';

export interface Column {
  readonly name: string;
  /** As pandas or numpy calls it; null where each cell has its own. */
  readonly dtype: string | null;
}

export interface Sheet {
  readonly columns: readonly Column[];
  readonly rows: number;
  /** What stands before a row: the index of a frame. */
  label(row: number): string;
  /** undefined where there is none. */
  cell(row: number, column: number): Json | undefined;
}

/** A table whose cells can be written: each gives the whole value anew. */
export interface EditableSheet extends Sheet {
  withCell(row: number, column: number, value: Json): Json;
  /** With these from a cell on; below the last row they make rows, and what is beyond the columns is left out. */
  withCells(row: number, column: number, cells: readonly (readonly Json[])[]): Json;
  /** Whether nothing but numbers makes it a table. */
  readonly isNumeric: boolean;
  withRow(): Json;
  withoutRow(row: number): Json;
}

// What is beyond gives no further column: a preview does not read megabytes.
const READ_FOR_COLUMNS = 20;

/** A list that holds objects and nothing else. */
export function recordSheet(value: Json): EditableSheet | null {
  if (!Array.isArray(value) || value.length === 0) {
    return null;
  }
  const records = value as { [key: string]: Json }[];
  for (const each of value) {
    if (!isObject(each) || isTyped(each)) {
      return null;
    }
  }
  const names = [...new Set(records.slice(0, READ_FOR_COLUMNS).flatMap(row => Object.keys(row)))];
  if (names.length === 0) {
    return null;
  }
  const blank = (): { [key: string]: Json } => Object.fromEntries(names.map(name => [name, null]));
  return {
    columns: names.map(name => ({ name, dtype: null })),
    rows: records.length,
    label: row => String(row),
    cell: (row, column) => {
      const [record, name] = [records[row], names[column]!];
      return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
    },
    withCell: (row, column, cell) =>
      // A computed key is only a name, `__proto__` too.
      records.with(row, { ...records[row], [names[column]!]: cell }),
    withCells: (row, column, cells) => {
      const next = [...records];
      cells.forEach((values, y) => {
        const fitting = values.slice(0, names.length - column);
        const written = fitting.map((cell, x) => [names[column + x]!, cell] as const);
        next[row + y] = { ...(next[row + y] ?? blank()), ...Object.fromEntries(written) };
      });
      return next;
    },
    isNumeric: false,
    withRow: () => [...records, blank()],
    withoutRow: row => records.toSpliced(row, 1)
  };
}

/** Lists of the same length, of numbers alone. */
export function matrixSheet(value: Json): EditableSheet | null {
  if (!Array.isArray(value) || value.length < 2) {
    return null;
  }
  const [first] = value;
  const width = Array.isArray(first) ? first.length : 0;
  const isRow = (row: Json): boolean =>
    Array.isArray(row) && row.length === width && row.every(isNumber);
  if (width === 0 || !value.every(isRow)) {
    return null;
  }
  const rows = value as Json[][];
  const blank = (): Json[] => new Array<Json>(width).fill(0);
  return {
    columns: Array.from({ length: width }, (_, i) => ({ name: String(i), dtype: null })),
    rows: rows.length,
    label: row => String(row),
    cell: (row, column) => rows[row]?.[column],
    withCell: (row, column, cell) =>
      applyPatch(value, [{ op: 'replace', path: `/${row}/${column}`, value: cell }]),
    withCells: (row, column, cells) => {
      const next = [...rows];
      cells.forEach((values, y) => {
        const fitting = values.slice(0, width - column);
        next[row + y] = (next[row + y] ?? blank()).toSpliced(column, fitting.length, ...fitting);
      });
      return next;
    },
    isNumeric: true,
    withRow: () => [...rows, blank()],
    withoutRow: row => rows.toSpliced(row, 1)
  };
}

/** An array of one or two dimensions; of more, the first matrix in it. */
export function arraySheet(array: NumberArray): Sheet {
  const [height = 1, width = 1] = array.shape.length > 1 ? array.shape.slice(-2) : array.shape;
  return {
    columns: Array.from({ length: width }, (_, i) => ({ name: String(i), dtype: null })),
    rows: array.size === 0 ? 0 : height,
    label: row => String(row),
    cell: (row, column) => array.at(row * width + column)
  };
}

function isTyped(value: { [key: string]: Json }): boolean {
  const keys = Object.keys(value);
  return keys.length === 1 && keys[0]!.startsWith('$');
}

/** `{"$dataframe": ...}` without its key. */
export function frameSheet(inner: Json): Sheet | null {
  if (!isObject(inner) || !Array.isArray(inner.columns) || !isOfLibrary(inner)) {
    return null;
  }
  const index = indexOf(inner.index);
  const columns = inner.columns.map(columnOf);
  const names = inner.columns.map(each => (isObject(each) ? (each.name ?? null) : null));
  if (index === null || !columns.every(each => each?.length === index.length)) {
    return null;
  }
  return {
    columns: columns.map((each, i) => ({ name: labelText(names[i] ?? null), dtype: each!.dtype })),
    rows: index.length,
    label: row => labelText(index.at(row)),
    cell: (row, column) => columns[column]?.at(row)
  };
}

/** `{"$series": ...}` without its key. */
export function seriesSheet(inner: Json): Sheet | null {
  const known = isObject(inner) && isOfLibrary(inner);
  const [index, column] = [known ? indexOf(inner.index) : null, columnOf(inner)];
  if (index === null || column === null || column.length !== index.length) {
    return null;
  }
  const name = isObject(inner) ? labelText(inner.name ?? null) : '';
  return {
    columns: [{ name, dtype: column.dtype }],
    rows: index.length,
    label: row => labelText(index.at(row)),
    cell: row => column.at(row)
  };
}

/** `{"$index": ...}` without its key: one column. */
export function indexSheet(inner: Json): Sheet | null {
  const index = indexOf(inner);
  return index === null
    ? null
    : {
        columns: [
          { name: labelText(isObject(inner) ? (inner.name ?? null) : null), dtype: index.dtype }
        ],
        rows: index.length,
        label: row => String(row),
        cell: row => index.at(row)
      };
}

// pandas writes nothing there.
function isOfLibrary({ library }: { [key: string]: Json }): boolean {
  return library === undefined || library === 'polars';
}
