/**
 * What a person has to decide: variables that two wrote without knowing of each other.
 */
import { namesOf } from './changes';
import { valueOf, wasOf, type Edit, type Refused } from './edit';
import type { Ack, WireConflict } from './frames';
import type { Json } from './json';
import type { Change, Op, Origin, Rows } from './model';
import { applyPatch, overlap, placesOf, type Place } from './patch';

/** Two people, or a person and a step, wrote one variable without knowing of each other. */
export interface Conflict {
  readonly name: string;
  /** undefined where the variable was deleted. */
  readonly mine: Json | undefined;
  readonly theirs: Json | undefined;
  readonly base: Json | undefined;
  readonly origin: Origin | null;
  readonly at: number;
  /** Which of the two the session holds now. */
  readonly stands: 'mine' | 'theirs';
  /** The refused edit behind it, where the server asked for a decision. */
  readonly refusedId?: string;
}

export class Conflicts {
  get open(): ReadonlyMap<string, Conflict> {
    return this._open;
  }

  /** An acknowledgement that says whose changes it replaced. */
  acknowledged(edits: readonly Edit[], ack: Ack): void {
    const found = (ack.conflicts ?? []).map(wire => conflictOfAck(wire, edits, ack.at));
    this._add(found.filter(conflict => conflict !== null));
    edits.forEach(({ op }) => this._written.add(op, ack.revision));
  }

  /** A change about to be applied to `before`. */
  changed(change: Change, before: Rows, client: string): void {
    this._add(conflictsOfChange(change, before, client, this._written));
    if (change.client !== client) {
      change.ops.forEach(op => this._written.overwrite(op));
    }
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

/** Where in its variables this page has written, and when; until somebody else writes there. */
class Written {
  add(op: Op, revision: number): void {
    if (op.op === 'patch') {
      const places = placesOf(op.patch);
      const before = this._at.get(op.name) ?? [];
      const all = before.length < REMEMBERED ? [...before, { revision, places }] : [];
      this._at.set(op.name, all.length > 0 ? all : [{ revision, places: [[]] }]);
    } else {
      namesOf(op).forEach(name => this._at.set(name, [{ revision, places: [[]] }]));
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

  private readonly _at = new Map<
    string,
    readonly { revision: number; places: readonly Place[] }[]
  >();
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
function conflictOfAck(wire: WireConflict, edits: readonly Edit[], at: number): Conflict | null {
  const edit = edits.find(each => each.op.name === wire.name);
  return edit === undefined
    ? null
    : {
        name: wire.name,
        mine: valueOf(edit),
        theirs: wire.theirs,
        base: wire.base,
        origin: wire.origin ?? null,
        at,
        stands: 'mine'
      };
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
    at: refused.edit.at,
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
    const { name, value: mine } = row;
    const { origin, at } = change;
    return [{ name, mine, theirs, base: undefined, origin, at, stands: 'theirs' as const }];
  });
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
