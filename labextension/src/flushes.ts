/**
 * Sending all there is now, and waiting for what becomes of it.
 */
import type { Refused } from './edit';
import type { InvalidField } from './frames';
import type { Outbox } from './outbox';
import type { Sender } from './sender';

export interface FlushResult {
  readonly ok: boolean;
  /** Variables whose edits were not acknowledged in time. */
  readonly late: readonly string[];
  readonly refused: readonly Refused[];
  readonly invalid: readonly InvalidField[];
}

export interface FlushesOptions {
  outbox: Outbox;
  sender: Sender;
  /** Tries at once, where there is no connection. */
  connect(): void;
  publish(): void;
  /** Told at each publication. @returns what ends that */
  subscribe(listener: () => void): () => void;
}

export class Flushes {
  constructor(private readonly options: FlushesOptions) {}

  /** @param timeout in ms */
  async flush(timeout: number): Promise<FlushResult> {
    const { outbox, sender, connect, publish, subscribe } = this.options;
    const before = this._lately.length;
    this._count++;
    sender.hurry();
    publish();
    if (!outbox.isEmpty) {
      connect();
      await until(() => outbox.isEmpty, subscribe, timeout);
    }
    const late = [...new Set(outbox.pending.map(edit => edit.op.name))];
    const refused = this._lately.slice(before);
    const invalid = sender.invalidFields;
    if (--this._count === 0) {
      this._lately = [];
    }
    return { ok: late.length + refused.length + invalid.length === 0, late, refused, invalid };
  }

  /** The server refused these. */
  refused(refused: readonly Refused[]): void {
    this._lately.push(...refused);
  }

  // Refusals of the flushes under way.
  private _lately: Refused[] = [];
  private _count = 0;
}

/** Resolves once `isSo`, asked at each publication, or after `timeout` ms. */
function until(
  isSo: () => boolean,
  subscribe: (listener: () => void) => () => void,
  timeout: number
): Promise<void> {
  return new Promise(resolve => {
    const end = (): void => {
      clearTimeout(timer);
      stop();
      resolve();
    };
    const timer = setTimeout(end, timeout);
    const stop = subscribe(() => isSo() && end());
  });
}
