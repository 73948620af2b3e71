/**
 * What is said of a name, a value or a number that cannot be taken: always what would be right, too.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import { EditError, type EditProblem, type FlushResult } from '../client';
import type { NotADocument } from '../document';
import { flatJson, RepeatedKey, type Json } from '../json';
import { DEFAULT_LIMITS } from '../limits';
import type { NumberReading } from '../numbertext';
import type { RequestError } from '../rest';

/** A value in a few characters. */
export function shortValue(value: Json | undefined, trans: TranslationBundle, width = 40): string {
  if (value === undefined) {
    return trans.__('deleted');
  }
  const text = flatJson(value);
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

/** Bytes in a few characters. */
function sizeText(bytes: number): string {
  const unit = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), 3);
  return `${Number((bytes / 1024 ** unit).toPrecision(4))} ${['bytes', 'KiB', 'MiB', 'GiB'][unit]}`;
}

export function editSentence(
  code: EditProblem,
  trans: TranslationBundle,
  limits = DEFAULT_LIMITS
): string {
  switch (code) {
    case 'empty':
      return trans.__('Give it a name.');
    case 'long':
      return trans.__('A name can have %1 characters.', limits.nameChars);
    case 'control':
      return trans.__('A name cannot have line breaks or other control characters.');
    case 'proto':
      return trans.__('This name is reserved: take another one.');
    case 'surrogate':
      return trans.__('This has half a character in it, which no file can store.');
    case 'large':
      return trans.__('Too large: a value can have %1.', sizeText(limits.valueBytes));
    case 'deep':
      return trans.__('Too deep: a value can have %1 levels.', limits.depth);
    case 'digits':
      return trans.__('Too long: a number can have %1 digits.', limits.digits);
    case 'range':
      return trans.__('Too large: write a number below 1.8e308.');
    case 'read-only':
      return trans.__('You may read this session, not change it.');
    case 'exists':
      return trans.__('There is a variable of this name.');
    case 'missing':
      return trans.__('This variable is no longer there.');
  }
}

export function errorSentence(error: unknown, trans: TranslationBundle): string {
  return error instanceof EditError ? editSentence(error.code, trans, error.limits) : String(error);
}

/** What is wrong, and what stands there. `last` is null where nothing does. */
export function lastSentence(what: string, last: string | null, trans: TranslationBundle): string {
  return last === null ? what : `${what} ${trans.__('The last saved value is %1.', last)}`;
}

/** null while a number is on its way. */
export function numberSentence(
  reading: NumberReading & { ok: false },
  trans: TranslationBundle
): string | null {
  const { problem, write } = reading;
  switch (problem) {
    case 'incomplete':
      return null;
    case 'empty':
      return trans.__('Empty: write a number.');
    case 'comma':
      return trans.__('Use a point: %1.', write ?? '');
    case 'spelling':
      return trans.__('Not a number: write %1.', write ?? '');
    case 'special':
      return trans.__('JSON has no such number.');
    case 'large':
      return editSentence('range', trans);
    case 'other':
      return trans.__('Not a number.');
  }
}

export function jsonSentence(text: string, error: unknown, trans: TranslationBundle): string {
  if (error instanceof RepeatedKey) {
    return trans.__(
      'The key %1 stands in one object twice: only one of its values could be kept.',
      JSON.stringify(error.key)
    );
  }
  if (text.trim() === '') {
    return trans.__('Empty: write a value, or null.');
  }
  if (/\b(True|False|None)\b/.test(text)) {
    return trans.__('JSON writes true, false and null in small letters.');
  }
  if (text.includes("'") && !text.includes('"')) {
    return trans.__('JSON writes text in double quotes.');
  }
  if (/,\s*[\]}]/.test(text)) {
    return trans.__('JSON has no comma before a closing bracket.');
  }
  // Browsers say where in words of their own, or not at all.
  const message = error instanceof Error ? error.message : '';
  const position = Number(/position (\d+)/.exec(message)?.[1] ?? NaN);
  if (/end of|unterminated|EOF/i.test(message) || position >= text.trimEnd().length) {
    return trans.__('Not complete: a bracket or a quote is still open.');
  }
  const place = /line (\d+) column (\d+)/.exec(message);
  if (place !== null) {
    return trans.__('Not JSON: see line %1, column %2.', place[1] ?? '', place[2] ?? '');
  }
  if (!Number.isNaN(position)) {
    const before = text.slice(0, position).split('\n');
    const column = (before[before.length - 1]?.length ?? 0) + 1;
    return trans.__('Not JSON: see line %1, column %2.', before.length, column);
  }
  const token = /token '?(.)/u.exec(message)?.[1];
  return token === undefined
    ? trans.__('Not JSON.')
    : trans.__('Not JSON: %1 does not belong there.', `“${token}”`);
}

/** Why the server did not do what was asked. */
export function requestSentence(error: RequestError, trans: TranslationBundle): string {
  switch (error.status) {
    case 0:
    case 502:
    case 504:
      return trans.__('The server did not answer. Try again.');
    case 401:
    case 403:
      return trans.__('You may not do this here.');
    case 404:
      return trans.__('This session is no longer there.');
    default:
      return error.message;
  }
}

/** Why a file cannot be imported. */
export function documentSentence(code: NotADocument, trans: TranslationBundle): string {
  switch (code) {
    case 'not-json':
      return trans.__(
        'This file is no JSON. Take one that Export has written, or an object of values.'
      );
    case 'not-an-object':
      return trans.__('This file is no session: an object is expected, such as {"lr": 0.1}.');
    case 'another-version':
      return trans.__('A newer version has written this file: this one cannot read it.');
  }
}

/** Why a Run did not start. */
export function flushSentence(result: FlushResult, trans: TranslationBundle): string {
  const [invalid] = result.invalid;
  if (invalid !== undefined) {
    return trans.__('Not started. %1: %2 cannot be saved.', invalid.name, `“${invalid.text}”`);
  }
  const [refused] = result.refused;
  if (refused !== undefined) {
    return trans.__('Not started. %1 was not accepted: %2', refused.edit.op.name, refused.message);
  }
  return trans.__('Not started. Not saved yet: %1.', result.late.join(', '));
}
