/**
 * JSON whose numbers survive the trip: `1.0`, `-0.0`, `1E2` and integers beyond 2^53 go back digit for digit.
 */

export type Json =
  null | boolean | number | ExactNumber | string | Json[] | { [key: string]: Json };

declare global {
  interface JSON {
    // ES2025's source text access; older browsers take the slower way below.
    rawJSON?(text: string): unknown;
  }
}

/** A number that a double would not write back as it was read. */
export class ExactNumber {
  constructor(readonly source: string) {
    Object.freeze(this);
  }

  toJSON(): unknown {
    return JSON.rawJSON ? JSON.rawJSON(this.source) : Number(this.source);
  }

  toString(): string {
    return this.source;
  }
}

type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown;

const nativeSource = ((): boolean => {
  let seen = false;
  const look: Reviver = (_key, value, context) => {
    seen = context?.source === '1.0';
    return value;
  };
  JSON.parse('1.0', look);
  return seen && typeof JSON.rawJSON === 'function';
})();

/** A number written as `source`: plain where a double says it the same way. */
export function numberFrom(source: string): number | ExactNumber {
  const plain = Number(source);
  return String(plain) === source ? plain : new ExactNumber(source);
}

const byNativeSource: Reviver = (_key, value, context) =>
  typeof value === 'number' && context?.source !== undefined ? numberFrom(context.source) : value;

// No key that a person chose.
const MARK = '\u0000exact';
const TOKENS = /"(?:[^"\\]|\\.)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function parseByTokens(text: string): Json {
  const marked = text.replace(TOKENS, token =>
    token[0] === '"' || String(Number(token)) === token ? token : JSON.stringify({ [MARK]: token })
  );
  return JSON.parse(marked, (_key, value: Json) => {
    const source = value !== null && isObject(value) ? value[MARK] : undefined;
    return typeof source === 'string' ? new ExactNumber(source) : value;
  }) as Json;
}

// Whatever may be a number, and perhaps a piece of a string.
const NUMBERS = /(?:^|[[:,])\s*(-?\d[\d.eE+-]*)/g;

/** Whether a double says each number the same way: then nothing has to be asked about each of a large text's values. */
function isPlain(text: string): boolean {
  NUMBERS.lastIndex = 0;
  for (let found = NUMBERS.exec(text); found !== null; found = NUMBERS.exec(text)) {
    const token = found[1]!;
    if (String(Number(token)) !== token) {
      return false;
    }
  }
  return true;
}

/** @throws SyntaxError where the text is not JSON. */
export function parseJson(text: string): Json {
  if (isPlain(text)) {
    return JSON.parse(text) as Json;
  }
  return nativeSource ? (JSON.parse(text, byNativeSource) as Json) : parseByTokens(text);
}

/** A key stands in one object twice: only one of its values would be kept. */
export class RepeatedKey extends SyntaxError {
  constructor(readonly key: string) {
    super(key);
  }
}

const PARTS = /[[\]{}]|("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?/g;

/** What a person typed, all of it. @throws SyntaxError where the text is not JSON; RepeatedKey */
export function parseTyped(text: string): Json {
  const value = parseJson(text);
  const inside: Set<string>[] = [];
  for (const [part, word, colon] of text.matchAll(PARTS)) {
    if (colon !== undefined) {
      const key = JSON.parse(word!) as string;
      const keys = inside.at(-1)!;
      if (keys.has(key)) {
        throw new RepeatedKey(key);
      }
      keys.add(key);
    } else if (word === undefined) {
      if (part === '{' || part === '[') {
        inside.push(new Set());
      } else {
        inside.pop();
      }
    }
  }
  return value;
}

function write(value: unknown): string {
  if (value instanceof ExactNumber) {
    return value.source;
  }
  if (Array.isArray(value)) {
    return `[${value.map(item => (item === undefined ? 'null' : write(item))).join(',')}]`;
  }
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${write(member)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** Compact JSON text; members that are undefined are left out, as JSON.stringify does. */
export function stringifyJson(value: unknown): string {
  return nativeSource ? JSON.stringify(value) : write(value);
}

/** JSON text for people: short lists and objects stay on one line, the rest is indented by two spaces. */
export function prettyJson(value: Json, width = 40, indent = ''): string {
  if (!isContainer(value)) {
    return flatJson(value);
  }
  const flat = flatWithin(value, width - indent.length);
  if (flat !== null) {
    return flat;
  }
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    return `[\n${value.map(item => deeper + prettyJson(item, width, deeper)).join(',\n')}\n${indent}]`;
  }
  const members = Object.entries(value).map(
    ([key, member]) => `${deeper}${JSON.stringify(key)}: ${prettyJson(member, width, deeper)}`
  );
  return `{\n${members.join(',\n')}\n${indent}}`;
}

/** One line of JSON with a space after commas and colons. */
export function flatJson(value: Json): string {
  if (Array.isArray(value)) {
    return `[${value.map(flatJson).join(', ')}]`;
  }
  if (isObject(value)) {
    const members = Object.entries(value).map(
      ([key, member]) => `${JSON.stringify(key)}: ${flatJson(member)}`
    );
    return `{${members.join(', ')}}`;
  }
  return stringifyJson(value);
}

/** One line of JSON, or null where it has more characters than that: what is large is not written out for it. */
function flatWithin(value: Json, room: number): string | null {
  if (!isContainer(value)) {
    const text = flatJson(value);
    return text.length <= room ? text : null;
  }
  const keys = Array.isArray(value) ? null : Object.keys(value);
  const count = keys?.length ?? (value as Json[]).length;
  // Each member has a character at least.
  if (count > room) {
    return null;
  }
  let text = '';
  for (let i = 0; i < count; i++) {
    const key = keys?.[i];
    const before = `${i === 0 ? '' : ', '}${key === undefined ? '' : `${JSON.stringify(key)}: `}`;
    const member =
      key === undefined ? (value as Json[])[i]! : (value as { [key: string]: Json })[key]!;
    const flat = flatWithin(member, room - 2 - text.length - before.length);
    if (flat === null) {
      return null;
    }
    text += before + flat;
  }
  return text.length + 2 > room ? null : keys === null ? `[${text}]` : `{${text}}`;
}

export function isNumber(value: Json): value is number | ExactNumber {
  return typeof value === 'number' || value instanceof ExactNumber;
}

export function isObject(value: Json): value is { [key: string]: Json } {
  return (
    value !== null &&
    typeof value === 'object' &&
    !Array.isArray(value) &&
    !(value instanceof ExactNumber)
  );
}

function isContainer(value: Json): value is Json[] | { [key: string]: Json } {
  return Array.isArray(value) || isObject(value);
}

/** The digits of a number as they came: what a person reads and edits. */
export function numberText(value: number | ExactNumber): string {
  return value instanceof ExactNumber ? value.source : String(value);
}

/** A JSON number without `.`, `e` or `E` is an integer. */
export function isInteger(value: number | ExactNumber): boolean {
  return !/[.eE]/.test(numberText(value));
}

// Python's repr of a double: the shortest digits (JavaScript agrees on those), an exponent of two digits at least
// below 1e-4 and from 1e16 on, and always a sign that it is no integer.
function floatText(n: number): string {
  if (n === 0) {
    return Object.is(n, -0) ? '-0.0' : '0.0';
  }
  const [mantissa = '', power = '0'] = Math.abs(n).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const exponent = Number(power);
  const sign = n < 0 ? '-' : '';
  if (exponent < -4 || exponent >= 16) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  if (exponent < 0) {
    return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  }
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

function canonicalNumber(value: number | ExactNumber, alike: boolean): string {
  const source = numberText(value);
  if (!/[.eE]/.test(source)) {
    return source === '-0' ? '0' : source;
  }
  const n = Number(source);
  if (alike && Number.isInteger(n)) {
    return BigInt(n).toString();
  }
  return floatText(n);
}

function byCodePoint(a: string, b: string): number {
  let i = 0;
  while (i < a.length && i < b.length && a.charCodeAt(i) === b.charCodeAt(i)) {
    i++;
  }
  const left = a.charCodeAt(i);
  const right = b.charCodeAt(i);
  if (Number.isNaN(left) || Number.isNaN(right)) {
    return a.length - b.length;
  }
  // Surrogates stand for code points above every other unit, though their own numbers are lower than U+E000.
  const lift = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);
  return lift(left) - lift(right);
}

function canonical(value: Json, alike: boolean): string {
  if (isNumber(value)) {
    return canonicalNumber(value, alike);
  }
  if (Array.isArray(value)) {
    return `[${value.map(item => canonical(item, alike)).join(',')}]`;
  }
  if (isObject(value)) {
    const keys = Object.keys(value).sort(byCodePoint);
    const members = keys.map(
      key => `${JSON.stringify(key)}:${canonical(value[key] as Json, alike)}`
    );
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
}

/** The text by which two values are the same: agrees with the server byte for byte. */
export function canonicalJson(value: Json): string {
  return canonical(value, false);
}

export function sameJson(a: Json, b: Json): boolean {
  return equal(a, b, false);
}

/** Like sameJson, with 1 and 1.0 alike: how staleness compares inputs. */
export function alikeJson(a: Json, b: Json): boolean {
  return equal(a, b, true);
}

/** Whether both have the same canonical text, without writing it: a large value is compared on each keystroke in it. */
function equal(a: Json, b: Json, alike: boolean): boolean {
  if (a === b) {
    return true;
  }
  if (isNumber(a)) {
    const isPlain = typeof a === 'number' && typeof b === 'number';
    return isNumber(b) && !isPlain && canonicalNumber(a, alike) === canonicalNumber(b, alike);
  }
  if (Array.isArray(a)) {
    return (
      Array.isArray(b) && a.length === b.length && a.every((each, i) => equal(each, b[i]!, alike))
    );
  }
  if (isObject(a)) {
    if (!isObject(b)) {
      return false;
    }
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every(key => Object.hasOwn(b, key) && equal(a[key]!, b[key]!, alike))
    );
  }
  return false;
}
