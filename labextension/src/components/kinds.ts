/**
 * What kind of value a variable holds, in words and for choosing its editor.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import { isInteger, isNumber, isObject, numberText, type Json } from '../json';

export type Kind = 'number' | 'text' | 'switch' | 'line' | 'table' | 'json';

export function kindOf(value: Json): Kind {
  if (isNumber(value)) {
    return 'number';
  }
  if (typeof value === 'string') {
    return 'text';
  }
  if (typeof value === 'boolean') {
    return 'switch';
  }
  if (numbersOf(value) !== null) {
    return 'line';
  }
  return recordsOf(value) === null ? 'json' : 'table';
}

/** The numbers of a list that holds nothing else, and enough of them to draw. */
export function numbersOf(value: Json): number[] | null {
  if (!Array.isArray(value) || value.length < 2 || !value.every(isNumber)) {
    return null;
  }
  const numbers = value.map(each => Number(numberText(each)));
  return numbers.every(Number.isFinite) ? numbers : null;
}

interface Records {
  rows: { [key: string]: Json }[];
  columns: string[];
}

// What is beyond gives no further column: a preview does not read megabytes.
const READ_FOR_COLUMNS = 20;

/** A list that holds objects and nothing else, as a table. */
export function recordsOf(value: Json): Records | null {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isObject)) {
    return null;
  }
  const columns = new Set(value.slice(0, READ_FOR_COLUMNS).flatMap(row => Object.keys(row)));
  return columns.size === 0 ? null : { rows: value, columns: [...columns] };
}

export function kindWords(value: Json, trans: TranslationBundle): string {
  if (isNumber(value)) {
    return isInteger(value) ? trans.__('integer') : trans.__('number');
  }
  if (typeof value === 'string') {
    return trans.__('text');
  }
  if (typeof value === 'boolean') {
    return trans.__('switch');
  }
  if (value === null) {
    return trans.__('null');
  }
  if (isObject(value)) {
    const count = Object.keys(value).length;
    return trans._n('object, %1 key', 'object, %1 keys', count);
  }
  if (Array.isArray(value) && value.length > 0 && value.every(isNumber)) {
    return trans._n('%1 number', '%1 numbers', value.length);
  }
  const table = recordsOf(value);
  if (table !== null) {
    return trans.__('table %1 × %2', table.rows.length, table.columns.length);
  }
  const count = Array.isArray(value) ? value.length : 0;
  return trans._n('list, %1 item', 'list, %1 items', count);
}
