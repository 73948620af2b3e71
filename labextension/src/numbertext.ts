/**
 * Numbers as people type them.
 */
import { numberFrom, type ExactNumber } from './json';

export type NumberProblem =
  'empty' | 'incomplete' | 'comma' | 'spelling' | 'special' | 'large' | 'other';

export type NumberReading =
  | { ok: true; value: number | ExactNumber }
  /** `write` is what would be right, where that can be told. */
  | { ok: false; problem: NumberProblem; write?: string };

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
// On the way to a number: nobody needs to be told yet.
const BEGINNING = /^-?(?:(?:0|[1-9]\d*)(?:\.|(?:\.\d+)?[eE][+-]?)?)?$/;

function read(text: string): NumberReading | null {
  if (!NUMBER.test(text)) {
    return null;
  }
  return Number.isFinite(Number(text)) || !/[.eE]/.test(text)
    ? { ok: true, value: numberFrom(text) }
    : { ok: false, problem: 'large' };
}

export function readNumber(typed: string): NumberReading {
  const text = typed.trim().replace(/^\u2212/, '-');
  const reading = read(text);
  if (reading !== null) {
    return reading;
  }
  if (text === '') {
    return { ok: false, problem: 'empty' };
  }
  if (BEGINNING.test(text)) {
    return { ok: false, problem: 'incomplete' };
  }
  if (/^[-+]?(nan|inf|infinity)$/i.test(text)) {
    return { ok: false, problem: 'special' };
  }
  if (/^-?\d+,\d+$/.test(text)) {
    return { ok: false, problem: 'comma', write: text.replace(',', '.') };
  }
  // +5, .5, 5., 007, 1_000, 1 000: one spelling is meant, and it can be said.
  const plain = text
    .replace(/^\+/, '')
    .replace(/(\d)[_ '\u00a0\u202f](?=\d)/g, '$1')
    .replace(/^(-?)\./, '$10.')
    .replace(/\.(?=$|[eE])/, '')
    .replace(/^(-?)0+(?=\d)/, '$1');
  return NUMBER.test(plain)
    ? { ok: false, problem: 'spelling', write: plain }
    : { ok: false, problem: 'other' };
}

/** One more or less in the last digit that is written: 0.35 becomes 0.36, and big integers stay exact. */
export function stepNumber(source: string, by: number): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?([eE][+-]?\d+)?$/.exec(source);
  if (match === null) {
    return source;
  }
  const [, sign = '', whole = '0', fraction = '', exponent = ''] = match;
  const units = BigInt(`${sign}${whole}${fraction}`) + BigInt(by);
  const digits = (units < 0n ? -units : units).toString().padStart(fraction.length + 1, '0');
  const point = digits.length - fraction.length;
  const shown = fraction === '' ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return `${units < 0n ? '-' : ''}${shown}${exponent}`;
}
