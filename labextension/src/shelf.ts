/**
 * What this browser keeps of sessions in local storage: outboxes, which are precious, and the last known states (see
 * Memory), which only make the panel show something at once and give way when room is needed.
 *
 * Keys begin with the server's address and the person, so that two servers of one origin, or two people at one computer,
 * never meet.
 */
const ROOT = 'session-state';
const LONG_AGO = 7 * 24 * 3600 * 1000;

/** The revision that stood on the screen, of which history, and when. */
export interface LastLook {
  revision: number;
  epoch: string;
  at: number;
}

export class Shelf {
  /** Whose things these are: the server's address and the person. */
  readonly owner: string;

  constructor(
    readonly storage: Storage | null,
    baseUrl: string,
    user: string
  ) {
    this.owner = [baseUrl, user].map(encodeURIComponent).join('|');
  }

  outboxKey(sessionId: string, tab: string): string {
    return this.tabKey('outbox', sessionId, tab);
  }

  tabKey(kind: 'outbox' | 'draft', sessionId: string, tab: string): string {
    return `${this._prefix(kind, sessionId)}|${tab}`;
  }

  /** The tabs that left an outbox, or drafts, for this session. */
  tabsOf(sessionId: string, kind: 'outbox' | 'draft' = 'outbox'): string[] {
    const prefix = `${this._prefix(kind, sessionId)}|`;
    return this._keys(prefix).map(key => key.slice(prefix.length));
  }

  /** Everybody's outboxes and known states, as they are written down. */
  texts(): string[] {
    const keys = [...this._keys(`${ROOT}:outbox:`), ...this._keys(`${ROOT}:state:`)];
    return keys.map(key => this.storage?.getItem(key) ?? '');
  }

  remove(key: string): void {
    this.storage?.removeItem(key);
  }

  /** What is known of a session, as Memory has written it down. */
  readState(sessionId: string): string | null {
    return this.storage?.getItem(this._prefix('state', sessionId)) ?? null;
  }

  /** @returns whether there was room */
  writeState(sessionId: string, text: string): boolean {
    try {
      this.storage?.setItem(this._prefix('state', sessionId), text);
      return this.storage !== null;
    } catch {
      this.forgetState(sessionId);
      return false;
    }
  }

  /** The sessions of which something is known. */
  statesOf(): string[] {
    const prefix = `${ROOT}:state:${this.owner}|`;
    return this._keys(prefix).map(key => decodeURIComponent(key.slice(prefix.length)));
  }

  forgetState(sessionId: string): void {
    this.storage?.removeItem(this._prefix('state', sessionId));
  }

  /** How this person has the rows of a session before them. */
  readView(sessionId: string): string | null {
    return this.storage?.getItem(this._prefix('view', sessionId)) ?? null;
  }

  writeView(sessionId: string, view: string): void {
    try {
      this.storage?.setItem(this._prefix('view', sessionId), view);
    } catch {
      // The next page then has the rows in their plain order.
    }
  }

  /** Which session a notebook had when its server was last heard of. */
  readPath(path: string): string | null {
    return this.storage?.getItem(this._prefix('path', path)) ?? null;
  }

  writePath(path: string, sessionId: string): void {
    try {
      this.storage?.setItem(this._prefix('path', path), sessionId);
    } catch {
      // Only costs the head start of the next page.
    }
  }

  /**
   * The session a notebook had before a person chose another one for it: its own. An empty text where that was one which
   * nobody had written to; null where nobody has chosen.
   */
  readOwn(path: string): string | null {
    return this.storage?.getItem(this._prefix('own', path)) ?? null;
  }

  writeOwn(path: string, sessionId: string | null): void {
    try {
      if (sessionId === null) {
        this.storage?.removeItem(this._prefix('own', path));
      } else {
        this.storage?.setItem(this._prefix('own', path), sessionId);
      }
    } catch {
      // It can still be found in the list.
    }
  }

  /** The notebook that had this session until a person chose another one for it. */
  readLast(sessionId: string): string | null {
    return this.storage?.getItem(this._prefix('last', sessionId)) ?? null;
  }

  writeLast(sessionId: string, path: string): void {
    try {
      this.storage?.setItem(this._prefix('last', sessionId), path);
    } catch {
      // It has no name in the list, then.
    }
  }

  /** Which values that came with a notebook nobody wants here for now: their mark, see KeptCard. */
  readDeclined(path: string): string | null {
    return this.storage?.getItem(this._prefix('declined', path)) ?? null;
  }

  writeDeclined(path: string, mark: string): void {
    try {
      this.storage?.setItem(this._prefix('declined', path), mark);
    } catch {
      // They are offered again.
    }
  }

  /** What of a session this browser has last shown. */
  readLook(sessionId: string): LastLook | null {
    try {
      const text = this.storage?.getItem(this._prefix('look', sessionId)) ?? null;
      return text === null ? null : (JSON.parse(text) as LastLook);
    } catch {
      return null;
    }
  }

  writeLook(sessionId: string, look: LastLook): void {
    try {
      this.storage?.setItem(this._prefix('look', sessionId), JSON.stringify(look));
    } catch {
      // More is marked as news than is, then.
    }
  }

  /** The sessions this notebook had of late that nobody had written to: such a session ends with its server. */
  unbornOf(path: string): string[] {
    const prefix = `${this._prefix('unborn', path)}|`;
    return this._keys(prefix).map(key => key.slice(prefix.length));
  }

  writeUnborn(path: string, sessionId: string, now: number): void {
    try {
      this.storage?.setItem(`${this._prefix('unborn', path)}|${sessionId}`, String(now));
    } catch {
      // A full storage keeps no edits either, and the panel says so.
    }
  }

  /** Once it was stored, or so long ago that no tab can be open that does not know that it is gone. */
  forgetUnborn(path: string, sessionId: string, now: number): void {
    const key = `${this._prefix('unborn', path)}|${sessionId}`;
    const since = Number(this.storage?.getItem(key) ?? 0);
    if (this.readState(sessionId) !== null || now - since > LONG_AGO) {
      this.storage?.removeItem(key);
    }
  }

  /** Throws away known states, of any server and person. @returns whether there were any */
  readonly makeRoom = (): boolean => {
    const states = this._keys(`${ROOT}:state:`);
    states.forEach(key => this.storage?.removeItem(key));
    return states.length > 0;
  };

  /** Throws away all that is kept for this person of this server. */
  clear(): void {
    const kinds = ['outbox', 'draft', 'state', 'path', 'own', 'last', 'look', 'unborn'];
    for (const kind of [...kinds, 'view', 'declined']) {
      this._keys(`${ROOT}:${kind}:${this.owner}|`).forEach(key => this.remove(key));
    }
  }

  private _prefix(kind: string, name: string): string {
    return `${ROOT}:${kind}:${this.owner}|${encodeURIComponent(name)}`;
  }

  private _keys(prefix: string): string[] {
    const { storage } = this;
    const keys = Array.from({ length: storage?.length ?? 0 }, (_, i) => storage!.key(i) ?? '');
    return keys.filter(key => key.startsWith(prefix));
  }
}
