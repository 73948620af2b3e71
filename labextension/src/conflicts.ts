/**
 * What a person has to decide: variables that two wrote without knowing of each other.
 */
import type { Json } from './json';
import type { Ack, Change, Origin, Rows, WireConflict } from './model';
import type { Edit, Refused } from './outbox';

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
  }

  /** A change about to be applied to `before`. */
  changed(change: Change, before: Rows, client: string): void {
    this._add(conflictsOfChange(change, before, client));
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
  }

  private _add(found: readonly Conflict[]): void {
    if (found.length > 0) {
      this._open = new Map([...this._open, ...found.map(each => [each.name, each] as const)]);
    }
  }

  private _open: ReadonlyMap<string, Conflict> = new Map();
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

function valueOf(edit: Edit): Json | undefined {
  return edit.op.op === 'set' ? edit.op.value : undefined;
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
    base: undefined,
    origin: row?.origin ?? null,
    at: refused.edit.at,
    stands: 'theirs',
    refusedId: refused.id
  };
}

/** Variables of ours that somebody overwrites who had not seen what we wrote. */
function conflictsOfChange(change: Change, before: Rows, client: string): Conflict[] {
  const { base } = change;
  if (base === undefined || change.client === client) {
    return [];
  }
  return change.ops.flatMap(op => {
    const row = op.op === 'set' || op.op === 'delete' ? before.get(op.name) : undefined;
    if (row === undefined || row.origin.client !== client || base >= row.revision) {
      return [];
    }
    const theirs = op.op === 'set' ? op.value : undefined;
    const { name, value: mine } = row;
    const { origin, at } = change;
    return [{ name, mine, theirs, base: undefined, origin, at, stands: 'theirs' as const }];
  });
}
