/**
 * What a person means who types into a cell, or beside a key: a value of the type that stood there, or JSON where that is
 * written out.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import { isNumber, parseTyped, type Json } from '../json';
import { readNumber } from '../numbertext';
import { readScalar, readSpecial, scalarOf, specialText } from '../scalartext';
import { jsonSentence, numberSentence } from './sentences';
import type { Reading } from './useDraft';

/** A value as a field shows it; containers as JSON. */
export function fieldText(value: Json | undefined): string {
  if (value === undefined || value === null) {
    return '';
  }
  if (typeof value === 'string') {
    return value;
  }
  return isNumber(value) ? String(value) : (scalarOf(value)?.text ?? JSON.stringify(value));
}

/** `old` says what type is wanted; where there is none, the text does. */
export function readCell(text: string, old: Json | undefined, trans: TranslationBundle): Reading {
  if (typeof old === 'string') {
    return { ok: true, value: text };
  }
  const plain = text.trim();
  if (plain === 'null' || /^none$/i.test(plain)) {
    return { ok: true, value: null };
  }
  const scalar = old === undefined || specialText(old) !== null ? null : scalarOf(old);
  if (scalar !== null) {
    return readTyped(old!, scalar.type, text, trans);
  }
  const wantsNumber = old !== undefined && (isNumber(old) || specialText(old) !== null);
  const number = readNumber(text);
  const special = readSpecial(text);
  if (number.ok || special !== null) {
    return { ok: true, value: number.ok ? number.value : special! };
  }
  // A quote or a bracket says that another type is meant.
  if (/^["[{]/.test(plain)) {
    return readJson(text, trans);
  }
  // Spreadsheets write them in capitals.
  if (/^(true|false)$/i.test(plain)) {
    return { ok: true, value: /t/i.test(plain) };
  }
  if (wantsNumber || number.problem === 'comma') {
    return { ok: false, problem: numberSentence(number, trans) };
  }
  if (typeof old === 'boolean') {
    return { ok: false, problem: trans.__('Write true or false.') };
  }
  return { ok: true, value: plain === '' ? null : text };
}

export function readTyped(
  old: Json,
  type: string,
  text: string,
  trans: TranslationBundle
): Reading {
  const reading = readScalar(old, text);
  return 'value' in reading
    ? { ok: true, value: reading.value }
    : { ok: false, problem: trans.__('Not a %1: write it like %2.', type, reading.example) };
}

/** JSON, with a sentence where it is none. */
export function readJson(text: string, trans: TranslationBundle): Reading {
  try {
    return { ok: true, value: parseTyped(text) };
  } catch (error) {
    return { ok: false, problem: jsonSentence(text, error, trans) };
  }
}
