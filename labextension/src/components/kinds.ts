/**
 * What kind of value a variable holds, in words and for choosing its editor.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import { flatJson, isInteger, isNumber, isObject, numberText, type Json } from '../json';
import { seriesOf } from '../ndarray';
import { progressOf } from '../progress';
import { specialText } from '../scalartext';
import { arraySheet, matrixSheet, recordSheet, type EditableSheet, type Sheet } from '../sheet';
import { typedOf, typeWords } from '../typed';

export type Kind =
  | 'number'
  | 'text'
  | 'switch'
  | 'scalar'
  | 'line'
  | 'table'
  | 'matrix'
  | 'frame'
  | 'image'
  | 'bytes'
  | 'json';

// A large value is looked through once, not each time that its row is drawn.
const known = new WeakMap<object, Kind>();

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
  if (value === null) {
    return 'json';
  }
  const kind = known.get(value) ?? containerKind(value);
  known.set(value, kind);
  return kind;
}

function containerKind(value: Json): Kind {
  const typed = typedOf(value);
  switch (typed?.is) {
    case 'scalar':
      return specialText(value) === null ? 'scalar' : 'number';
    case 'series':
    case 'frame':
      return 'frame';
    case 'array':
      return typed.array.shape.length === 0 ? 'json' : 'frame';
    case 'image':
    case 'bytes':
      return typed.is;
    default:
      break;
  }
  if (numbersOf(value) !== null) {
    return 'line';
  }
  if (matrixSheet(value) !== null) {
    return 'matrix';
  }
  return recordSheet(value) === null ? 'json' : 'table';
}

/** Whether there is more to see of it than its field or its brief form. */
export function opensWhole(kind: Kind): boolean {
  return !['number', 'text', 'switch', 'scalar'].includes(kind);
}

/** The numbers of a list that holds nothing else, and enough of them to draw; NaN where one is not finite. */
export function numbersOf(value: Json): number[] | null {
  return seriesOf(value);
}

/** A value that has rows and columns. */
export function sheetOf(value: Json): Sheet | null {
  const typed = typedOf(value);
  switch (typed?.is) {
    case 'frame':
    case 'series':
      return typed.sheet;
    case 'array':
      return arraySheet(typed.array);
    default:
      return editableSheet(value);
  }
}

/** A table whose cells a person can type into. */
export function editableSheet(value: Json): EditableSheet | null {
  return recordSheet(value) ?? matrixSheet(value);
}

/** A value in a cell or beside a key, in at most so many characters. */
export function cellText(value: Json | undefined, trans: TranslationBundle, longest = 24): string {
  if (value === undefined) {
    return '';
  }
  const text = plainText(value, trans, longest);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

function plainText(value: Json, trans: TranslationBundle, longest: number): string {
  if (isNumber(value)) {
    return numberText(value);
  }
  if (typeof value === 'string') {
    return value.slice(0, longest + 1);
  }
  const typed = typedOf(value);
  if (typed?.is === 'scalar') {
    return typed.scalar.text;
  }
  if (typed !== null) {
    return typeWords(value) ?? '';
  }
  const members = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  const isSmall = members.length <= longest / 2 && members.every(isPlain);
  return isSmall || members.length === 0 ? flatJson(value) : kindWords(value, trans);
}

function isPlain(value: Json): boolean {
  return typeof value === 'string'
    ? value.length < 40
    : value === null || typeof value !== 'object';
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
  if (specialText(value) !== null) {
    return trans.__('number');
  }
  const typed = typeWords(value);
  if (typed !== null) {
    return typed;
  }
  if (progressOf(value) !== null) {
    return trans.__('progress');
  }
  if (isObject(value)) {
    const count = Object.keys(value).length;
    return trans._n('object, %1 key', 'object, %1 keys', count);
  }
  const kind = kindOf(value);
  const count = Array.isArray(value) ? value.length : 0;
  if (kind === 'line' || (count === 1 && Array.isArray(value) && isNumber(value[0]!))) {
    return trans._n('%1 number', '%1 numbers', count);
  }
  const sheet = editableSheet(value);
  if (sheet !== null) {
    return kind === 'matrix'
      ? trans.__('matrix %1 × %2', sheet.rows, sheet.columns.length)
      : trans.__('table %1 × %2', sheet.rows, sheet.columns.length);
  }
  return trans._n('list, %1 item', 'list, %1 items', count);
}
