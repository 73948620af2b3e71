/**
 * When the outbox is sent: after a pause in typing, on a flush, or when the server asks; and what is said of it meanwhile.
 */
import type { Drafts } from './drafts';
import type { Edit } from './edit';
import type { ClientFrame, InvalidField } from './frames';
import type { Step } from './model';
import type { Outbox } from './outbox';
import { Pacer, type Pace } from './pacer';

export interface SenderOptions {
  drafts: Drafts;
  outbox: Outbox;
  pace: () => Pace;
  send(frame: ClientFrame): boolean;
  steps(): ReadonlyMap<string, Step>;
  /** An answer is owed for too long: it got lost. */
  onSilence(): void;
}

const ANSWER_TIMEOUT = 15_000;
// A server that cannot store just now is asked again after a time that doubles from the first to the second.
const FIRST_PATIENCE = 1000;
const LONGEST_PATIENCE = 10_000;

export class Sender {
  constructor(private readonly options: SenderOptions) {
    this._pacer = new Pacer(options.pace, () => {
      this._due = true;
      this.dispatch();
    });
  }

  get invalidFields(): InvalidField[] {
    return [...this.options.drafts.invalid].map(([name, text]) => ({ name, text }));
  }

  /** Drafts came or went. */
  drafted(): void {
    this._sayDirty();
  }

  /** For the hello: what is held back, or has to go again, since the server may not have it. It is not said again. */
  declareDirty(): boolean {
    return (this._saidDirty = this._isDirty || this.options.outbox.isWaiting);
  }

  /** An edit came in. */
  edited(): void {
    this._sayDirty();
    this._pacer.call();
    if (this.options.outbox.hasLarge) {
      // What this browser has least room for is safest with the server.
      this._pacer.stop();
      this._due = true;
      this.dispatch();
    }
  }

  /** Sends all there is, without waiting for a pause or for a run to end. */
  hurry(): void {
    this.options.drafts.handOver();
    this.options.outbox.unsent.forEach(edit => this._urgent.add(edit.op.name));
    this._pacer.stop();
    this._due = true;
    this.dispatch();
  }

  /** The server asks for a flush: answered after the last mutate, without waiting for its acknowledgement. */
  asked(id: string): void {
    this._asked.push(id);
    this.hurry();
  }

  /** A welcome came: what an earlier page or a lost connection left goes out, what is being typed waits for its pause. */
  resumed(): void {
    this._due ||= !this._pacer.isRunning;
    this.settled();
  }

  /** An answer came. */
  settled(): void {
    // What was refused together goes on one by one, until the last of it has its answer.
    this._due ||= this._urgent.size > 0 || this.options.outbox.unsent.some(edit => edit.alone);
    this._awaitAnswer();
    this.dispatch();
  }

  /** A run began or ended: what it held back is due after another pause. */
  runsChanged(): void {
    if (!this._pacer.isRunning && this.options.outbox.unsent.length > 0) {
      this._pacer.call();
    }
  }

  dispatch(): void {
    const { outbox, send } = this.options;
    if (this._due && outbox.dispatch(this._isHeld)) {
      this._awaitAnswer();
    }
    if (outbox.unsent.every(this._isHeld)) {
      this._due = false;
    }
    if (outbox.unsent.length === 0 && !outbox.isHeld) {
      this._urgent.clear();
      this._asked.forEach(id => send({ type: 'flushed', id, invalid: this.invalidFields }));
      this._asked = [];
    }
    this._sayDirty();
  }

  /** The channel was cut: whoever asked will ask again. */
  suspend(): void {
    this._asked = [];
    clearTimeout(this._answer);
  }

  dispose(): void {
    this._pacer.stop();
    clearTimeout(this._answer);
  }

  /** Variables whose edits wait for a step to end, and that step. */
  get held(): ReadonlyMap<string, string> {
    const { unsent } = this.options.outbox;
    return new Map(
      unsent.flatMap((edit): [string, string][] => {
        const step = this._readerOf(edit);
        return step === undefined ? [] : [[edit.op.name, step.name]];
      })
    );
  }

  // A run never reads half a number: while a step runs, what it reads is sent on Enter or blur only. What it reads on its
  // way is in no record before its end; it will be what the last one read.
  private readonly _isHeld = (edit: Edit): boolean => this._readerOf(edit) !== undefined;

  private _readerOf({ op }: Edit): Step | undefined {
    return this._urgent.has(op.name)
      ? undefined
      : [...this.options.steps().values()].find(
          step =>
            step.run?.status === 'running' &&
            (step.inputs.includes(op.name) || op.name in (step.done?.inputs ?? {}))
        );
  }

  private get _isDirty(): boolean {
    const { unsent, isHeld } = this.options.outbox;
    return unsent.length > 0 || isHeld || !this.options.drafts.isEmpty;
  }

  private _sayDirty(): void {
    const dirty = this._isDirty;
    if (dirty !== this._saidDirty && this.options.send({ type: 'dirty', dirty })) {
      this._saidDirty = dirty;
    }
  }

  private _awaitAnswer(): void {
    const { outbox, onSilence } = this.options;
    clearTimeout(this._answer);
    if (outbox.waits !== null) {
      const patience = Math.min(FIRST_PATIENCE * 2 ** this._putOff++, LONGEST_PATIENCE);
      this._answer = setTimeout(
        () => {
          outbox.repeat();
          this._answer = setTimeout(onSilence, ANSWER_TIMEOUT);
        },
        patience * (0.75 + Math.random() / 2)
      );
      return;
    }
    this._putOff = 0;
    if (outbox.isWaiting) {
      this._answer = setTimeout(onSilence, ANSWER_TIMEOUT);
    }
  }

  private readonly _pacer: Pacer;
  private readonly _urgent = new Set<string>();
  private _asked: string[] = [];
  private _due = false;
  private _putOff = 0;
  private _saidDirty = false;
  private _answer: ReturnType<typeof setTimeout> | undefined;
}
