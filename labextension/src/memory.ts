/**
 * The last state of a session that a server confirmed, for the next page to show at once, and while the server is away: in
 * local storage, or, where it is large, in the cellar with its id in local storage.
 */
import type { Cellar } from './cellar';
import { parseJson, stringifyJson } from './json';
import type { Limits, Meta, Row, Step } from './model';
import type { Shelf } from './shelf';

export interface KnownState {
  v: 1;
  rows: Row[];
  steps: Step[];
  meta: Meta;
  tip: string | null;
  limits: Limits | null;
}

// In UTF-16 units: local storage has room for some ten of these, beside edits that need it more.
const LARGE = 512 * 1024;
// After a change. What is large is written seldom: each time, all of it is.
const PAUSE = { small: 1500, large: 10_000 };
const LONG_AGO = 30 * 24 * 3600 * 1000;

/** The id of what is in the cellar instead; null where a state stands there, or nothing. */
function stowedIn(text: string | null): string | null {
  return /^\{"v":1,"stowed":"([^"]+)"\}$/.exec(text ?? '')?.[1] ?? null;
}

// Of many rows few have changed since the state was last written down. A large one is not held twice.
const rowTexts = new WeakMap<Row, string>();
const LARGEST_TEXT = 2000;

function stateText({ rows, ...rest }: KnownState): string {
  const texts = rows.map(row => {
    const text = rowTexts.get(row) ?? stringifyJson(row);
    if (text.length <= LARGEST_TEXT) {
      rowTexts.set(row, text);
    }
    return text;
  });
  return `{"rows":[${texts.join(',')}],${stringifyJson(rest).slice(1)}`;
}

function parseState(text: string | null): KnownState | null {
  try {
    const state = text === null ? null : (parseJson(text) as unknown as KnownState);
    return state?.v === 1 && Array.isArray(state.rows) ? state : null;
  } catch {
    return null;
  }
}

/** Lets go of what is large and has not been looked at for long. */
export function forgetOld(shelf: Shelf, now: number): void {
  for (const session of shelf.statesOf()) {
    const id = stowedIn(shelf.readState(session));
    // An id begins with when it was made: see Cellar.
    if (id !== null && now - parseInt(id, 36) > LONG_AGO) {
      shelf.forgetState(session);
    }
  }
}

export class Memory {
  static async of(shelf: Shelf, cellar: Cellar | null, sessionId: string): Promise<Memory> {
    const id = stowedIn(shelf.readState(sessionId));
    // Without it the server is waited for, as by a browser that comes here for the first time.
    const texts = id === null ? undefined : await cellar?.get([id]).catch(() => undefined);
    return new Memory(shelf, cellar, sessionId, texts?.get(id ?? ''));
  }

  /** @param text what the cellar has of it */
  constructor(
    private readonly shelf: Shelf,
    private readonly cellar: Cellar | null,
    private _sessionId: string,
    text?: string
  ) {
    const written = shelf.readState(_sessionId);
    this._stowed = stowedIn(written);
    this.known = parseState(text ?? written);
  }

  readonly known: KnownState | null;

  /** Writes down before long how things stand then; `read` gives null where that is not known. */
  soon(read: () => KnownState | null): void {
    const { small, large } = PAUSE;
    this._timer ??= setTimeout(() => this.now(read), this._stowed === null ? small : large);
  }

  now(read: () => KnownState | null): void {
    clearTimeout(this._timer);
    this._timer = undefined;
    const state = read();
    // Every change makes another one.
    if (state === null || (state.meta === this._last && this._stowed !== null)) {
      return;
    }
    this._last = state.meta;
    const text = stateText(state);
    if (text.length <= LARGE && this.shelf.writeState(this._sessionId, text)) {
      this._next = null;
      this._leave(null);
    } else {
      this._stow(text);
    }
  }

  /** Forgets it, and goes on with another session. */
  moveTo(sessionId: string): void {
    this.shelf.forgetState(this._sessionId);
    this._leave(null);
    this.drop();
    this._sessionId = sessionId;
  }

  /** Lets go of what is about to be written: somebody logs out. */
  drop(): void {
    clearTimeout(this._timer);
    this._timer = undefined;
    this._turn++;
    this._next = this._stowed = this._last = null;
  }

  private _stow(text: string): void {
    const { shelf, cellar, _sessionId: session, _turn: turn } = this;
    if (cellar === null) {
      shelf.forgetState(session);
      return;
    }
    if (this._isStowing) {
      this._next = text;
      return;
    }
    this._isStowing = true;
    void cellar.put(text).then(id => {
      this._isStowing = false;
      const isWanted = this._turn === turn;
      if (
        id !== null &&
        isWanted &&
        shelf.writeState(session, stringifyJson({ v: 1, stowed: id }))
      ) {
        this._leave(id);
      } else if (id !== null) {
        cellar.remove([id]);
      }
      const next = this._next;
      this._next = null;
      if (next !== null) {
        this._stow(next);
      }
    });
  }

  /** What was in the cellar before gives way. */
  private _leave(id: string | null): void {
    if (this._stowed !== null) {
      this.cellar?.remove([this._stowed]);
    }
    this._stowed = id;
  }

  private _stowed: string | null;
  private _last: Meta | null = null;
  private _next: string | null = null;
  private _isStowing = false;
  // Another one once what is under way is not wanted any more.
  private _turn = 0;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}
