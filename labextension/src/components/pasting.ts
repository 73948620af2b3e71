/**
 * A piece of a spreadsheet that is pasted into a table: read cell by cell, by the type of its column, and written at once.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import { isNumber, type Json } from '../json';
import { readNumber } from '../numbertext';
import { specialText } from '../scalartext';
import type { EditableSheet } from '../sheet';
import { tsvCells } from '../tsv';
import { readCell } from './cellreading';

export interface Pasted {
  /** The table's value with it. */
  value: Json;
  /** How many cells are text where their column has something else. */
  unread: number;
  /** Whether all of these are in columns of numbers. */
  areNumbers: boolean;
  /** The first of them. */
  example: string;
  /** Columns beyond the last one. */
  beyond: number;
  /** Whether some would be numbers if their commas were points. */
  hasCommas: boolean;
}

/** @param withPoints reads `1,5` as 1.5 */
export function pasted(
  sheet: EditableSheet,
  at: { row: number; column: number },
  text: string,
  trans: TranslationBundle,
  withPoints = false
): Pasted {
  const result = { unread: 0, areNumbers: true, example: '', hasCommas: false, beyond: 0 };
  const room = sheet.columns.length - at.column;
  const typeOf = columnTypes(sheet);
  const read = (cell: string, y: number, x: number): Json => {
    const [row, column] = [at.row + y, at.column + x];
    const old = sheet.cell(row, column) ?? typeOf(column);
    const isBlank = cell.trim() === '' && typeof old !== 'string';
    if (isBlank && !sheet.isNumeric) {
      return null;
    }
    const number = readNumber(cell);
    const comma = !number.ok && number.problem === 'comma' && typeof old !== 'string';
    const reading = readCell(comma && withPoints ? number.write! : cell, old, trans);
    if (reading.ok) {
      return reading.value;
    }
    result.example = result.unread++ === 0 ? cell : result.example;
    result.areNumbers &&= comma || isNumber(old ?? null) || specialText(old ?? null) !== null;
    result.hasCommas ||= comma;
    return isBlank ? null : cell;
  };
  const cells = tsvCells(text).map((texts, y) => {
    result.beyond = Math.max(result.beyond, texts.length - room);
    return texts.slice(0, room).map((cell, x) => read(cell, y, x));
  });
  return { ...result, value: sheet.withCells(at.row, at.column, cells) };
}

/** What a column holds, by its first cell that holds something. */
function columnTypes(sheet: EditableSheet): (column: number) => Json | undefined {
  const known = new Map<number, Json | undefined>();
  return column => {
    if (!known.has(column)) {
      let row = 0;
      while (row < sheet.rows && (sheet.cell(row, column) ?? null) === null) {
        row++;
      }
      known.set(column, sheet.cell(row, column));
    }
    return known.get(column);
  };
}

/** What to say of it. */
export function pastedWords(name: string, done: Pasted, trans: TranslationBundle): string {
  const { unread, areNumbers, example, beyond } = done;
  const said = [trans.__('Pasted into %1.', name)];
  if (unread > 0) {
    const words = areNumbers
      ? trans._n('%1 cell holds no number', '%1 cells hold no number', unread)
      : trans._n('%1 cell does not fit its column', '%1 cells do not fit their columns', unread);
    const short = `“${example.slice(0, 24)}”`;
    said.push(example === '' ? `${words}.` : trans.__('%1, such as %2.', words, short));
  }
  if (beyond > 0) {
    said.push(
      trans._n(
        '%1 column beyond the last one was left out.',
        '%1 columns beyond the last one were left out.',
        beyond
      )
    );
  }
  return said.join(' ');
}
