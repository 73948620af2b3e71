/**
 * What a person has to decide: variables that two wrote without knowing of each other.
 */
import { namesOf } from './changes';
import { valueOf, wasOf, type Edit, type Refused } from './edit';
import type { Ack, WireConflict } from './frames';
import { sameJson, type Json } from './json';
import type { Change, Op, Origin, Rows } from './model';
import { applyPatch, difference, overlap, patchedOr, placesOf, type Place } from './patch';

/** Two people, or a person and a step, wrote one variable without knowing of each other. */
export interface Conflict {
  readonly name: string;
  /** undefined where the variable was deleted. */
  readonly mine: Json | undefined;
  readonly theirs: Json | undefined;
  /** What stood there before both; undefined also where that is not known. */
  readonly base: Json | undefined;
  /** Who wrote theirs. */
  readonly origin: Origin | null;
  /** When each was written, ms since the Unix epoch; null where nobody says. */
  readonly mineAt: number;
  readonly theirsAt: number | null;
  /** Which of the two the session holds now. */
  readonly stands: 'mine' | 'theirs';
  /** The refused edit behind it, where the server asked for a decision. */
  readonly refusedId?: string;
}

export class Conflicts {
  get open(): ReadonlyMap<string, Conflict> {
    return this._open;
  }

  /** An acknowledgement that says whose changes it replaced, of edits that were made to `before`. */
  acknowledged(edits: readonly Edit[], ack: Ack, before: Rows): void {
    const found = (ack.conflicts ?? []).map(wire => conflictOfAck(wire, edits, before));
    this._add(found.filter(conflict => conflict !== null));
    edits.forEach(({ op }) => this._written.add(op, ack.revision, before));
  }

  /** A change about to be applied to `before`. */
  changed(change: Change, before: Rows, client: string): void {
    const found = conflictsOfChange(change, before, client, this._written);
    if (change.client !== client) {
      const known = new Set(found.map(each => each.name));
      const moved = change.ops.flatMap(op => {
        const open = op.op === 'run' || known.has(op.name) ? undefined : this._open.get(op.name);
        return open === undefined ? [] : [overtaken(open, op, change, before)];
      });
      this._add(moved);
      moved.filter(isOver).forEach(each => this.decided(each.name));
      change.ops.forEach(op => this._written.overwrite(op));
    }
    this._add(found);
  }

  decided(name: string): void {
    if (this._open.has(name)) {
      const left = new Map(this._open);
      left.delete(name);
      this._open = left;
    }
  }

  clear(): void {
    this._open = new Map();
    this._written = new Written();
  }

  private _add(found: readonly Conflict[]): void {
    if (found.length > 0) {
      this._open = new Map([...this._open, ...found.map(each => [each.name, each] as const)]);
    }
  }

  private _open: ReadonlyMap<string, Conflict> = new Map();
  private _written = new Written();
}

// More writes into one object than this, and all of it counts as written.
const REMEMBERED = 32;
// Of writes of wholes so many are remembered, for what stood there before them.
const WHOLES = 4;

interface Write {
  readonly revision: number;
  readonly places: readonly Place[];
  /** What stood there before it; undefined also where that is not remembered. */
  readonly before: Json | undefined;
}

/** Where in its variables this page has written, and when; until somebody else writes there. */
class Written {
  add(op: Op, revision: number, rows: Rows): void {
    for (const name of namesOf(op)) {
      const earlier = this._at.get(name) ?? [];
      const write = { revision, places: [[]], before: rows.get(name)?.value };
      if (op.op !== 'patch') {
        this._at.set(name, [...earlier.slice(1 - WHOLES), write]);
      } else if (earlier.length < REMEMBERED) {
        this._at.set(name, [...earlier, { ...write, places: placesOf(op.patch) }]);
      } else {
        this._at.set(name, [{ ...write, before: undefined }]);
      }
    }
  }

  overwrite(op: Op): void {
    if (op.op === 'patch') {
      const places = placesOf(op.patch);
      const left = this._at.get(op.name)?.filter(each => !overlap(each.places, places));
      this._at.set(op.name, left ?? []);
    } else {
      namesOf(op).forEach(name => this._at.delete(name));
    }
  }

  /** Whether `places` of a variable were written after revision `base`; null where that is not known. */
  isWritten(name: string, places: readonly Place[], base: number): boolean | null {
    const all = this._at.get(name);
    return all === undefined
      ? null
      : all.some(each => each.revision > base && overlap(each.places, places));
  }

  /** What stood in a variable before this page wrote there after revision `base`. */
  before(name: string, base: number): Json | undefined {
    return this._at.get(name)?.find(each => each.revision > base)?.before;
  }

  private readonly _at = new Map<string, readonly Write[]>();
}

/** The open conflicts, with edits that were refused because their variable had moved on. */
export function withRefused(
  open: ReadonlyMap<string, Conflict>,
  refused: readonly Refused[],
  rows: Rows
): ReadonlyMap<string, Conflict> {
  const clashes = refused.filter(each => each.code === 'conflict');
  return clashes.length === 0
    ? open
    : new Map([
        ...open,
        ...clashes.map(each => [each.edit.op.name, conflictOfRefusal(each, rows)] as const)
      ]);
}

/** An acknowledged edit that replaced what somebody else had written meanwhile. */
function conflictOfAck(wire: WireConflict, edits: readonly Edit[], before: Rows): Conflict | null {
  const { name, theirs, base, origin = null } = wire;
  const edit = edits.find(each => each.op.name === name);
  if (edit === undefined) {
    return null;
  }
  // Their change came before the answer: it is the row that was replaced.
  const row = before.get(name);
  const isTheirs = row !== undefined && theirs !== undefined && sameJson(row.value, theirs);
  const mine = { mine: valueOf(edit), mineAt: edit.at, stands: 'mine' as const };
  return { name, ...mine, theirs, theirsAt: isTheirs ? row.updatedAt : null, base, origin };
}

/** An edit that was refused because its variable had moved on. */
function conflictOfRefusal(refused: Refused, rows: Rows): Conflict {
  const { name } = refused.edit.op;
  const row = rows.get(name);
  return {
    name,
    mine: valueOf(refused.edit),
    theirs: row?.value ?? refused.theirs,
    base: wasOf(refused.edit)?.value,
    origin: row?.origin ?? null,
    mineAt: refused.edit.at,
    theirsAt: row?.updatedAt ?? null,
    stands: 'theirs',
    refusedId: refused.id
  };
}

/** Variables of ours that somebody overwrites who had not seen what we wrote. */
function conflictsOfChange(
  change: Change,
  before: Rows,
  client: string,
  written: Written
): Conflict[] {
  const { base } = change;
  if (base === undefined || change.client === client) {
    return [];
  }
  return change.ops.flatMap(op => {
    const row =
      op.op === 'run' || op.op === 'rename' || op.op === 'declare'
        ? undefined
        : before.get(op.name);
    if (row === undefined) {
      return [];
    }
    const places = op.op === 'patch' ? placesOf(op.patch) : [[]];
    // What an earlier life of the page wrote is known by its row alone.
    const mineIsNewer = row.origin.client === client && base < row.revision;
    if (!(written.isWritten(row.name, places, base) ?? mineIsNewer)) {
      return [];
    }
    const theirs = after(op, row.value);
    const { name, value: mine, updatedAt: mineAt } = row;
    const { origin, at: theirsAt } = change;
    const sides = { mine, mineAt, theirs, theirsAt, base: written.before(name, base) };
    return [{ name, ...sides, origin, stands: 'theirs' as const }];
  });
}

/**
 * A conflict that nobody has decided when somebody else writes once more: what they wrote is theirs now, and stands. Where it
 * is not what the two differ in, both have it.
 */
function overtaken(open: Conflict, op: Op, { origin, at }: Change, before: Rows): Conflict {
  const { mine, theirs } = open;
  const value = before.get(open.name)?.value;
  switch (op.op) {
    case 'patch': {
      const apart = mine === undefined || theirs === undefined ? null : difference(mine, theirs);
      if (apart !== null && !overlap(placesOf(apart), placesOf(op.patch))) {
        return {
          ...open,
          mine: patchedOr(mine!, mine!, op.patch),
          theirs: patchedOr(theirs!, theirs!, op.patch)
        };
      }
      const now = value === undefined ? undefined : after(op, value);
      return { ...open, theirs: now, theirsAt: at, origin, stands: 'theirs' };
    }
    case 'set':
      return { ...open, theirs: op.value, theirsAt: at, origin, stands: 'theirs' };
    case 'delete':
      return { ...open, theirs: undefined, theirsAt: at, origin, stands: 'theirs' };
    default:
      return open;
  }
}

/** Whether both say the same by now. */
function isOver({ mine, theirs }: Conflict): boolean {
  return mine === undefined || theirs === undefined ? mine === theirs : sameJson(mine, theirs);
}

/** What an op makes of a value; undefined where nothing is left. */
function after(op: Op, value: Json): Json | undefined {
  if (op.op === 'patch') {
    try {
      return applyPatch(value, op.patch);
    } catch {
      return undefined;
    }
  }
  return op.op === 'set' ? op.value : undefined;
}
