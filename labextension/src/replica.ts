/**
 * What the server has confirmed of one session, as far as this client has heard.
 */
import { applyOps, recordRuns } from './changes';
import type { Welcome } from './frames';
import { DEFAULT_LIMITS } from './limits';
import type { Change, EditOp, Limits, Meta, Op, Origin, Rows, Step } from './model';
import type { KnownState } from './memory';

export const UNKNOWN_META: Meta = {
  lastSyncedAt: null,
  isDirty: false,
  revision: 0,
  epoch: '',
  name: null,
  paths: []
};

/**
 * @returns the variables that somebody has written in another history, under the number that another change had in this one:
 * to have seen that number is to have seen something else
 */
export function mistakable(before: Rows, now: Rows): ReadonlySet<string> {
  const others = [...now.values()].filter(({ name, revision, updatedAt }) => {
    const was = before.get(name);
    return was?.revision === revision && was.updatedAt !== updatedAt;
  });
  return new Set(others.map(row => row.name));
}

export class Replica {
  constructor(meta: Meta, known: KnownState | null = null) {
    // What attach says of a session is about a state this client has not seen: it knows nothing before a welcome.
    this._meta = known?.meta ?? { ...meta, revision: 0, epoch: '' };
    this._tip = known?.tip ?? null;
    this._limits = known?.limits ?? DEFAULT_LIMITS;
    this._rows = new Map(known?.rows.map(row => [row.name, row]));
    this._steps = new Map(known?.steps.map(step => [step.name, step]));
  }

  get rows(): Rows {
    return this._rows;
  }

  get steps(): ReadonlyMap<string, Step> {
    return this._steps;
  }

  get meta(): Meta {
    return this._meta;
  }

  get limits(): Limits {
    return this._limits;
  }

  get readOnly(): boolean {
    return this._readOnly || this._meta.storage === 'read-only';
  }

  get revision(): number {
    return this._meta.revision;
  }

  /** Where the next welcome may go on from. */
  get position(): { since: number | null; tip: string | null; epoch: string | null } {
    const { revision, epoch } = this._meta;
    return epoch === '' || this._isAdrift
      ? { since: null, tip: null, epoch: null }
      : { since: revision, tip: this._tip, epoch };
  }

  /** Whether a change did not fit: these are not the rows it was made for, and only a whole state helps. */
  get isAdrift(): boolean {
    return this._isAdrift;
  }

  /** @returns whether the history is another one than before: a restored backup */
  welcome(welcome: Welcome): boolean {
    const renewed = this._meta.epoch !== '' && welcome.epoch !== this._meta.epoch;
    if (welcome.mode === 'snapshot') {
      this._rows = new Map(welcome.variables?.map(row => [row.name, row]));
      this._isAdrift = false;
    } else {
      welcome.changes?.forEach(change => this.change(change));
    }
    this._steps = new Map(welcome.steps.map(step => [step.name, step]));
    this._meta = { ...welcome.meta, revision: welcome.revision, epoch: welcome.epoch };
    this._tip = welcome.tip;
    this._readOnly = welcome.readOnly;
    this._limits = welcome.limits ?? DEFAULT_LIMITS;
    return renewed;
  }

  /** Applies each change once, whatever way it comes. */
  change({ revision, at, tip, origin, ops }: Change): void {
    this._take(ops, revision, at, tip, origin);
  }

  /** Own ops, which come back as an acknowledgement and not as a change. */
  acknowledge(
    ops: readonly EditOp[],
    answer: { revision: number; at: number; tip?: string },
    origin: Origin
  ): void {
    this._take(ops, answer.revision, answer.at, answer.tip ?? null, origin);
  }

  describe(meta: Partial<Meta>): void {
    const { name = this._meta.name, paths = this._meta.paths, storage } = meta;
    this._meta = { ...this._meta, name, paths, storage };
  }

  toKnown(): KnownState {
    return {
      v: 1,
      rows: [...this._rows.values()],
      steps: [...this._steps.values()],
      // How the server's disk is now is no knowledge for later.
      meta: { ...this._meta, storage: undefined },
      tip: this._tip,
      limits: this._limits
    };
  }

  private _take(
    ops: readonly Op[],
    revision: number,
    updatedAt: number,
    tip: string | null,
    origin: Origin
  ): void {
    if (revision <= this._meta.revision || this._isAdrift) {
      return;
    }
    try {
      this._rows = applyOps(this._rows, ops, { revision, updatedAt, origin });
    } catch {
      this._isAdrift = true;
      return;
    }
    this._steps = recordRuns(this._steps, ops, revision);
    this._meta = { ...this._meta, revision, lastSyncedAt: updatedAt };
    this._tip = tip;
  }

  private _rows: Rows;
  private _steps: ReadonlyMap<string, Step>;
  private _meta: Meta;
  private _tip: string | null;
  private _limits: Limits;
  private _readOnly = false;
  private _isAdrift = false;
}
