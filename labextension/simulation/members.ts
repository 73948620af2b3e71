/**
 * What somebody makes of an object they see: members written, added and taken out, at any depth.
 */
import { isObject, type Json } from '../src/json';
import { pick } from './chance';

export interface Members {
  [key: string]: Json;
}

/** What is told of an edit while it is made. */
export interface Pen {
  /** A new value at `place`; with it `over` is overwritten. @returns its mark */
  write(place: string, over?: string): string;
  /** What is at `place` is taken away. */
  erase(place: string): void;
  /** What others wrote is written again with it. */
  carry(value: Json): void;
}

const EDITS = ['member', 'member', 'inner', 'inner', 'both', 'list', 'erased'] as const;
const KEYS = ['x', 'y', 'größe/2', 'constructor'];

/** A value that has members to edit. */
export function objectOf(pen: Pen, how: number): Json {
  const x = pen.write(pick(KEYS, how), '');
  return { [pick(KEYS, how)]: x, b: 1.5, m: { c: 'kept' }, list: [100, 'kept'] };
}

/** @param which decides what kind of edit it is, `how` which member @returns the object after it */
export function edited(from: Members, pen: Pen, which: number, how: number): Members {
  const key = pick(KEYS, how);
  switch (pick(EDITS, which)) {
    case 'member':
      return { ...from, [key]: pen.write(key) };
    case 'inner':
      return { ...from, m: inner(from, key, pen) };
    case 'both':
      return { ...from, [key]: pen.write(key), m: inner(from, key, pen) };
    case 'list': {
      // It goes as a whole, with what others have put there.
      const list = Array.isArray(from.list) ? from.list.slice(-2) : [];
      pen.carry(list);
      return { ...from, list: [...list, pen.write('list')] };
    }
    case 'erased': {
      const gone = pick([...KEYS, 'm'], how);
      pen.erase(gone);
      return Object.fromEntries(Object.entries(from).filter(([name]) => name !== gone));
    }
  }
}

function inner({ m = null }: Members, key: string, pen: Pen): Json {
  return isObject(m)
    ? { ...m, [key]: pen.write(`m/${key}`) }
    : { [key]: pen.write(`m/${key}`, 'm') };
}
