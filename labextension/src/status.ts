/**
 * What the light says, and what a person has to decide: pure readings of a client's situation.
 */
import type { ChannelEnd } from './channel';
import type { Json } from './json';
import type { Change, Origin, Rows, WireConflict } from './model';
import type { Edit, Refused } from './outbox';

export type StatusKind =
  | 'loading'
  | 'saved'
  | 'saving'
  | 'offline'
  | 'conflict'
  | 'notkept'
  | 'readonly';

export interface Status {
  readonly kind: StatusKind;
  /** Variables with an edit that the server has not acknowledged. */
  readonly edits: number;
  readonly conflicts: number;
  readonly refused: number;
  readonly end: ChannelEnd | null;
}

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

export interface Situation {
  live: boolean;
  everLive: boolean;
  failing: boolean;
  kept: boolean;
  readOnly: boolean;
  edits: number;
  conflicts: number;
  refused: number;
  end: ChannelEnd | null;
}

/** The worst news first: what would be lost, then what is not shared, then what needs a decision. */
export function statusOf(now: Situation): Status {
  const { edits, conflicts, refused, end } = now;
  const kind = ((): StatusKind => {
    if (!now.kept) {
      return 'notkept';
    }
    if (!now.live && (now.everLive || now.failing || end !== null)) {
      return 'offline';
    }
    if (!now.live) {
      return 'loading';
    }
    if (now.readOnly) {
      return 'readonly';
    }
    if (conflicts + refused > 0) {
      return 'conflict';
    }
    return edits > 0 ? 'saving' : 'saved';
  })();
  return { kind, edits, conflicts, refused, end };
}

function valueOf(edit: Edit): Json | undefined {
  return edit.op.op === 'set' ? edit.op.value : undefined;
}

/** An acknowledged edit that replaced what somebody else had written meanwhile. */
export function conflictOfAck(
  wire: WireConflict,
  edits: readonly Edit[],
  at: number
): Conflict | null {
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
export function conflictOfRefusal(refused: Refused, rows: Rows): Conflict {
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
export function conflictsOfChange(change: Change, before: Rows, client: string): Conflict[] {
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
