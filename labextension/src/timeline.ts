/**
 * A session's changes as a time line: what each made of which variable, and which of them stand on one line. Pure.
 */
import { isObject, sameJson, type Json } from './json';
import type { Change, Origin, Row, RunStatus } from './model';
import { applyPatch } from './patch';
import { typedOf } from './typed';

/** A change as the history has it. */
export interface PastChange extends Change {
  /** undo, redo, or what it went back to. */
  label?: string;
  /** The change that it takes back. */
  undoes?: number;
}

/** What became of one variable between two revisions; null where it did not exist. */
export interface Altered {
  name: string;
  before: Row | null;
  after: Row | null;
}

/** A value, no variable, or nothing that is remembered. */
export type Side = { readonly value: Json } | 'absent' | 'unknown';

export type Path = readonly (string | number)[];

export interface Edit {
  /** Of the variable. */
  readonly name: string;
  /** Where in its value, for a part of it: keys, and the places of items and rows. */
  readonly path: Path;
  readonly before: Side;
  readonly after: Side;
}

export type Note =
  | { kind: 'renamed'; name: string; to: string }
  | { kind: 'declared'; name: string }
  /** `end` is of one that had only begun there, and is over now. */
  | { kind: 'run'; step: string; id: string; status: RunStatus; end?: RunStatus };

export interface Entry {
  readonly revision: number;
  readonly at: number;
  readonly origin: Origin;
  readonly label: string | null;
  readonly undoes: number | null;
  readonly edits: readonly Edit[];
  readonly notes: readonly Note[];
}

/** Entries that belong together: one change, or the writes of one run. */
export interface Line {
  /** The same as long as its oldest entry is. */
  readonly key: string;
  /** Newest first; one at least. */
  readonly entries: readonly Entry[];
  /** What they come to. */
  readonly edits: readonly Edit[];
  readonly notes: readonly Note[];
}

export const PURGED: Json = { $purged: true };

export function isPurged(side: Side): boolean {
  return typeof side === 'object' && isObject(side.value) && side.value.$purged === true;
}

function sideOf(row: Row | null): Side {
  return row === null ? 'absent' : { value: row.value };
}

export function sameSide(one: Side, other: Side): boolean {
  return typeof one === 'object' && typeof other === 'object'
    ? sameJson(one.value, other.value)
    : one === other;
}

/** What each name is after a change, given what stood before it. */
function after(change: PastChange, stands: (name: string) => Side): Map<string, Side> {
  const now = new Map<string, Side>();
  const at = (name: string): Side => now.get(name) ?? stands(name);
  for (const op of change.ops) {
    switch (op.op) {
      case 'set':
        now.set(op.name, { value: op.value });
        break;
      case 'delete':
        now.set(op.name, 'absent');
        break;
      case 'rename':
        now.set(op.to, at(op.name));
        now.set(op.name, 'absent');
        break;
      case 'declare':
        if (at(op.name) === 'absent' && op.spec !== null) {
          now.set(op.name, { value: op.spec.default ?? null });
        }
        break;
      case 'patch': {
        const before = at(op.name);
        try {
          now.set(
            op.name,
            typeof before === 'object' ? { value: applyPatch(before.value, op.patch) } : 'unknown'
          );
        } catch {
          // Purged meanwhile.
          now.set(op.name, 'unknown');
        }
        break;
      }
      default:
        break;
    }
  }
  return now;
}

function notesOf(change: PastChange): Note[] {
  return change.ops.flatMap((op): Note[] => {
    switch (op.op) {
      case 'rename':
        return [{ kind: 'renamed', name: op.name, to: op.to }];
      case 'declare':
        return [{ kind: 'declared', name: op.name }];
      case 'run':
        return [{ kind: 'run', step: op.run.step, id: op.run.id, status: op.run.status }];
      default:
        return [];
    }
  });
}

/**
 * What `changes` (newest first) did. `altered` is what is different after all of them from what stood before the first,
 * or null where the history no longer says; `only` leaves out other variables.
 */
export function entriesOf(
  changes: readonly PastChange[],
  altered: readonly Altered[] | null,
  only: string | null = null
): Entry[] {
  const oldestFirst = [...changes].reverse();
  const stands = new Map<string, Side>();
  if (altered !== null) {
    // A variable that is not different stood as it stands after them, where that can be told from them alone.
    const left = new Map<string, Side>();
    altered.forEach(each => left.set(each.name, sideOf(each.before)));
    for (const change of oldestFirst) {
      after(change, name => left.get(name) ?? 'unknown').forEach((side, name) =>
        left.set(name, side)
      );
    }
    left.forEach((side, name) => stands.set(name, side));
    altered.forEach(each => stands.set(each.name, sideOf(each.before)));
  }
  const entries: Entry[] = [];
  for (const change of oldestFirst) {
    const edits: Edit[] = [];
    after(change, name => stands.get(name) ?? 'unknown').forEach((side, name) => {
      const before = stands.get(name) ?? 'unknown';
      stands.set(name, side);
      const isSame = before !== 'unknown' && sameSide(before, side);
      if (!isSame && (only === null || only === name)) {
        edits.push({ name, path: [], before, after: side });
      }
    });
    entries.push({
      revision: change.revision,
      at: change.at,
      origin: change.origin,
      label: change.label ?? null,
      undoes: change.undoes ?? null,
      edits,
      notes: notesOf(change)
    });
  }
  return entries.reverse();
}

// A cell that writes in a loop makes a change each 50 ms; so much of a pause still belongs to it.
const BURST = 2000;

function belong(newer: Entry, older: Entry): boolean {
  const isPlain = newer.undoes === null && older.undoes === null;
  if (!isPlain || newer.label !== null || older.label !== null) {
    return false;
  }
  const { origin } = newer;
  if (origin.run !== undefined) {
    return origin.run === older.origin.run;
  }
  return (
    origin.kind === 'cell' &&
    origin.cell !== undefined &&
    older.origin.run === undefined &&
    origin.cell === older.origin.cell &&
    origin.kernel === older.origin.kernel &&
    newer.at - older.at <= BURST
  );
}

/** Entries, newest first, with those of one run that follow each other on one line. */
export function linesOf(entries: readonly Entry[]): Line[] {
  const groups: Entry[][] = [];
  for (const entry of entries) {
    const group = groups[groups.length - 1];
    const newer = group?.[group.length - 1];
    if (group !== undefined && newer !== undefined && belong(newer, entry)) {
      group.push(entry);
    } else {
      groups.push([entry]);
    }
  }
  const ends = new Map<string, RunStatus>();
  return groups.map(group => ({
    key: String(group[group.length - 1]!.revision),
    entries: group,
    edits: group.length === 1 ? group[0]!.edits : joined(group),
    notes: (group.length === 1 ? group[0]!.notes : lastWord(group)).map(note => {
      if (note.kind !== 'run') {
        return note;
      }
      const end = ends.get(note.id);
      ends.set(note.id, end ?? note.status);
      return note.status === 'running' && end !== undefined && end !== 'running'
        ? { ...note, end }
        : note;
    })
  }));
}

/** First before and last after of each variable. */
function joined(newestFirst: readonly Entry[]): Edit[] {
  const found = new Map<string, Edit>();
  for (const entry of [...newestFirst].reverse()) {
    for (const edit of entry.edits) {
      found.set(edit.name, { ...edit, before: found.get(edit.name)?.before ?? edit.before });
    }
  }
  return [...found.values()].filter(
    ({ before, after: now }) => before === 'unknown' || !sameSide(before, now)
  );
}

/** Of a run, how it ended; everything else that is to be said once. */
function lastWord(newestFirst: readonly Entry[]): Note[] {
  const notes = newestFirst.flatMap(entry => entry.notes);
  const run = notes.find(note => note.kind === 'run');
  return [...notes.filter(note => note.kind !== 'run'), ...(run === undefined ? [] : [run])];
}

const MOST_PARTS = 6;
// A longer list is not looked through for what differs.
const LONGEST_LIST = 10_000;
/** So many characters of a value are shown on a line. */
export const BRIEF = 28;

/** What a change comes to: by their parts, and what was renamed only where its value is another one, too. */
export function toldOf({ edits, notes }: Pick<Line, 'edits' | 'notes'>): Edit[] {
  const from = new Map(
    notes.flatMap(note => (note.kind === 'renamed' ? [[note.to, note.name]] : []))
  );
  const gone = new Set(from.values());
  return edits.flatMap(edit => {
    if (gone.has(edit.name) && edit.after === 'absent') {
      return [];
    }
    const old = from.get(edit.name);
    const before = edits.find(({ name }) => name === old)?.before ?? 'unknown';
    return old === undefined
      ? partsOf(edit)
      : before === 'unknown' || sameSide(before, edit.after)
        ? []
        : partsOf({ ...edit, before });
  });
}

const known = new WeakMap<Edit, Edit[]>();

/**
 * What differs, each by its place: members of objects, items of lists, cells of data frames. The whole where it is something
 * else, short enough to be read, or too many differ.
 */
export function partsOf(edit: Edit): Edit[] {
  const parts = known.get(edit) ?? findParts(edit, 4);
  known.set(edit, parts);
  return parts;
}

function findParts(edit: Edit, depth: number): Edit[] {
  const { before, after: now } = edit;
  if (typeof before !== 'object' || typeof now !== 'object' || depth === 0) {
    return [edit];
  }
  const parts: Edit[] = [];
  for (const [key, old, next] of pairsOf(before.value, now.value)) {
    if (!sameSide(old, next)) {
      const part = { name: edit.name, path: [...edit.path, key], before: old, after: next };
      parts.push(...findParts(part, depth - 1));
    }
    if (parts.length > MOST_PARTS) {
      return [edit];
    }
  }
  return parts.length > 0 ? parts : [edit];
}

/** Members and items beside each other; of lists without what they begin and end with alike. */
function* pairsOf(before: Json, now: Json): Generator<[string | number, Side, Side]> {
  if (isPlainObject(before) && isPlainObject(now)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(now)])) {
      yield [key, memberOf(before, key), memberOf(now, key)];
    }
    return;
  }
  const [from, to] = [itemsOf(before), itemsOf(now)];
  const isBrief = weightOf(before, BRIEF + 1) <= BRIEF && weightOf(now, BRIEF + 1) <= BRIEF;
  if (isBrief || from === null || to === null || Array.isArray(before) !== Array.isArray(now)) {
    return;
  }
  const shorter = Math.min(from.length, to.length);
  let [head, tail] = [0, 0];
  while (head < shorter && sameJson(from[head]!, to[head]!)) {
    head++;
  }
  while (tail < shorter - head && sameJson(from.at(-1 - tail)!, to.at(-1 - tail)!)) {
    tail++;
  }
  const side = (list: Json[], i: number): Side =>
    i < list.length - tail ? { value: list[i]! } : 'absent';
  for (let i = head; i < Math.max(from.length, to.length) - tail; i++) {
    yield [i, side(from, i), side(to, i)];
  }
}

/** What stands in a list, or the rows of a frame; null for anything else. */
function itemsOf(value: Json): Json[] | null {
  const typed = typedOf(value);
  if (typed?.is !== 'frame' && typed?.is !== 'series') {
    return Array.isArray(value) && value.length <= LONGEST_LIST ? value : null;
  }
  const { sheet } = typed;
  const { rows, columns } = sheet;
  return rows * columns.length > LONGEST_LIST
    ? null
    : Array.from({ length: rows }, (_, i) =>
        Object.fromEntries(columns.map(({ name }, j) => [name, sheet.cell(i, j) ?? null]))
      );
}

function isPlainObject(value: Json): value is { [key: string]: Json } {
  return isObject(value) && !Object.keys(value).some(key => key.startsWith('$'));
}

function memberOf(value: Json, key: string | number): Side {
  const within = typeof key === 'number' ? itemsOf(value) : isObject(value) ? value : null;
  return within !== null && Object.hasOwn(within, key)
    ? { value: (within as { [key: string]: Json })[key]! }
    : 'absent';
}

/** What stands at a place of a value. */
export function memberAt(value: Json, path: Path): Side {
  let at: Side = { value };
  for (const key of path) {
    at = typeof at === 'object' ? memberOf(at.value, key) : 'absent';
  }
  return at;
}

/** The changes that later ones took back. */
export function undoneBy(entries: readonly Entry[]): ReadonlyMap<number, number> {
  const undone = new Map<number, number>();
  for (const { revision, undoes } of entries) {
    // An undo that was taken back itself counts no more.
    if (undoes !== null && !undone.has(revision)) {
      undone.set(undoes, revision);
    }
  }
  return undone;
}

/** What a session's rows were, given what is different from then now. */
export function rowsBefore(
  rows: ReadonlyMap<string, Row>,
  altered: readonly Altered[]
): ReadonlyMap<string, Row> {
  const then = new Map(rows);
  for (const { name, before } of altered) {
    if (before === null) {
      then.delete(name);
    } else {
      then.set(name, before);
    }
  }
  return then;
}

/** About how much room it takes, in characters; stops counting at `enough`. */
export function weightOf(value: unknown, enough: number): number {
  let weight = 0;
  const stack: unknown[] = [value];
  while (stack.length > 0 && weight < enough) {
    const next = stack.pop();
    weight += typeof next === 'string' ? next.length + 2 : 8;
    if (next !== null && typeof next === 'object') {
      const members: unknown[] = Array.isArray(next) ? next : Object.values(next);
      weight += members.length * 2;
      for (let i = 0; i < members.length && i * 4 < enough; i++) {
        stack.push(members[i]);
      }
    }
  }
  return weight;
}
