/**
 * A browser profile with its tabs: local storage and locks that they share, and pages that come, reload and die.
 */
import { ServerConnection } from '@jupyterlab/services';

import type { SessionClient } from '../src/client';
import { Sessions } from '../src/sessions';
import type { Fault } from './faults';
import type { Wire } from './wire';

export interface Reply {
  status: number;
  body: unknown;
}

/** What a page asks of the world. */
export interface Outside {
  readonly isUp: boolean;
  /** @param isReachable whether the server, if it is up, can be reached from there */
  connect(session: string, role: 'editor' | 'kernel', isReachable: boolean): Wire;
  /** @returns a response's status and body */
  request(method: string, parts: readonly string[], text: string): Promise<Reply>;
}

class Store implements Storage {
  constructor(
    private readonly items: Map<string, string>,
    private readonly refuses: (key: string) => boolean = () => false
  ) {}

  get length(): number {
    return this.items.size;
  }

  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (!this.refuses(key)) {
      this.items.set(key, value);
    }
  }

  removeItem(key: string): void {
    if (!this.refuses(key)) {
      this.items.delete(key);
    }
  }

  clear(): void {
    throw new Error('Nobody clears a storage that is not theirs.');
  }
}

type Held = Map<string, Page>;

/** Web Locks; patience is up at once, for the page before is gone or stays. */
function locksOf(held: Held, page: Page): LockManager {
  const request = async (
    name: string,
    options: LockOptions,
    hold: (lock: unknown) => unknown
  ): Promise<unknown> => {
    if (held.has(name)) {
      if (options.ifAvailable) {
        return hold(null);
      }
      throw new DOMException('It took too long.', 'AbortError');
    }
    held.set(name, page);
    try {
      return await hold({ name });
    } finally {
      if (held.get(name) === page) {
        held.delete(name);
      }
    }
  };
  return { request } as unknown as LockManager;
}

class Asked {
  readonly headers = new Headers();
  constructor(
    readonly url: string,
    readonly init: { method?: string; body?: string } = {}
  ) {}
}

/** One life of one tab. */
export class Page {
  client: SessionClient | null = null;
  wires: Wire[] = [];

  constructor(
    private readonly browser: Browser,
    readonly tab: Map<string, string>,
    private readonly outside: Outside,
    fault: Fault | ''
  ) {
    const refuses = (key: string): boolean =>
      !this._alive || (fault === 'forgets' && key.includes(':outbox:'));
    this._sessions = new Sessions({
      settings: ServerConnection.makeSettings({
        baseUrl: 'http://lab/',
        wsUrl: 'ws://lab/',
        Request: Asked as unknown as typeof Request,
        fetch: request => this._fetch(request as unknown as Asked)
      }),
      user: null,
      pace: () => ({ debounce: 500, maxWait: 2000 }),
      local: new Store(browser.local, refuses),
      session: new Store(tab, () => !this._alive),
      locks: locksOf(browser.held, this),
      open: url => {
        if (!this._alive) {
          throw new Error('A page that is gone connects to nothing.');
        }
        this.wires = this.wires.filter(wire => !wire.isOver);
        const session = decodeURIComponent(url.split('/').at(-2)!);
        this.wires.push(this.outside.connect(session, 'editor', browser.isOnline));
        return this.wires.at(-1)!;
      }
    });
  }

  /** Until the notebook's session is known. */
  open(): void {
    if (this.client === null && !this._opening && this._alive) {
      this._opening = true;
      this._sessions
        .open('notebook.ipynb')
        .then(client => (this.client = client))
        .catch(() => undefined)
        .finally(() => (this._opening = false));
    }
  }

  connect(): void {
    this._sessions.all().forEach(client => client.connect());
  }

  /** What a page does when it is told that it goes. */
  leave(): void {
    this._sessions.all().forEach(client => client.leave());
  }

  /** From now on it does nothing; `kept` of the frames it has said still travel. */
  die(kept: number): void {
    this._alive = false;
    this.wires.forEach(wire => {
      wire.onopen = wire.onmessage = wire.onclose = null;
      wire.clientLoses(kept);
    });
    this._sessions.dispose();
    this.browser.held.forEach((page, name) => page === this && this.browser.held.delete(name));
  }

  // Without an await of its own: what a page does has been done when its microtasks have run.
  private async _fetch(asked: Asked): Promise<Response> {
    if (!this._alive || !this.browser.isOnline || !this.outside.isUp) {
      throw new TypeError('Failed to fetch');
    }
    const { method = 'GET', body: text = '' } = asked.init;
    const parts = new URL(asked.url).pathname.split('/').slice(1).map(decodeURIComponent);
    const { status, body } = await this.outside.request(method, parts.slice(2), text);
    return {
      ok: status < 400,
      status,
      statusText: '',
      headers: new Headers(),
      text: () => Promise.resolve(JSON.stringify(body))
    } as unknown as Response;
  }

  private readonly _sessions: Sessions;
  private _alive = true;
  private _opening = false;
}

export class Browser {
  isOnline = true;
  readonly local = new Map<string, string>();
  readonly held: Held = new Map();

  /** What its outboxes hold, as they are written down. */
  get outboxes(): { key: string; open: unknown; edits: unknown[] }[] {
    return [...this.local]
      .filter(([key]) => key.includes(':outbox:'))
      .map(([key, text]) => ({
        key,
        ...(JSON.parse(text) as { open: unknown; edits: unknown[] })
      }));
  }
}
