/**
 * What changed since this browser last showed a session: while the person was away.
 */
import type { SessionClient } from './client';
import type { LastLook } from './shelf';
import { sameSide, type Altered, type Side } from './timeline';

/** Of a variable, what it was when it was last looked at. */
export interface Away {
  /** When, and at which revision, this browser last looked. */
  readonly since: LastLook;
  /** What came while the person looked again is no news. */
  readonly until: number;
  /** By name, what stood there; 'unknown' where the history does not reach back that far. */
  readonly names: ReadonlyMap<string, Side>;
}

export interface NewsOptions {
  client: Pick<SessionClient, 'getState' | 'subscribe' | 'clientId'>;
  /** Where the last look is kept. */
  look: {
    read(sessionId: string): LastLook | null;
    write(sessionId: string, look: LastLook): void;
  };
  diff(from: number, to: number): Promise<Altered[]>;
  onChange(away: Away | null): void;
  now?(): number;
}

export class News {
  constructor(private readonly options: NewsOptions) {
    this._now = options.now ?? Date.now;
  }

  get away(): Away | null {
    return this._away;
  }

  /** The panel came into view, or went out of it. */
  show(isShown: boolean): void {
    if (isShown === this._isShown) {
      return;
    }
    this._isShown = isShown;
    if (isShown) {
      this._unsubscribe = this.options.client.subscribe(() => this._look());
      this._look();
    } else {
      this._unsubscribe?.();
      this._write();
      this._looked = '';
    }
  }

  /** The person has seen it. */
  dismiss(): void {
    if (this._away !== null) {
      this._away = null;
      this.options.onChange(null);
    }
    this._write();
  }

  /** Once for each showing, as soon as the server has said how things stand; then what comes is seen as it comes. */
  private _look(): void {
    const { sessionId, confirmed, meta } = this.options.client.getState();
    if (!confirmed || meta.epoch === '') {
      return;
    }
    const key = `${sessionId} ${meta.epoch}`;
    if (this._looked === key) {
      this._writeSoon();
      return;
    }
    this._looked = key;
    const last = this.options.look.read(sessionId);
    if (last !== null && last.epoch === meta.epoch && last.revision < meta.revision) {
      void this._find(last, meta.revision);
    }
    this._write();
  }

  private async _find(last: LastLook, until: number): Promise<void> {
    // What was not dismissed before is still to be seen.
    const since = this._away?.since.epoch === last.epoch ? this._away.since : last;
    const { client, diff, onChange } = this.options;
    const { saved } = client.getState();
    const names = new Map<string, Side>();
    try {
      for (const { name, before, after } of await diff(since.revision, until)) {
        const was: Side = before === null ? 'absent' : { value: before.value };
        const isOwn = after?.origin.client === client.clientId;
        const is: Side = after === null ? 'absent' : { value: after.value };
        if (!isOwn && !sameSide(was, is)) {
          names.set(name, was);
        }
      }
    } catch {
      saved.forEach((row, name) => {
        const isNews = row.revision > since.revision && row.revision <= until;
        if (isNews && row.origin.client !== client.clientId) {
          names.set(name, 'unknown');
        }
      });
    }
    if (names.size > 0) {
      this._away = { since, until, names };
      onChange(this._away);
    }
  }

  private _write(): void {
    clearTimeout(this._timer);
    this._timer = undefined;
    const { sessionId, confirmed, meta } = this.options.client.getState();
    if (confirmed && meta.revision > 0) {
      const look = { revision: meta.revision, epoch: meta.epoch, at: this._now() };
      this.options.look.write(sessionId, look);
    }
  }

  private _writeSoon(): void {
    this._timer ??= setTimeout(() => this._write(), 1000);
  }

  private readonly _now: () => number;
  private _away: Away | null = null;
  private _isShown = false;
  private _looked = '';
  private _unsubscribe: (() => void) | undefined;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}
