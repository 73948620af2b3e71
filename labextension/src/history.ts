/**
 * A session's past as the panel holds it: the changes that are loaded, the revision or the comparison that is looked at,
 * and what takes changes back. No React.
 */
import { restArchive, type Archive, type Snapshot } from './archive';
import { ChangeList, loadPage, NO_CHANGES, problemOf, type Listing } from './changelist';
import type { SessionClient } from './client';
import { Listeners } from './listeners';
import { pastClient, type PastClient } from './pastclient';
import { News, type Away } from './news';
import { RequestError, type Settings } from './rest';
import type { Shelf } from './shelf';
import { rowsBefore, type Altered, type Entry } from './timeline';

/** The panel's rows as they stood at a revision. */
export interface Looked {
  readonly revision: number;
  /** When it came to be; null where the history does not say. */
  readonly at: number | null;
  readonly client: PastClient;
}

export interface Comparison {
  readonly from: number;
  readonly to: number;
  /** null until the server has answered. */
  readonly altered: readonly Altered[] | null;
  readonly problem: string | null;
}

/** A change that could not be taken back, for something moved on since. */
export interface Refusal {
  readonly verb: 'undo' | 'redo';
  readonly revision: number | null;
  readonly message: string;
}

export interface HistoryState {
  readonly isOpen: boolean;
  readonly listing: Listing;
  readonly snapshots: readonly Snapshot[];
  readonly looked: Looked | null;
  readonly comparison: Comparison | null;
  readonly refusal: Refusal | null;
  readonly away: Away | null;
}

/** What an undo, a redo or going back has done; null where nothing was different. */
export interface Moved {
  readonly verb: 'undo' | 'redo' | 'restore';
  readonly entry: Entry | null;
}

export interface HistoryOptions {
  client: SessionClient;
  archive: Archive;
  shelf: Pick<Shelf, 'readLook' | 'writeLook'>;
  /** Whether users have names that say something: not on a server of one's own. */
  hasPeople?: boolean;
}

const EMPTY: HistoryState = {
  isOpen: false,
  listing: NO_CHANGES,
  snapshots: [],
  looked: null,
  comparison: null,
  refusal: null,
  away: null
};

export class History {
  constructor(private readonly options: HistoryOptions) {
    const { client, archive, shelf } = options;
    this.client = client;
    this.hasPeople = options.hasPeople ?? false;
    this._list = new ChangeList(client, archive, listing => this._set({ listing }));
    this.news = new News({
      client,
      look: {
        read: id => shelf.readLook(id),
        write: (id, look) => shelf.writeLook(id, look)
      },
      diff: (from, to) => archive.diff(from, to),
      onChange: away => this._set({ away })
    });
  }

  readonly client: SessionClient;
  readonly hasPeople: boolean;
  readonly news: News;

  getState = (): HistoryState => this._state;

  subscribe = (listener: () => void): (() => void) => this._listeners.add(listener);

  /** Shows the changes, of one variable or of all. */
  open = (name: string | null = null): void => {
    this._set({ isOpen: true, looked: null, comparison: null });
    this._list.open(name);
    void this._loadSnapshots();
  };

  /** Back to the session as it is now. What was new is not new any more. */
  close = (): void => {
    const { isOpen } = this._state;
    this._list.close();
    this._turn++;
    this._set({ isOpen: false, looked: null, comparison: null, refusal: null });
    if (isOpen) {
      this.news.dismiss();
    }
  };

  /** From a revision or a comparison back to the changes. */
  back = (): void => {
    this._turn++;
    this._set({ isOpen: true, looked: null, comparison: null });
  };

  /** The next page of earlier changes. */
  more = (): Promise<void> => this._list.more();

  retry = (): void => this._list.retry();

  /** Shows the rows as they stood at a revision. @throws RequestError */
  look = async (revision: number): Promise<void> => {
    const { saved, meta } = this.client.getState();
    const turn = ++this._turn;
    const [altered, at] = await Promise.all([
      this.options.archive.diff(revision, Math.max(meta.revision, revision)),
      this._timeOf(revision)
    ]);
    if (turn === this._turn) {
      const client = pastClient(this.client, rowsBefore(saved, altered));
      this._set({ looked: { revision, at, client }, comparison: null });
    }
  };

  /** Shows what differs between two revisions. */
  compare = async (from: number, to: number): Promise<void> => {
    const turn = ++this._turn;
    const show = (more: Partial<Comparison>): void => {
      if (turn === this._turn) {
        const comparison = { from, to, altered: null, problem: null, ...more };
        this._set({ looked: null, comparison });
      }
    };
    show({});
    try {
      show({ altered: await this.options.archive.diff(from, to) });
    } catch (error) {
      show({ problem: problemOf(error) });
    }
  };

  /**
   * Takes back change `revision`, or this page's newest. One after the other, however fast they are asked for.
   * @returns what it did; null where it was refused, see `refusal`. @throws RequestError
   */
  undo = (revision?: number, force = false): Promise<Moved | null> =>
    this._move('undo', revision ?? null, by =>
      this.options.archive.undo({ ...by, revision, force })
    );

  /** Takes back this page's newest undo. @returns as undo. @throws RequestError */
  redo = (force = false): Promise<Moved | null> =>
    this._move('redo', null, by => this.options.archive.redo({ ...by, force }));

  /** Everything as it stood at a revision, by a new change. @throws RequestError */
  restore = (revision: number): Promise<Moved | null> =>
    this._move('restore', revision, by => this.options.archive.restore({ ...by, revision }));

  dismissRefusal = (): void => this._set({ refusal: null });

  /** Names a revision, by default the newest. @throws RequestError */
  takeSnapshot = async (name: string, revision?: number): Promise<void> => {
    await this.client.flush();
    await this.options.archive.takeSnapshot(name, revision);
    await this._loadSnapshots();
  };

  /** @throws RequestError */
  forgetSnapshot = async (name: string): Promise<void> => {
    await this.options.archive.forgetSnapshot(name);
    await this._loadSnapshots();
  };

  /** Takes a variable's earlier values away for good. @returns how many there were. @throws RequestError */
  purge = async (name: string): Promise<number> => {
    await this.client.flush();
    const count = await this.options.archive.purge(name);
    this._list.reload();
    return count;
  };

  private _move(
    verb: Moved['verb'],
    revision: number | null,
    write: (by: { client: string }) => Promise<number>
  ): Promise<Moved | null> {
    const turn = this._moving.then(async () => {
      this._set({ refusal: null });
      await this.client.flush();
      const { client } = this;
      const before = client.getState().meta.revision;
      try {
        const now = await write({ client: client.clientId });
        return { verb, entry: now > before ? await this._entryAt(now) : null };
      } catch (error) {
        if (verb !== 'restore' && error instanceof RequestError && error.code === 'conflict') {
          this._set({ refusal: { verb, revision, message: error.message } });
          return null;
        }
        throw error;
      }
    });
    this._moving = turn.catch(() => undefined);
    return turn;
  }

  /** null where the server does not say. */
  private async _entryAt(revision: number): Promise<Entry | null> {
    try {
      const { archive } = this.options;
      const page = await loadPage(archive, { before: revision + 1, limit: 1, name: null });
      return page.entries[0] ?? null;
    } catch {
      return null;
    }
  }

  private async _timeOf(revision: number): Promise<number | null> {
    const known = this._list.listing.entries.find(entry => entry.revision === revision);
    if (known !== undefined || revision === 0) {
      return known?.at ?? null;
    }
    const { changes } = await this.options.archive.changes({ before: revision + 1, limit: 1 });
    return changes[0]?.at ?? null;
  }

  private async _loadSnapshots(): Promise<void> {
    try {
      this._set({ snapshots: await this.options.archive.snapshots() });
    } catch {
      // Those that are known stay; the list of changes says what is wrong.
    }
  }

  private _set(more: Partial<HistoryState>): void {
    this._state = { ...this._state, ...more };
    this._listeners.tell();
  }

  private readonly _listeners = new Listeners();
  private _state: HistoryState = EMPTY;
  private readonly _list: ChangeList;
  private _moving: Promise<unknown> = Promise.resolve();
  private _turn = 0;
}

/** The history of each client, as long as the client lives. */
export class Histories {
  constructor(
    private readonly settings: Settings,
    private readonly shelf: Shelf,
    private readonly hasPeople: boolean
  ) {}

  of(client: SessionClient): History {
    let history = this._known.get(client);
    if (history === undefined) {
      const archive = restArchive(this.settings, () => client.getState().sessionId);
      const { shelf, hasPeople } = this;
      history = new History({ client, archive, shelf, hasPeople });
      this._known.set(client, history);
    }
    return history;
  }

  private readonly _known = new WeakMap<SessionClient, History>();
}
