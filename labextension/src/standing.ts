/**
 * How one client's channel has fared: whether it is live, since when it is not, and what is known of its end.
 */
import type { ChannelEnd, ChannelState } from './channel';
import type { Link } from './status';

export class Standing {
  constructor(private readonly now: () => number) {
    this._offlineSince = now();
  }

  get link(): Link {
    return this._link;
  }

  /** @param isUnborn whether a session is over that nobody had written to: it is replaced, and nobody hears of it */
  changed(state: ChannelState, end: ChannelEnd | undefined, isUnborn: boolean): void {
    const live = state === 'live';
    const failing = this._link.failing || state === 'waiting';
    // What is over stays so until something else is known: who looks again is not told for a moment that it is not.
    const known = live || isUnborn ? null : (end ?? this._link.end);
    this._link = { ...this._link, live, failing, end: known };
    if (!live) {
      this._offlineSince ??= this.now();
    }
  }

  /** The server has said how things stand. @returns for how long it had not been heard, in ms */
  welcomed(): number {
    const away = this._offlineSince === null ? 0 : this.now() - this._offlineSince;
    this._offlineSince = null;
    this._link = { ...this._link, everLive: true };
    return away;
  }

  /** It goes on with another session. */
  renewed(): void {
    this._link = { ...this._link, end: null };
  }

  private _link: Link = { live: false, everLive: false, failing: false, end: null };
  private _offlineSince: number | null;
}
