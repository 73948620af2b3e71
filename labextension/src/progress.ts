/**
 * How far a loop is, as the kernel writes it into a variable: `{"$progress": {...}}`.
 */
import { isNumber, isObject, numberText, type Json } from './json';
import type { Row } from './model';

export type LoopState = 'running' | 'done' | 'stopped' | 'failed' | 'interrupted';

export interface Progress {
  readonly done: number;
  /** null where nobody knows how many there are. */
  readonly total: number | null;
  readonly state: LoopState;
  /** Seconds that it has taken. */
  readonly seconds: number;
  /** Items a second. */
  readonly rate: number | null;
}

const STATES: readonly string[] = ['running', 'done', 'stopped', 'failed', 'interrupted'];

// Of a loop that has not been heard of for so long, and for so many items, nobody knows whether it runs.
const SILENT_MS = 30_000;
const SILENT_ITEMS = 5;

export function progressOf(value: Json): Progress | null {
  if (!isObject(value) || !Object.hasOwn(value, '$progress') || Object.keys(value).length !== 1) {
    return null;
  }
  const inner = value['$progress'];
  if (inner === undefined || !isObject(inner)) {
    return null;
  }
  const number = (key: string): number | null => {
    const found = Object.hasOwn(inner, key) ? inner[key] : undefined;
    const read = found !== undefined && isNumber(found) ? Number(numberText(found)) : NaN;
    return Number.isFinite(read) && read >= 0 ? read : null;
  };
  const [done, seconds, state] = [number('done'), number('seconds'), inner['state']];
  return done === null || seconds === null || typeof state !== 'string' || !STATES.includes(state)
    ? null
    : { done, total: number('total'), state: state as LoopState, seconds, rate: number('rate') };
}

/** How long it has said nothing, in ms, where that is too long for a loop that runs; else null. */
export function silence(progress: Progress, updatedAt: number, now: number): number | null {
  const patience = Math.max(SILENT_MS, (SILENT_ITEMS * 1000) / (progress.rate || Infinity));
  const silent = now - updatedAt;
  return progress.state === 'running' && silent > patience ? silent : null;
}

/** The loops that a run has on its way. */
export function loopsOf(rows: Iterable<Row>, run: string): Row[] {
  const found: Row[] = [];
  for (const row of rows) {
    if (row.origin.run === run && progressOf(row.value)?.state === 'running') {
      found.push(row);
    }
  }
  return found;
}
