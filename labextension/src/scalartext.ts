/**
 * Single values that JSON lacks, as people read and type them: dates, times, decimals and what else the kernel writes as an
 * object with one key that begins with `$`. What is typed comes out as the kernel itself would write it, or not at all.
 */
import { isNumber, isObject, numberText, type Json } from './json';
import { readNumber } from './numbertext';

export interface Scalar {
  readonly key: string;
  /** The type, as Python calls it. */
  readonly type: string;
  readonly text: string;
}

interface Form {
  type: string;
  /** What would be right, for a sentence. */
  example: string;
  show(inner: Json): string | null;
  /** What stands under the key, or null where this is none; `old` is what stood there. */
  read(text: string, old: Json): Json | null;
}

const NAMES = ['NaN', 'Infinity', '-Infinity'];
const FLOAT = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const DECIMAL = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|Infinity|s?NaN\d*)$/;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME =
  /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?(Z|[+-]\d{2}:\d{2}(?::\d{2})?)?((?:\[[A-Za-z0-9_+/-]{1,64}\])?(?:\[fold=1\])?)$/;
const PATHS = ['PosixPath', 'WindowsPath', 'PurePosixPath', 'PureWindowsPath'];
const DURATION = /^P(-?\d+)DT(\d+)(?:\.(\d{6}))?S$/;
const CLOCK = /^(?:([+-]?\d+) days?,? ?)?(?:(\d+):(\d{1,2}):(\d{1,2})(?:\.(\d{1,6}))?)?$/;
const UNITS =
  /^(-)?(?:(\d+) ?d)? ?(?:(\d+) ?h)? ?(?:(\d+) ?m(?:in)?)? ?(?:(\d+)(?:\.(\d{1,6}))? ?s)?$/;
const INTEGER = /^-?(?:0|[1-9]\d*)$/;
const DAY = 86_400_000_000n;

const asText = (inner: Json): string | null => (typeof inner === 'string' ? inner : null);

function isDay(text: string): boolean {
  const [, year, month, day] = (DATE.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined || year < 1) {
    return false;
  }
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** A time of day as the kernel writes it: with seconds, and with no fraction or one of six digits. */
function timeOf(text: string): string | null {
  const match = TIME.exec(text);
  if (match === null) {
    return null;
  }
  const [, hour = '', minute = '', second = '00', fraction = '', zone = '', tags = ''] = match;
  const [zoneHour = 0, zoneMinute = 0] = zone.slice(1).split(':').map(Number);
  if (+hour > 23 || +minute > 59 || +second > 59 || zoneHour > 23 || zoneMinute > 59) {
    return null;
  }
  const digits = fraction.padEnd(6, '0');
  const exact = fraction === '' || digits === '000000' ? '' : `.${digits}`;
  return `${hour}:${minute}:${second}${exact}${zone === '+00:00' ? 'Z' : zone}${tags}`;
}

function dateTimeOf(text: string): string | null {
  const [, day = '', rest = '00:00'] = /^([^T ]+)(?:[T ](.*))?$/.exec(text.trim()) ?? [];
  const time = timeOf(rest);
  return isDay(day) && time !== null ? `${day}T${time}` : null;
}

function showDateTime(inner: Json): string | null {
  if (isObject(inner)) {
    // Extended JSON's canonical form: milliseconds.
    const date = new Date(Number(inner.$numberLong));
    return Number.isNaN(date.getTime()) ? null : showDateTime(date.toISOString());
  }
  const text = asText(inner);
  return text !== null && dateTimeOf(text) !== null ? text.replace('T', ' ') : null;
}

/** Microseconds as Python writes a timedelta: whole days, which may be negative, and the rest of a day. */
export function durationText(micros: bigint): string {
  const rest = ((micros % DAY) + DAY) % DAY;
  const days = (micros - rest) / DAY;
  const seconds = Number(rest / 1_000_000n);
  const two = (n: number): string => String(n).padStart(2, '0');
  const fraction = String(rest % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  const clock = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const said = days === 0n ? '' : `${days} day${days === 1n || days === -1n ? '' : 's'}, `;
  return `${said}${clock}${fraction === '' ? '' : `.${fraction}`}`;
}

function showDuration(inner: Json): string | null {
  const match = DURATION.exec(asText(inner) ?? '');
  if (match === null) {
    return null;
  }
  const [, days = '0', seconds = '0', fraction = '0'] = match;
  return durationText(BigInt(days) * DAY + BigInt(seconds) * 1_000_000n + BigInt(fraction));
}

function readDuration(typed: string): string | null {
  const text = typed.trim();
  if (text === '') {
    return null;
  }
  if (DURATION.test(text)) {
    return text;
  }
  const clock = CLOCK.exec(text);
  const units = clock === null ? UNITS.exec(text) : null;
  if (clock === null && units === null) {
    return null;
  }
  const [, days = '0', hours = '0', minutes = '0', seconds = '0', fraction = ''] =
    clock ?? units!.toSpliced(1, 1).map(part => part ?? '0');
  const clockSeconds = BigInt(hours) * 3600n + BigInt(minutes) * 60n + BigInt(seconds);
  const parts =
    clockSeconds * 1_000_000n + BigInt((fraction === '0' ? '' : fraction).padEnd(6, '0'));
  const all = (BigInt(days.replace('+', '')) * DAY + parts) * (units?.[1] === '-' ? -1n : 1n);
  const rest = ((all % DAY) + DAY) % DAY;
  const wholeDays = (all - rest) / DAY;
  if (wholeDays > 999_999_999n || wholeDays < -999_999_999n) {
    return null;
  }
  const micros = rest % 1_000_000n;
  const exact = micros === 0n ? '' : `.${String(micros).padStart(6, '0')}`;
  return `P${wholeDays}DT${rest / 1_000_000n}${exact}S`;
}

function showPart(part: Json | undefined): string | null {
  if (part === undefined) {
    return null;
  }
  const special = specialText(part)?.replace('Infinity', 'inf').toLowerCase();
  return isNumber(part) ? numberText(part) : (special ?? null);
}

function showComplex(inner: Json): string | null {
  if (!Array.isArray(inner) || inner.length !== 2) {
    return null;
  }
  const [real, imaginary] = [showPart(inner[0]), showPart(inner[1])];
  if (real === null || imaginary === null) {
    return null;
  }
  return `${real}${imaginary.startsWith('-') ? '' : '+'}${imaginary}j`;
}

function readComplex(typed: string): Json | null {
  const text = typed.replace(/[\s()]/g, '').replace(/i$/i, 'j');
  const number = '(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:e[+-]?\\d+)?|nan|inf';
  const whole = new RegExp(`^([+-]?(?:${number}))?(?:([+-](?:${number})?)j)?$`, 'i').exec(text);
  const alone = new RegExp(`^([+-]?(?:${number})?)j$`, 'i').exec(text);
  if (text === '' || (whole === null && alone === null)) {
    return null;
  }
  const [, real = '0', imaginary = '0'] = alone === null ? whole! : ['', '0', alone[1]];
  const unit = /^[+-]?$/.test(imaginary) ? `${imaginary}1` : imaginary;
  const [left, right] = [partOf(real), partOf(unit)];
  return left === null || right === null ? null : [left, right];
}

function partOf(text: string): Json | null {
  const special = readSpecial(text);
  if (special !== null) {
    return special;
  }
  const plain = text
    .replace(/^\+/, '')
    .replace(/^(-?)\./, '$10.')
    .replace(/\.(?=$|e)/i, '');
  const reading = readNumber(plain);
  return reading.ok ? reading.value : null;
}

function wholes(inner: Json | undefined, count: number): string[] | null {
  if (!Array.isArray(inner) || inner.length !== count) {
    return null;
  }
  const texts = inner.map(each => (isNumber(each) ? numberText(each) : ''));
  return texts.every(each => INTEGER.test(each)) ? texts : null;
}

function readWholes(texts: readonly string[]): Json | null {
  const read = texts.map(each => readNumber(each));
  const values = read.flatMap(each => (each.ok ? [each.value] : []));
  return values.length === texts.length && wholes(values, values.length) !== null ? values : null;
}

function showFraction(inner: Json): string | null {
  const [numerator, denominator] = wholes(inner, 2) ?? [];
  return numerator === undefined || Number(denominator) === 0
    ? null
    : `${numerator}/${denominator}`;
}

function readFraction(text: string): Json | null {
  const [, numerator = '', denominator = '1'] =
    /^(-?\d+)(?:\/(\d+))?$/.exec(text.replace(/\s/g, '')) ?? [];
  return Number(denominator) === 0 ? null : readWholes([numerator, denominator]);
}

function showRange(inner: Json): string | null {
  const parts = wholes(inner, 3);
  return parts === null || Number(parts[2]) === 0 ? null : `range(${parts.join(', ')})`;
}

function readRange(typed: string): Json | null {
  const parts = typed
    .replace(/\s/g, '')
    .replace(/^range\((.*)\)$/, '$1')
    .split(',');
  const [first = '', second = '', step = '1'] = parts.length === 1 ? ['0', ...parts] : parts;
  return parts.length > 3 || Number(step) === 0 ? null : readWholes([first, second, step]);
}

function pathOf(inner: Json): { type: string; path: string } | null {
  if (!isObject(inner) || typeof inner.path !== 'string' || typeof inner.type !== 'string') {
    return null;
  }
  const { type, path } = inner;
  return PATHS.includes(type) ? { type, path } : null;
}

const FORMS = new Map<string, Form>([
  [
    '$numberDouble',
    {
      type: 'float',
      example: 'NaN',
      show: inner => {
        const text = asText(inner) ?? '';
        return NAMES.includes(text) || FLOAT.test(text) ? text : null;
      },
      read: text => (NAMES.includes(text) || FLOAT.test(text) ? text : null)
    }
  ],
  ['$fraction', { type: 'Fraction', example: '1/3', show: showFraction, read: readFraction }],
  ['$range', { type: 'range', example: 'range(0, 10, 2)', show: showRange, read: readRange }],
  [
    '$path',
    {
      type: 'Path',
      example: 'data/x.csv',
      show: inner => pathOf(inner)?.path ?? null,
      read: (text, old) => ({ type: pathOf(old)?.type ?? 'PurePosixPath', path: text })
    }
  ],
  [
    '$missing',
    {
      type: 'NA',
      example: 'NA',
      show: inner => (inner === 'NA' || inner === 'NaT' ? inner : null),
      read: text => (text === 'NA' || text === 'NaT' ? text : null)
    }
  ],
  ['$numberInt', integer()],
  ['$numberLong', integer()],
  [
    '$numberDecimal',
    {
      type: 'Decimal',
      example: '1.10',
      show: inner => (DECIMAL.test(asText(inner) ?? '') ? asText(inner) : null),
      read: text => (DECIMAL.test(text.trim()) ? text.trim() : null)
    }
  ],
  [
    '$date',
    { type: 'datetime', example: '2026-11-22 19:00:00', show: showDateTime, read: dateTimeOf }
  ],
  [
    '$localDate',
    {
      type: 'date',
      example: '2026-11-22',
      show: inner => (isDay(asText(inner) ?? '') ? asText(inner) : null),
      read: text => (isDay(text.trim()) ? text.trim() : null)
    }
  ],
  [
    '$localTime',
    {
      type: 'time',
      example: '19:00:00',
      show: inner => (timeOf(asText(inner) ?? '') === null ? null : asText(inner)),
      read: text => timeOf(text.trim())
    }
  ],
  [
    '$duration',
    { type: 'timedelta', example: '1 day, 2:30:00', show: showDuration, read: readDuration }
  ],
  [
    '$uuid',
    {
      type: 'UUID',
      example: '123e4567-e89b-12d3-a456-426614174000',
      show: inner => (UUID.test((asText(inner) ?? '').toLowerCase()) ? asText(inner) : null),
      read: text => {
        const plain = text.trim().toLowerCase();
        return UUID.test(plain) ? plain : null;
      }
    }
  ],
  ['$complex', { type: 'complex', example: '1.5+2j', show: showComplex, read: readComplex }]
]);

function integer(): Form {
  return {
    type: 'int',
    example: '42',
    show: inner => (INTEGER.test(asText(inner) ?? '') ? asText(inner) : null),
    read: text => (INTEGER.test(text.trim()) ? text.trim() : null)
  };
}

// An object of many keys is asked this many times.
const members = new WeakMap<object, [string, Json] | null>();

/** The one key of an object that stands for something else, and what is under it. */
export function typedMember(value: Json): [string, Json] | null {
  if (!isObject(value)) {
    return null;
  }
  let member = members.get(value);
  if (member === undefined) {
    const keys = Object.keys(value);
    const [only] = keys;
    const isOne = keys.length === 1 && only!.startsWith('$');
    member = isOne ? [only!, value[only!]!] : null;
    members.set(value, member);
  }
  return member;
}

/** A date, decimal and the like as text; null for all else, and for what only looks like one. */
export function scalarOf(value: Json): Scalar | null {
  const [key, inner] = typedMember(value) ?? [];
  const form = key === undefined ? undefined : FORMS.get(key);
  const text = inner === undefined ? null : (form?.show(inner) ?? null);
  if (key === undefined || inner === undefined || form === undefined || text === null) {
    return null;
  }
  const type = key === '$missing' ? text : (pathOf(inner)?.type ?? form.type);
  return { key, type, text };
}

/** What was typed as a value of the same type as `old`, or what would be right instead. */
export function readScalar(old: Json, text: string): { value: Json } | { example: string } {
  const [key = '', inner = null] = typedMember(old) ?? [];
  const form = FORMS.get(key);
  const read = form?.read(text, inner) ?? null;
  return read === null ? { example: form?.example ?? '' } : { value: { [key]: read } };
}

/** The name of a number that JSON lacks: NaN, Infinity, -Infinity. */
export function specialText(value: Json): string | null {
  const scalar = scalarOf(value);
  return scalar?.key === '$numberDouble' && NAMES.includes(scalar.text) ? scalar.text : null;
}

/** NaN or an infinity, in any usual spelling. */
export function readSpecial(typed: string): Json | null {
  const match = /^([+-]?)(?:(nan)|inf(?:inity)?|∞)$/i.exec(typed.trim());
  if (match === null) {
    return null;
  }
  const name = match[2] !== undefined ? 'NaN' : match[1] === '-' ? '-Infinity' : 'Infinity';
  return { $numberDouble: name };
}

/** A number as JavaScript counts with it, for drawing; NaN and infinities too. */
export function drawnNumber(value: Json): number | null {
  if (isNumber(value)) {
    return Number(numberText(value));
  }
  const special = specialText(value);
  return special === null ? null : Number(special);
}
