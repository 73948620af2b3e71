/**
 * What a person does to variables: checked, kept in the outbox, and shown.
 */
import type { Conflict, Conflicts } from './conflicts';
import type { Edit } from './edit';
import { checkValue, checkWritable, EditError } from './editing';
import { sameJson, type Json } from './json';
import type { EditOp, Spec } from './model';
import type { Outbox } from './outbox';
import type { ViewRow } from './overlay';
import { difference, patchedOr } from './patch';
import type { Replica } from './replica';

export interface WriterOptions {
  outbox: Outbox;
  conflicts: Conflicts;
  /** Another one once the session was replaced. */
  replica(): Replica;
  /** The variables as the person sees them. */
  shown(): ReadonlyMap<string, ViewRow>;
  now(): number;
  /** The outbox has something new. */
  onEdited(): void;
}

export class Writer {
  constructor(private readonly options: WriterOptions) {}

  /** @throws EditError */
  set(name: string, value: Json): void {
    this._check(name);
    checkValue(name, value, this.options.replica());
    const row = this._row(name);
    if (row === undefined || !sameJson(row.value, value)) {
      this._add({ op: 'set', name, value });
    }
  }

  /**
   * Changes what differs between `from`, as it was when editing began, and `to`: what others change in the same object
   * stays. Sets the whole where only that says it. @throws EditError
   */
  edit(name: string, from: Json, to: Json): void {
    const patch = difference(from, to);
    const row = this._row(name);
    if (patch === null || row === undefined) {
      this.set(name, to);
      return;
    }
    this._check(name);
    checkValue(name, to, this.options.replica());
    if (patch.length > 0) {
      const mine = patchedOr(to, row.value, patch);
      this._add({ op: 'patch', name, patch }, { mine, before: from });
    }
  }

  /** Undoes an edit that has not been sent; one that was sent stands. @returns whether there was one */
  takeBack(name: string, from: Json, to: Json): boolean {
    const isUnsent = this.options.outbox.unsent.some(
      ({ op }) => (op.op === 'set' || op.op === 'patch') && op.name === name
    );
    if (isUnsent) {
      this.edit(name, from, to);
    }
    return isUnsent;
  }

  /** @throws EditError */
  delete(name: string): void {
    this._check(name);
    this._add({ op: 'delete', name });
  }

  /** @throws EditError */
  rename(name: string, to: string): void {
    this._check(to);
    if (this._row(to) !== undefined) {
      throw new EditError('exists', to);
    }
    if (this._row(name) === undefined) {
      throw new EditError('missing', name);
    }
    this._add({ op: 'rename', name, to });
  }

  /** @throws EditError */
  declare(name: string, spec: Spec | null): void {
    this._check(name);
    this._add({ op: 'declare', name, spec });
  }

  /** Settles a conflict: writes what does not stand already. @throws EditError */
  decide({ name, stands, refusedId, ...sides }: Conflict, choice: 'mine' | 'theirs'): void {
    const { outbox, conflicts } = this.options;
    if (refusedId !== undefined) {
      outbox.dismiss(refusedId);
    }
    conflicts.decided(name);
    const value = sides[choice];
    if (stands !== choice && value === undefined) {
      this.delete(name);
    } else if (stands !== choice && value !== undefined) {
      this.set(name, value);
    }
  }

  /**
   * Does once more what was refused, to `name`: the variable may be called so now.
   * @throws EditError
   */
  again({ op, whole }: Edit, name: string): void {
    switch (op.op) {
      case 'set':
        this.set(name, op.value);
        break;
      case 'patch':
        this.edit(name, whole!.before, whole!.mine);
        break;
      case 'delete':
        this.delete(name);
        break;
      case 'rename':
        this.rename(name, op.to);
        break;
      case 'declare':
        this.declare(name, op.spec);
        break;
    }
  }

  /** Several edits, kept and shown once: what one of them throws leaves those before it. */
  atOnce(edits: () => void): void {
    this._isBatch = true;
    try {
      this.options.outbox.gather(edits);
    } finally {
      this._isBatch = false;
      this._added();
    }
  }

  private _row(name: string): ViewRow | undefined {
    return this.options.shown().get(name);
  }

  private _check(name: string): void {
    checkWritable(name, this.options.replica());
  }

  // A person who writes again has decided.
  private _add(op: EditOp, whole?: Edit['whole']): void {
    const { outbox, conflicts, replica, now } = this.options;
    const { revision, rows } = replica();
    outbox.add(op, revision, rows, now(), whole);
    conflicts.decided(op.name);
    if (!this._isBatch) {
      this._added();
    }
  }

  private _added(): void {
    const { outbox, replica, onEdited } = this.options;
    outbox.refit(replica().rows);
    onEdited();
  }

  private _isBatch = false;
}
