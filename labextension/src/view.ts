/**
 * What one sees of a session, put together from what is confirmed, pending and undecided.
 */
import { namesOf } from './changes';
import { withRefused, type Conflict, type Conflicts } from './conflicts';
import type { Drafts } from './drafts';
import type { Edit, Refused } from './edit';
import { differing } from './layered';
import type { Limits, Meta, Rows, Step } from './model';
import type { Outbox } from './outbox';
import { overlay, type ViewRow } from './overlay';
import type { Replica } from './replica';
import type { Sender } from './sender';
import { statusOf, type Link, type Status } from './status';

/** A new object for each change; parts that did not change are the same objects. */
export interface ClientState {
  readonly sessionId: string;
  readonly variables: ReadonlyMap<string, ViewRow>;
  /** What the server has, without pending edits. */
  readonly saved: Rows;
  readonly steps: ReadonlyMap<string, Step>;
  readonly meta: Meta;
  /** False while all that is known is what this browser remembers. */
  readonly confirmed: boolean;
  readonly conflicts: ReadonlyMap<string, Conflict>;
  readonly refused: readonly Refused[];
  readonly invalid: ReadonlyMap<string, string>;
  /** Variables whose edits wait for a step that reads them to end, and that step. */
  readonly held: ReadonlyMap<string, string>;
  readonly readOnly: boolean;
  readonly limits: Limits;
  readonly status: Status;
}

/** Draws states, and keeps of the last one what did not change. */
export class View {
  constructor(
    private readonly outbox: Outbox,
    private readonly sender: Sender,
    private readonly drafts: Drafts,
    private readonly conflicts: Conflicts
  ) {}

  draw(sessionId: string, replica: Replica, link: Link): ClientState {
    const { rows, meta, steps, readOnly, limits } = replica;
    const { pending, refused, version, client } = this.outbox;
    const before = this._last;
    const same = before !== undefined && this._rows === rows && this._version === version;
    const variables = same ? before.variables : this._overlay(rows, pending, client);
    const others = refused.filter(each => each.code !== 'conflict');
    const held = sameMap(before?.held, this.sender.held);
    const conflicts = withRefused(this.conflicts.open, refused, rows);
    const status = statusOf({
      ...link,
      kept: this.outbox.kept,
      readOnly,
      storage: meta.storage,
      edits: new Set(pending.map(edit => edit.op.name)).size,
      held: held.size,
      conflicts: conflicts.size,
      refused: others.length,
      invalid: this.drafts.invalid.size - this.drafts.half.size,
      half: this.drafts.half.size + this.drafts.inHand,
      waits: this.outbox.waits
    });
    this._rows = rows;
    this._version = version;
    this._last = {
      sessionId,
      variables,
      saved: rows,
      steps,
      meta: { ...meta, isDirty: pending.length > 0 },
      confirmed: link.everLive,
      conflicts,
      refused: others,
      invalid: this.drafts.invalid,
      held,
      readOnly,
      limits,
      status: before !== undefined && alike(before.status, status) ? before.status : status
    };
    if (before !== undefined) {
      const { meta: old, refused: oldRefused } = before;
      if (alike(old, this._last.meta)) {
        this._last = { ...this._last, meta: old };
      }
      if (same && oldRefused.length === others.length) {
        this._last = { ...this._last, refused: oldRefused };
      }
    }
    return this._last;
  }

  private _overlay(rows: Rows, pending: readonly Edit[], client: string): ClientState['variables'] {
    const before = this._last?.variables ?? new Map<string, ViewRow>();
    const origin = { kind: 'panel' as const, client };
    // What was pending a moment ago may have been taken back.
    const changed = differing(rows, this._rows);
    const suspects = changed === null ? undefined : [...changed, ...this._edited];
    this._edited = pending.flatMap(edit => namesOf(edit.op));
    return overlay(rows, pending, origin, before, suspects);
  }

  private _edited: readonly string[] = [];
  private _last: ClientState | undefined;
  private _rows: Rows | undefined;
  private _version = -1;
}

/** The one before as long as it says the same. */
function sameMap(
  before: ReadonlyMap<string, string> | undefined,
  now: ReadonlyMap<string, string>
): ReadonlyMap<string, string> {
  return before?.size === now.size && [...now].every(([key, value]) => before.get(key) === value)
    ? before
    : now;
}

function alike<T extends object>(a: T, b: T): boolean {
  return (Object.keys({ ...a, ...b }) as (keyof T)[]).every(key => a[key] === b[key]);
}
