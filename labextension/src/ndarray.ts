/**
 * An array as the kernel writes it, `{"$ndarray": ...}`: its numbers, one at a time, out of a list or of bytes.
 */
import { isNumber, isObject, numberFrom, numberText, type Json } from './json';
import { drawnNumber, durationText } from './scalartext';

export interface NumberArray {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly size: number;
  /** Of the member at this place, row by row. */
  at(place: number): Json;
  /** NaN for what is no number. */
  numberAt(place: number): number;
}

// A view never looks at more: what is larger is refused by the server already.
const MOST = 2_000_000;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const NUMBERS = /^(bool|int|uint|float|complex)(8|16|32|64|128)?$/;
const TIMES = /^(datetime|timedelta)64\[(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\]$/;
const TEXTS = /^(?:<U|S)(\d{1,6})$/;
// As the kernel has it: of nothing else is an array made.
const DTYPE = [/^bool$|^u?int(8|16|32|64)$|^float(16|32|64)$|^complex(64|128)$/, TEXTS, TIMES];
// In nanoseconds; months and years have no length of their own.
const UNITS = new Map<string, bigint>([
  ['W', 604_800_000_000_000n],
  ['D', 86_400_000_000_000n],
  ['h', 3_600_000_000_000n],
  ['m', 60_000_000_000n],
  ['s', 1_000_000_000n],
  ['ms', 1_000_000n],
  ['us', 1000n],
  ['ns', 1n]
]);

/** The bytes of strict base64, null where it is none. */
export function bytesOf(text: Json | undefined): Uint8Array | null {
  if (typeof text !== 'string' || text.length % 4 !== 0 || !BASE64.test(text)) {
    return null;
  }
  return Uint8Array.from(atob(text), char => char.charCodeAt(0));
}

/** A number of units since 1970, or between two times, as text. */
export function timeText(kind: 'datetime' | 'timedelta', unit: string, count: bigint): string {
  const nanos = count * (UNITS.get(unit) ?? 0n);
  if (!UNITS.has(unit)) {
    return `${count} ${unit}`;
  }
  if (kind === 'timedelta') {
    return durationText(nanos / 1000n);
  }
  const fraction = ((nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const date = new Date(Number((nanos - fraction) / 1_000_000n));
  if (Number.isNaN(date.getTime())) {
    return String(count);
  }
  const [day = '', time = ''] = date.toISOString().slice(0, -5).split('T');
  const digits = String(fraction).padStart(9, '0').replace(/0+$/, '');
  const exact = `${time}${digits === '' ? '' : `.${digits}`}`;
  return exact === '00:00:00' ? day : `${day} ${exact}`;
}

export function arrayOf(inner: Json): NumberArray | null {
  if (!isObject(inner) || typeof inner.dtype !== 'string' || !Array.isArray(inner.shape)) {
    return null;
  }
  const { dtype, data } = inner;
  if (!DTYPE.some(form => form.test(dtype))) {
    return null;
  }
  const shape = inner.shape.map(side => (typeof side === 'number' ? side : -1));
  const size = shape.reduce((all, side) => all * side, 1);
  if (!shape.every(side => Number.isSafeInteger(side) && side >= 0) || size > MOST) {
    return null;
  }
  if (Array.isArray(data)) {
    return data.length === size
      ? { dtype, shape, size, at: i => data[i] ?? null, numberAt: i => counted(data[i] ?? null) }
      : null;
  }
  const at = reader(dtype, size, bytesOf(inner.base64));
  return at === null ? null : { dtype, shape, size, at, numberAt: i => counted(at(i)) };
}

function counted(value: Json): number {
  return value === true ? 1 : value === false ? 0 : (drawnNumber(value) ?? NaN);
}

function reader(
  dtype: string,
  size: number,
  bytes: Uint8Array | null
): ((i: number) => Json) | null {
  const times = TIMES.exec(dtype);
  const texts = TEXTS.exec(dtype);
  if (texts !== null) {
    const width = Number(texts[1]);
    return bytes === null || dtype.startsWith('<') || bytes.length !== size * width
      ? null
      : i => String.fromCharCode(...bytes.subarray(i * width, (i + 1) * width)).replace(/\0+$/, '');
  }
  const [, kind = '', bits = '8'] =
    times === null ? (NUMBERS.exec(dtype) ?? []) : ['', 'int', '64'];
  const width = Number(bits) / 8;
  if (bytes === null || kind === '' || bytes.length !== size * width) {
    return null;
  }
  const view = new DataView(bytes.buffer);
  if (times !== null) {
    const [, what, unit = 'ns'] = times;
    return i => {
      const count = view.getBigInt64(i * width, true);
      const isGone = count === -(2n ** 63n);
      return isGone ? 'NaT' : timeText(what as 'datetime' | 'timedelta', unit, count);
    };
  }
  switch (kind) {
    case 'bool':
      return i => view.getUint8(i) !== 0;
    case 'float':
      return i => floating(floatAt(view, i * width, width));
    case 'complex':
      return i => ({
        $complex: [0, 1].map(part =>
          floating(floatAt(view, i * width + (part * width) / 2, width / 2))
        )
      });
    default:
      return i => integerAt(view, i * width, width, kind === 'uint');
  }
}

function floating(value: number): Json {
  return Number.isFinite(value) ? value : { $numberDouble: String(value) };
}

function floatAt(view: DataView, at: number, width: number): number {
  if (width === 8) {
    return view.getFloat64(at, true);
  }
  if (width === 4) {
    // The shortest digits that a 32-bit float tells apart, not those of the double it becomes.
    return Number(view.getFloat32(at, true).toPrecision(7));
  }
  const half = view.getUint16(at, true);
  const [sign, exponent, fraction] = [half >> 15 ? -1 : 1, (half >> 10) & 31, half & 1023];
  if (exponent === 31) {
    return fraction === 0 ? sign * Infinity : NaN;
  }
  const value = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return Number((sign * value).toPrecision(4));
}

function integerAt(view: DataView, at: number, width: number, unsigned: boolean): Json {
  switch (width) {
    case 1:
      return unsigned ? view.getUint8(at) : view.getInt8(at);
    case 2:
      return unsigned ? view.getUint16(at, true) : view.getInt16(at, true);
    case 4:
      return unsigned ? view.getUint32(at, true) : view.getInt32(at, true);
    default:
      return numberFrom(
        String(unsigned ? view.getBigUint64(at, true) : view.getBigInt64(at, true))
      );
  }
}

/** The numbers of a list of numbers or of an array of one dimension; NaN where one is missing. */
export function seriesOf(value: Json): number[] | null {
  if (!Array.isArray(value) || value.length < 2 || !value.some(isNumber)) {
    return null;
  }
  const numbers: number[] = [];
  for (const each of value) {
    const number = drawnNumber(each);
    // 1e400 has digits and no double.
    if (number === null || (isNumber(each) && !Number.isFinite(Number(numberText(each))))) {
      return null;
    }
    numbers.push(number);
  }
  return numbers;
}
