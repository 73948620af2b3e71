/**
 * The sessions of this tab: one client each, found by notebook path; and the outboxes that dead tabs left behind.
 */
import type { ServerConnection } from '@jupyterlab/services';

import { Cellar, type Texts } from './cellar';
import { Channel, type ChannelOptions, type Socket } from './channel';
import { SessionClient } from './client';
import type { Choice, Listed, Meta, SessionState } from './model';
import { drain, moveOutbox } from './drain';
import { textsOf } from './drawer';
import { randomId } from './ids';
import { Drafts } from './drafts';
import { forgetOld, Memory } from './memory';
import type { Pace } from './pacer';
import {
  askWhy,
  attach,
  attachTo,
  channelUrl,
  detach,
  postMutate,
  RequestError,
  sessionAt,
  type Settings
} from './rest';
import { Shelf } from './shelf';
import { Tab } from './tab';

export interface SessionsOptions {
  settings: ServerConnection.ISettings;
  /** Who is logged in; null where the server does not say. */
  user: string | null;
  pace: () => Pace;
  local?: Storage | null;
  session?: Storage | null;
  locks?: LockManager | null;
  /** For a page that can open no WebSocket of its own. */
  open?(url: string): Socket;
}

// A dead tab's outbox is looked for again: tabs die while others live.
const LOOK_EVERY = 30_000;

function storageOf(kind: 'localStorage' | 'sessionStorage'): Storage | null {
  try {
    return globalThis[kind];
  } catch {
    // Blocked by the browser's settings.
    return null;
  }
}

export class Sessions {
  constructor(private readonly options: SessionsOptions) {
    const local = options.local === undefined ? storageOf('localStorage') : options.local;
    const session = options.session === undefined ? storageOf('sessionStorage') : options.session;
    const locks = options.locks === undefined ? (navigator.locks ?? null) : options.locks;
    this._shelf = new Shelf(local, options.settings.baseUrl, options.user ?? '');
    this._tab = Tab.claim({ local, session, locks });
    this._cellar = Cellar.of(this._shelf.owner);
    forgetOld(this._shelf, Date.now());
    this._cellar?.sweep(this._shelf.texts()).catch(() => undefined);
    this._timer = setInterval(
      () => this._clients.forEach((_, id) => void this.drainDead(id)),
      LOOK_EVERY
    );
  }

  /**
   * The client of the notebook at this path. While the server cannot be reached, what this browser remembers of it.
   * `choose` answers the question of an earlier call.
   * @throws RequestError where the server answers that it cannot be had, or has a question (see questionOf)
   * @throws Error where edits that this browser keeps cannot be read
   */
  async open(path: string, choose?: Choice): Promise<SessionClient> {
    const { settings } = this.options;
    const tab = await this._tab;
    let found: { sessionId: string; meta?: Meta };
    try {
      found = await this._attach(path, choose);
    } catch (error) {
      const known = error instanceof RequestError ? await this._known(path, error) : null;
      if (known === null) {
        throw error;
      }
      found = { sessionId: known };
    }
    const { sessionId, meta } = found;
    const texts = await this._textsOf(sessionId, tab);
    const memory = await Memory.of(this._shelf, this._cellar, sessionId);
    const drafts = await Drafts.of(this._shelf, sessionId, tab);
    const existing = [...this._clients.values()].find(
      client => client.getState().sessionId === sessionId
    );
    if (existing !== undefined) {
      return existing;
    }
    const client: SessionClient = new SessionClient({
      sessionId,
      meta,
      tab: tab.id,
      life: this._life,
      shelf: this._shelf,
      memory,
      drafts,
      cellar: this._cellar,
      texts,
      pace: this.options.pace,
      user: this.options.user ?? undefined,
      connect: (options, session) => this._channel(options, session),
      replace: () => this._replace(client, path),
      // Its answer comes by the channel, to this page or the next.
      post: (...mutate) => void postMutate(settings, ...mutate).catch(() => undefined),
      left: () => this.left?.(client)
    });
    this._clients.set(sessionId, client);
    this._paths.set(client, path);
    client.connect();
    void this.drainDead(sessionId);
    return client;
  }

  /**
   * Gives the notebook at this path another session, or with null a new one. The client of the one before goes on only
   * where other notebooks share it; the path is to be opened again. @throws RequestError
   */
  async choose(
    path: string,
    sessionId: string | null,
    before: SessionClient | null,
    isShared: boolean
  ): Promise<void> {
    const { settings } = this.options;
    if (before !== null) {
      // What was typed belongs to the old session. Nor shall two clients of this tab meet in the new one.
      await (isShared ? before.flush() : this.close(before));
    }
    const was = before?.getState() ?? null;
    await (sessionId === null ? detach(settings, path) : attachTo(settings, path, sessionId));
    const own = this._shelf.readOwn(path);
    if (was !== null && was.meta.revision > 0) {
      this._shelf.writeLast(was.sessionId, path);
    }
    if (sessionId === null || sessionId === own) {
      this._shelf.writeOwn(path, null);
    } else if (own === null && was !== null) {
      this._shelf.writeOwn(path, was.meta.revision > 0 ? was.sessionId : '');
    }
  }

  /** The notebook's session before a person chose another: its id, '' for a new one, null where nobody has chosen. */
  ownOf(path: string): string | null {
    return this._shelf.readOwn(path);
  }

  /** The notebook that this browser last gave another session than this one, and whether this is that one's own. */
  lastOf = (sessionId: string): Listed['last'] => {
    const path = this._shelf.readLast(sessionId);
    return path === null ? undefined : { path, isOwn: this._shelf.readOwn(path) === sessionId };
  };

  get settings(): Settings {
    return this.options.settings;
  }

  /** What this browser keeps for this person. */
  get shelf(): Shelf {
    return this._shelf;
  }

  /** Told when a notebook of this client's session was given another one, by a cell for instance. */
  left: ((client: SessionClient) => void) | null = null;

  all(): SessionClient[] {
    return [...this._clients.values()];
  }

  /** For a notebook that was closed: sends what is pending, then hangs up. What stays unsent is in the outbox. */
  async close(client: SessionClient): Promise<void> {
    await client.flush();
    this._clients.forEach((each, key) => each === client && this._clients.delete(key));
    client.dispose();
  }

  /** The page goes: sends what it can. @param forget whether this browser keeps nothing for the next page: a logout */
  leave(forget = false): void {
    this._clients.forEach(client => client.leave(forget));
    if (forget) {
      this._shelf.clear();
      this._cellar?.clear();
    }
  }

  dispose(): void {
    clearInterval(this._timer);
    this._clients.forEach(client => client.dispose());
    this._clients.clear();
  }

  /** Sends what dead tabs left for this session, under their names, and shows here what was refused. */
  async drainDead(key: string): Promise<void> {
    const tab = await this._tab;
    const client = this._clients.get(key);
    if (client === undefined || client.status.kind === 'offline') {
      return;
    }
    const { sessionId } = client.getState();
    await this._adopt(this._paths.get(client)!, sessionId, tab);
    for (const dead of this._shelf.tabsOf(sessionId)) {
      const release = await tab.takeOver(dead);
      if (release !== null) {
        try {
          const refused = await drain({
            storage: this._shelf.storage,
            key: this._shelf.outboxKey(sessionId, dead),
            cellar: this._cellar,
            life: this._life,
            connect: options => this._channel(options, () => sessionId)
          });
          client.takeRefused(refused);
        } catch {
          // It cannot be read now: it stays, and is tried again.
        } finally {
          release();
        }
      }
    }
  }

  /**
   * A session that nobody had written to ends with its server. What tabs that died, or that reload, would have been the
   * first to write there goes to the session which the notebook has now: as a dead tab's, to be drained.
   */
  private async _adopt(path: string, sessionId: string, tab: Tab): Promise<void> {
    const shelf = this._shelf;
    for (const unborn of shelf.unbornOf(path)) {
      shelf.forgetUnborn(path, unborn, Date.now());
      const isOurs = this.all().some(client => client.getState().sessionId === unborn);
      const isOver =
        shelf.tabsOf(unborn).length > 0 &&
        !isOurs &&
        shelf.readState(unborn) === null &&
        (await askWhy(this.options.settings, unborn)) === 'gone';
      if (!isOver) {
        continue;
      }
      for (const left of shelf.tabsOf(unborn)) {
        const release = left === tab.id ? () => undefined : await tab.takeOver(left);
        if (release !== null) {
          await moveOutbox(
            shelf.storage,
            this._cellar,
            shelf.outboxKey(unborn, left),
            shelf.outboxKey(sessionId, randomId())
          ).catch(() => undefined);
          release();
        }
      }
    }
  }

  /** For a client whose session is no more. One that another client of this tab shows is left to that one. */
  private async _replace(client: SessionClient, path: string): Promise<SessionState> {
    const state = await this._attach(path);
    const isShown = ({ sessionId }: { sessionId: string }): boolean =>
      sessionId === state.sessionId;
    if (this.all().some(each => each !== client && isShown(each.getState()))) {
      this.left?.(client);
      throw new Error('Another client of this tab shows this session.');
    }
    return state;
  }

  private async _attach(path: string, choose?: Choice): Promise<SessionState> {
    const state = await attach(this.options.settings, path, choose);
    this._shelf.writePath(path, state.sessionId);
    if (state.meta.revision === 0) {
      this._shelf.writeUnborn(path, state.sessionId, Date.now());
    }
    return state;
  }

  /** Which session the notebook at this path has, where it could not be attached; null where that is not known. */
  private async _known(path: string, { status }: RequestError): Promise<string | null> {
    if (status === 403) {
      // Who may only read may not attach, but look at what is there.
      return sessionAt(this.options.settings, path).catch(() => null);
    }
    return status === 0 || status >= 500 ? this._shelf.readPath(path) : null;
  }

  private _channel(options: Omit<ChannelOptions, 'open' | 'why'>, session: () => string): Channel {
    const { settings, open } = this.options;
    return new Channel({
      ...options,
      open: () => {
        const url = channelUrl(settings, session());
        return open ? open(url) : (new settings.WebSocket(url) as unknown as Socket);
      },
      why: () => askWhy(settings, session())
    });
  }

  /** What the cellar has of this tab's edits: without it none of them may be touched. */
  private async _textsOf(sessionId: string, tab: Tab): Promise<Texts> {
    try {
      return await textsOf(
        this._shelf.storage,
        this._shelf.outboxKey(sessionId, tab.id),
        this._cellar
      );
    } catch {
      throw new Error(
        'This browser keeps edits that were not saved, and cannot read them (IndexedDB does not answer).'
      );
    }
  }

  private readonly _shelf: Shelf;
  private readonly _cellar: Cellar | null;
  private readonly _tab: Promise<Tab>;
  private readonly _life = randomId();
  private readonly _clients = new Map<string, SessionClient>();
  private readonly _paths = new WeakMap<SessionClient, string>();
  private readonly _timer: ReturnType<typeof setInterval>;
}
