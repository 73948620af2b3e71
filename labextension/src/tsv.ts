/**
 * Cells as spreadsheets take and give them: columns apart by tabs, rows by lines, quotes around what has either in it.
 */
import { isNumber, numberText, stringifyJson, type Json } from './json';
import { scalarOf } from './scalartext';
import type { Sheet } from './sheet';

/** A part of a table. */
export interface Part {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** @param head with the names of the columns, and of the rows where `labelled` */
export function tsvText(sheet: Sheet, part: Part, head = false, labelled = false): string {
  const columns = range(part.left, part.right);
  const lines = range(part.top, part.bottom).map(row => [
    ...(head && labelled ? [sheet.label(row)] : []),
    ...columns.map(column => cellText(sheet.cell(row, column)))
  ]);
  const names = columns.map(column => sheet.columns[column]!.name);
  const all = head ? [[...(labelled ? [''] : []), ...names], ...lines] : lines;
  return all.map(line => line.map(quoted).join('\t')).join('\n');
}

/** The cells of what was copied from a spreadsheet. */
export function tsvCells(text: string): string[][] {
  const rows: string[][] = [[]];
  const cell = /(?:"((?:[^"]|"")*)"(?=[\t\r\n]|$)|([^\t\r\n]*))(\t|\r\n|\r|\n|$)/g;
  const body = text.replace(/\r?\n$/, '');
  for (const match of body.matchAll(cell)) {
    const [, inQuotes, plain = '', end] = match;
    rows[rows.length - 1]!.push(inQuotes === undefined ? plain : inQuotes.replaceAll('""', '"'));
    if (end === '') {
      break;
    }
    if (end !== '\t') {
      rows.push([]);
    }
  }
  return rows;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
}

function cellText(cell: Json | undefined): string {
  if (cell === undefined || cell === null) {
    return '';
  }
  if (isNumber(cell)) {
    return numberText(cell);
  }
  return typeof cell === 'string' ? cell : (scalarOf(cell)?.text ?? stringifyJson(cell));
}

function quoted(text: string): string {
  return /[\t\r\n]|^"/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
