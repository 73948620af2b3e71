/**
 * Changes that the server has not acknowledged: in order, numbered, and written down before anybody is told that they
 * are kept. An outbox belongs to one client id and one session, outlives its page, and speaks the mutate half of the
 * protocol. How frames travel is its owner's business: it is given its send function.
 */
import type { Cellar, Texts } from './cellar';
import { namesOf } from './changes';
import { Drawer } from './drawer';
import {
  fits,
  isAsConfirmed,
  isHidden,
  isWrite,
  mergedEdit,
  onTopOf,
  refusedEdit,
  sentOp,
  wantsWhatStands,
  type Edit,
  type Mutate,
  type MutateFrame,
  type Refused
} from './edit';
import type { Ack, ClientFrame, Reject } from './frames';
import { randomId } from './ids';
import type { EditOp, PatchOp, Rows } from './model';

export interface OutboxOptions {
  /** null where the browser has none: nothing outlives the page then. */
  storage: Storage | null;
  key: string;
  life: string;
  send(frame: ClientFrame): boolean;
  /** Frees room in the storage. @returns whether it found any */
  makeRoom?(): boolean;
  /** Where large edits are kept; null where the browser has none. */
  cellar?: Cellar | null;
  /** What the cellar has of it, see textsOf. */
  texts?: Texts;
  /** Of what could be kept only after a while: it is kept now and on its way, or cannot be. */
  onSettled?(): void;
  onAck(edits: readonly Edit[], ack: Ack): void;
  onRefused(refused: readonly Refused[]): void;
  /** The numbers no longer fit the server's: a new welcome is needed. */
  onGap(): void;
}

export class Outbox {
  constructor(private readonly options: OutboxOptions) {
    const { storage, key, makeRoom, cellar = null, texts = new Map() } = options;
    const onSettled = (): void => this._settled();
    this._drawer = new Drawer({ storage, key, makeRoom, cellar, texts, onSettled });
    const kept = this._drawer.read();
    this.client = kept?.client ?? randomId();
    this._seq = kept?.seq ?? 0;
    this._open = kept?.open ?? null;
    this._edits = [...(kept?.edits ?? [])];
    this._refused = [...(kept?.refused ?? [])];
  }

  /** The id under which its numbers count, on the wire. */
  client: string;

  /** Whether all that is in it would survive the page. */
  get kept(): boolean {
    return this._drawer.isKept;
  }

  /** Another number whenever anything in it changed. */
  get version(): number {
    return this._version;
  }

  get pending(): readonly Edit[] {
    return this._open === null ? this._edits : [...this._open.edits, ...this._edits];
  }

  get unsent(): readonly Edit[] {
    return this._edits;
  }

  get refused(): readonly Refused[] {
    return this._refused;
  }

  get isEmpty(): boolean {
    return this._open === null && this._edits.length === 0;
  }

  get isWaiting(): boolean {
    return this._open !== null;
  }

  /** What is in it is not kept yet, and about to be. */
  get isSettling(): boolean {
    return this._drawer.isSettling;
  }

  /** What is to be sent is not sent yet: it has to be kept first. */
  get isHeld(): boolean {
    return this._isHeld;
  }

  /** Whether something unsent is so large that it should not wait for a pause. */
  get hasLarge(): boolean {
    return this._edits.some(({ op }) => this._drawer.isLarge(op));
  }

  /** What was sent, or was about to be, and has no answer yet. */
  get open(): MutateFrame | null {
    if (this._open === null) {
      return null;
    }
    // The same text each time: made of what was frozen and nothing else.
    const { seq, base, edits } = this._open;
    return { type: 'mutate', seq, base, ops: edits.map(sentOp), origin: { kind: 'panel' } };
  }

  /** Why the server asks to come again later with what is open, in its words; null where it does not. */
  get waits(): string | null {
    return this._waits;
  }

  /** Whether numbers can go out: the server has said which one is next. */
  get isReady(): boolean {
    return this._ready;
  }

  /** Several edits of one variable become one, which keeps what its first one saw. */
  add(op: EditOp, base: number, confirmed: Rows, at: number, whole?: Edit['whole']): void {
    const last = this._edits.findLastIndex(edit => namesOf(edit.op).includes(op.name));
    const old = last < 0 ? undefined : this._edits[last];
    const joins =
      old !== undefined && !(op.op === 'patch' && isHidden(old, this.pending, confirmed));
    if (joins && isWrite(op) && isWrite(old.op)) {
      const merged = mergedEdit(old, op, whole);
      if (this._isBackAsItWas(merged.op, confirmed)) {
        this._edits = this._edits.filter(edit => edit !== old);
      } else {
        this._edits = this._edits.map(edit => (edit === old ? merged : edit));
      }
    } else {
      const row = confirmed.get(op.name);
      const edit = { op, at, base, seen: row?.revision ?? 0, life: this.options.life };
      const was = row === undefined || !isWrite(op) ? {} : { was: { value: row.value } };
      this._edits = [...this._edits, { ...edit, ...(whole === undefined ? was : { whole }) }];
    }
    this._write();
  }

  /** Writes down once what several edits come to. */
  gather(edits: () => void): void {
    this._isGathering = true;
    try {
      edits();
    } finally {
      this._isGathering = false;
      this._write();
    }
  }

  /** Freezes what has gathered, writes it down, then sends it; nothing happens while an answer is owed. */
  dispatch(hold: (edit: Edit) => boolean = () => false): boolean {
    if (!this._ready || this._open !== null) {
      return false;
    }
    const alone = this._edits.find(edit => edit.alone);
    const chosen = alone ? [alone] : this._edits.filter(edit => !hold(edit));
    if (chosen.length === 0) {
      return false;
    }
    const sent = new Set(chosen);
    this._edits = this._edits.filter(edit => !sent.has(edit));
    this._freeze(chosen);
    return this._sendOpen();
  }

  /** Sends what is open once more, for the server asked to come again: the same number, the same body. */
  repeat(): boolean {
    return this._ready && this._waits !== null && this._sendOpen();
  }

  /** A welcome: settles or repeats what was open. Edits of another life, or `guard`ed ones, get a condition. */
  resume(lastSeq: number, lastAnswer: Ack | Reject | null, revision: number, guard: boolean): void {
    this._ready = true;
    this._waits = null;
    // A restored backup may stand below what an edit saw.
    const condition = (edit: Edit): Edit => ({
      ...edit,
      base: Math.min(edit.base, revision),
      guarded: edit.guarded || guard || edit.life !== this.options.life
    });
    this._edits = this._edits.map(condition);
    const open = this._open;
    if (open === null) {
      this._seq = lastSeq;
      this._write();
      return;
    }
    if (open.seq <= lastSeq) {
      this._seq = lastSeq;
      const answer = open.seq === lastSeq ? lastAnswer : null;
      this.answered(answer ?? { type: 'ack', seq: open.seq, revision, at: 0 });
      return;
    }
    // It has not arrived. With the old number the body stays as it was, except that what has become old gets its
    // condition: the server has not seen this number, so that no other body stands under it.
    const edits = open.edits.map(condition);
    const isNext = open.seq === lastSeq + 1;
    if (!isNext || edits.some(edit => edit.guarded)) {
      this._seq = lastSeq;
      this._freeze(edits, isNext);
    }
    this._sendOpen();
  }

  /** What edits of these variables saw is no more: what stands there under the same number is another change. */
  mistake(names: ReadonlySet<string>): void {
    const unseen = (edit: Edit): Edit => (names.has(edit.op.name) ? { ...edit, seen: 0 } : edit);
    this._edits = this._edits.map(unseen);
    if (this._open !== null) {
      this._open = { ...this._open, edits: this._open.edits.map(unseen) };
    }
  }

  /** Takes out patches that no longer fit what is confirmed: they are never sent, the person decides. */
  refit(confirmed: Rows): void {
    for (const edit of this._edits.filter(each => each.op.op === 'patch')) {
      const { name } = edit.op;
      const row = confirmed.get(name);
      const first = this.pending.find(each => namesOf(each.op).includes(name));
      if (first === edit && row !== undefined && !fits(edit.op as PatchOp, row.value)) {
        this._edits = this._edits.filter(each => each !== edit);
        const message = `${name} was changed by somebody else.`;
        const { value: theirs } = row;
        this.refuse([edit], { type: 'reject', seq: 0, code: 'conflict', message, name, theirs });
      }
    }
  }

  suspend(): void {
    this._ready = false;
    this._isHeld = false;
  }

  answered(answer: Ack | Reject): void {
    const open = this._open;
    if (open === null || answer.seq !== open.seq) {
      return;
    }
    // No answer for good: nothing of it is stored, and the number is still the next one.
    this._waits = answer.type === 'reject' && answer.code === 'unavailable' ? answer.message : null;
    if (this._waits !== null) {
      return;
    }
    if (answer.type === 'reject' && answer.code === 'seq-mismatch' && open.twice) {
      // What the last page posted as it went has arrived after all: a new welcome has its answer.
      this._open = { ...open, twice: false };
      this._write();
      this.options.onGap();
      return;
    }
    this._open = null;
    if (answer.type === 'ack') {
      this._gaps = 0;
      // What is typed on top of an acknowledged edit has seen it.
      const taken = new Map(
        open.edits.flatMap(edit => namesOf(edit.op).map(name => [name, edit] as const))
      );
      this._edits = this._edits.map(edit => {
        const beneath = taken.get(edit.op.name);
        return beneath === undefined ? edit : onTopOf(edit, beneath, answer.revision);
      });
      this._write();
      this.options.onAck(open.edits, answer);
    } else if (answer.code === 'gap' && this._gaps++ === 0) {
      this._edits = [...open.edits, ...this._edits];
      this._write();
      this.options.onGap();
    } else if (open.edits.length > 1) {
      this._edits = [...open.edits.map(edit => ({ ...edit, alone: true })), ...this._edits];
      this._write();
      this.dispatch();
    } else {
      this.refuse(open.edits, answer);
    }
  }

  /** An answer without a number that ends the open mutate all the same: a close for size, an error. */
  refuseOpen(code: string, message: string): void {
    if (this._open !== null) {
      this.answered({ type: 'reject', seq: this._open.seq, code, message });
    }
  }

  /** Takes refused edits in: its own, or those of a dead tab whose outbox was drained. */
  refuse(edits: readonly Edit[], answer: Reject): void {
    const refused = edits
      .filter(edit => !wantsWhatStands(edit, answer))
      .map(edit => refusedEdit(edit, answer));
    this.takeRefused(refused);
    this.options.onRefused(refused);
  }

  takeRefused(refused: readonly Refused[]): void {
    this._refused = [...this._refused, ...refused];
    this._write();
  }

  /** What is on its way to the cellar is let be: another may go on with what was written down. */
  close(): void {
    this._drawer.close();
  }

  /** Throws away all that was written down. */
  discard(): void {
    this._drawer.discard();
  }

  dismiss(id: string): void {
    this._refused = this._refused.filter(refused => refused.id !== id);
    this._write();
  }

  /** The same edits, or what they come to, for another session, which knows nothing of this client's numbers. */
  moveTo(key: string, edits?: readonly Edit[]): void {
    const same = (): Edit[] => this.pending.map(edit => ({ ...edit, guarded: false }));
    this._drawer.moveTo(key);
    this._edits = (edits ?? same()).map(edit => ({ ...edit, base: 0, seen: 0 }));
    this._open = null;
    this._seq = 0;
    this._ready = false;
    this._waits = null;
    this.client = randomId();
    this._write();
  }

  private _isBackAsItWas(op: EditOp, confirmed: Rows): boolean {
    const isSent = this._open?.edits.some(edit => namesOf(edit.op).includes(op.name)) ?? false;
    return !isSent && this._edits.every(edit => isWrite(edit.op)) && isAsConfirmed(op, confirmed);
  }

  private _freeze(edits: Edit[], twice = false): void {
    const base = Math.min(...edits.map(edit => edit.base));
    this._open = { seq: ++this._seq, base, edits, twice };
    this._write();
  }

  private _sendOpen(): boolean {
    const { open } = this;
    this._isHeld = open !== null && this._drawer.isSettling;
    return open !== null && (this._isHeld || this.options.send(open));
  }

  private _settled(): void {
    this._version++;
    if (this._isHeld && this._ready) {
      this._sendOpen();
    }
    this.options.onSettled?.();
  }

  private _write(): void {
    this._version++;
    const { client, _seq: seq, _open: open, _edits: edits, _refused: refused } = this;
    if (!this._isGathering) {
      this._drawer.write({ client, seq, open, edits, refused });
    }
  }

  private readonly _drawer: Drawer;
  private _seq: number;
  private _open: Mutate | null;
  private _edits: Edit[];
  private _refused: Refused[];
  private _isGathering = false;
  private _ready = false;
  private _isHeld = false;
  private _waits: string | null = null;
  private _version = 0;
  private _gaps = 0;
}
