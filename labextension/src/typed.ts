/**
 * Values that JSON lacks, as the kernel writes them: recognised, so that they can be shown as what they are. What only looks
 * like one is plain JSON and is shown as that.
 */
import type { Json } from './json';
import { arrayOf, bytesOf, type NumberArray } from './ndarray';
import { scalarOf, typedMember, type Scalar } from './scalartext';
import { frameSheet, indexSheet, seriesSheet, type Sheet } from './sheet';

export type Typed =
  | { is: 'scalar'; scalar: Scalar }
  | { is: 'bytes'; type: 'bytes' | 'bytearray'; bytes: Uint8Array }
  | { is: 'array'; array: NumberArray }
  | { is: 'frame'; sheet: Sheet }
  | { is: 'series'; type: 'Series' | 'Index'; sheet: Sheet }
  | { is: 'image'; picture: Picture }
  | null;

export interface Picture {
  /** `data:image/png;base64,` and base64 that was checked. */
  readonly url: string;
  readonly width: number;
  readonly height: number;
}

// As the kernel has it, in base64; and what a browser can hold of pixels without regret.
const PNG_CHARS = Math.ceil((512 * 1024 * 4) / 3) + 4;
const MOST_PIXELS = 32_000_000;
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const HEADER = 24;

const BYTES = new Map<Json, 'bytes' | 'bytearray'>([
  ['00', 'bytes'],
  ['80', 'bytearray']
]);

// A value is drawn many times and read once.
const known = new WeakMap<object, Typed>();

export function typedOf(value: Json): Typed {
  const member = typedMember(value);
  if (member === null) {
    return null;
  }
  const object = value as object;
  const before = known.get(object);
  if (before !== undefined) {
    return before;
  }
  const typed = read(value, ...member);
  known.set(object, typed);
  return typed;
}

function read(value: Json, key: string, inner: Json): Typed {
  switch (key) {
    case '$binary': {
      const bytes = bytesOf(memberOf(inner, 'base64'));
      const type = BYTES.get(memberOf(inner, 'subType') ?? '');
      return bytes === null || type === undefined ? null : { is: 'bytes', type, bytes };
    }
    case '$ndarray': {
      const array = arrayOf(inner);
      return array === null ? null : { is: 'array', array };
    }
    case '$dataframe': {
      const sheet = frameSheet(inner);
      return sheet === null ? null : { is: 'frame', sheet };
    }
    case '$series': {
      const sheet = seriesSheet(inner);
      return sheet === null ? null : { is: 'series', type: 'Series', sheet };
    }
    case '$index': {
      const sheet = indexSheet(inner);
      return sheet === null ? null : { is: 'series', type: 'Index', sheet };
    }
    case '$image': {
      const picture = pictureOf(memberOf(inner, 'png'));
      return picture === null ? null : { is: 'image', picture };
    }
    default: {
      const scalar = scalarOf(value);
      return scalar === null ? null : { is: 'scalar', scalar };
    }
  }
}

function memberOf(inner: Json, key: string): Json | undefined {
  return inner !== null && typeof inner === 'object' && Object.hasOwn(inner, key)
    ? (inner as { [key: string]: Json })[key]
    : undefined;
}

/** A picture that is PNG by its first bytes, of a size by its own header and not by what is said of it. */
export function pictureOf(png: Json | undefined): Picture | null {
  if (typeof png !== 'string' || png.length > PNG_CHARS) {
    return null;
  }
  const bytes = bytesOf(png);
  if (bytes === null || bytes.length < HEADER || SIGNATURE.some((byte, i) => bytes[i] !== byte)) {
    return null;
  }
  const view = new DataView(bytes.buffer);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  return width > 0 && height > 0 && width * height <= MOST_PIXELS
    ? { url: `data:image/png;base64,${png}`, width, height }
    : null;
}

/** `12 kB`: in steps of 1,000, as file managers and the kernel do. */
export function byteWords(count: number): string {
  let amount = count;
  for (const unit of ['bytes', 'kB', 'MB', 'GB']) {
    if (amount < 999.5 || unit === 'GB') {
      const text = amount < 10 ? amount.toFixed(1).replace(/\.0$/, '') : amount.toFixed(0);
      return `${unit === 'bytes' ? count : text} ${unit}`;
    }
    amount /= 1000;
  }
  return '';
}

/** What the kernel calls it: `DataFrame 5x2`, `bytes, 12 kB`. */
export function typeWords(value: Json): string | null {
  const typed = typedOf(value);
  switch (typed?.is) {
    case 'scalar':
      return typed.scalar.type;
    case 'bytes':
      return `${typed.type}, ${byteWords(typed.bytes.length)}`;
    case 'array':
      return words('ndarray', typed.array.shape.join('x'), typed.array.dtype);
    case 'frame':
      return `DataFrame ${typed.sheet.rows}x${typed.sheet.columns.length}`;
    case 'series':
      return words(typed.type, String(typed.sheet.rows), typed.sheet.columns[0]?.dtype ?? '');
    case 'image':
      return `Image ${typed.picture.width}x${typed.picture.height}`;
    default:
      return dictWords(value);
  }
}

function words(...parts: string[]): string {
  return parts.filter(each => each !== '').join(' ');
}

/** An object whose one key begins with `$` in its own right is written with another one around it. */
function dictWords(value: Json): string | null {
  const [key, inner] = typedMember(value) ?? [];
  const isDict =
    key === '$dict' && inner !== null && typeof inner === 'object' && !Array.isArray(inner);
  return isDict ? `dict of ${Object.keys(inner).length}` : null;
}
