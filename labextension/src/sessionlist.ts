/**
 * The person's sessions as a list that is kept fresh while somebody looks at it, and what can be done with them.
 *
 * A deletion waits: until its undo is over, or the page goes, nothing is lost, not even the history.
 */
import { readDocument, writeDocument, type Imported } from './document';
import type { Listed, Meta } from './model';
import {
  deleteSession,
  listSessions,
  makeSession,
  nameSession,
  readSession,
  RequestError,
  type Settings
} from './rest';

export interface ListState {
  /** null until the server has answered once. */
  readonly sessions: readonly Listed[] | null;
  /** Why the server's latest answer was none. */
  readonly problem: RequestError | null;
}

/** How long a deletion can be undone, in ms. */
export const GRACE = 12_000;

const LOOK_EVERY = 5000;
const LONGEST_NAME = 256;

export class SessionList {
  constructor(
    private readonly settings: Settings,
    private readonly now: () => number = Date.now,
    private readonly lastOf: (sessionId: string) => Listed['last'] = () => undefined
  ) {
    globalThis.addEventListener?.('pagehide', () => this.finish(true));
  }

  getState = (): ListState => this._state;

  /** As long as somebody is subscribed, the list is asked for again and again. */
  subscribe = (listener: () => void): (() => void) => {
    this._listeners.add(listener);
    if (this._listeners.size === 1) {
      this._timer = setInterval(() => void this.refresh(), LOOK_EVERY);
      void this.refresh();
    }
    return () => {
      this._listeners.delete(listener);
      if (this._listeners.size === 0) {
        clearInterval(this._timer);
      }
    };
  };

  async refresh(): Promise<void> {
    const asked = ++this._asked;
    try {
      const listed = await listSessions(this.settings);
      const sessions = listed.map(each => ({ ...each, last: this.lastOf(each.sessionId) }));
      // An answer that comes after a later one is old.
      if (asked > this._answered) {
        this._answered = asked;
        this._show({ sessions, problem: null });
      }
    } catch (error) {
      this._show({ ...this._state, problem: asRequestError(error) });
    }
  }

  /** @returns its id @throws RequestError */
  async make(name: string | null, from?: Imported): Promise<string> {
    const { sessionId } = await makeSession(this.settings, { ...from, name });
    await this.refresh();
    return sessionId;
  }

  /** @throws RequestError */
  async rename(sessionId: string, name: string): Promise<void> {
    await nameSession(this.settings, sessionId, name);
    await this.refresh();
  }

  /** A session of its own with the same values and declarations. @returns its id @throws RequestError */
  async duplicate(sessionId: string, name: string): Promise<string> {
    const { rows = [] } = await readSession(this.settings, sessionId);
    return this.make(name.slice(0, LONGEST_NAME), {
      name,
      variables: Object.fromEntries(rows.map(row => [row.name, row.value])),
      specs: Object.fromEntries(
        rows.flatMap(row => (row.spec === undefined ? [] : [[row.name, row.spec]]))
      )
    });
  }

  /** @returns the text of a file @throws RequestError */
  async export(sessionId: string): Promise<string> {
    return writeDocument(await readSession(this.settings, sessionId), this.now());
  }

  /**
   * Makes a session of an exported one, or of a JSON object. `name` where the document has none.
   * @throws DocumentError @throws RequestError
   */
  async import(text: string, name: string): Promise<{ sessionId: string; name: string }> {
    const read = readDocument(text);
    const given = (read.name ?? name).slice(0, LONGEST_NAME);
    return { sessionId: await this.make(given, read), name: given };
  }

  /** Takes it out of the list, and deletes it when GRACE is over. `onFailed` is told why it could not be deleted. */
  remove(sessionId: string, onFailed: (error: RequestError) => void): void {
    const timer = setTimeout(() => this._delete(sessionId), GRACE);
    this._leaving.set(sessionId, { timer, onFailed });
    this._show(this._state);
  }

  /** @returns whether it was in time */
  keep(sessionId: string): boolean {
    clearTimeout(this._leaving.get(sessionId)?.timer);
    const wasInTime = this._leaving.delete(sessionId);
    void this.refresh();
    return wasInTime;
  }

  /** What is being deleted is deleted now. */
  finish(pageGoes = false): void {
    [...this._leaving.keys()].forEach(sessionId => this._delete(sessionId, pageGoes));
  }

  private _delete(sessionId: string, pageGoes = false): void {
    const leaving = this._leaving.get(sessionId);
    clearTimeout(leaving?.timer);
    deleteSession(this.settings, sessionId, pageGoes)
      .catch((error: unknown) => {
        const reason = asRequestError(error);
        if (reason.status !== 404) {
          leaving?.onFailed(reason);
        }
      })
      .finally(() => {
        this._leaving.delete(sessionId);
        void this.refresh();
      });
  }

  private _show(state: ListState): void {
    const sessions = state.sessions?.filter(each => !this._leaving.has(each.sessionId)) ?? null;
    this._state = { ...state, sessions };
    [...this._listeners].forEach(listener => listener());
  }

  private _state: ListState = { sessions: null, problem: null };
  private readonly _listeners = new Set<() => void>();
  private readonly _leaving = new Map<
    string,
    { timer: ReturnType<typeof setTimeout>; onFailed: (error: RequestError) => void }
  >();
  private _timer: ReturnType<typeof setInterval> | undefined;
  private _asked = 0;
  private _answered = 0;
}

/** A session that is not in the list: nobody has written to it yet, or it is somebody else's. */
export function listedFrom(sessionId: string, meta: Meta, variableCount: number): Listed {
  const { name, paths, revision, lastSyncedAt } = meta;
  const connected = { editors: 1, kernels: 0 };
  return {
    sessionId,
    name,
    paths,
    revision,
    updatedAt: lastSyncedAt,
    variableCount,
    bytes: 0,
    connected
  };
}

/** Those whose name or notebooks have all the words. */
export function matching(sessions: readonly Listed[], search: string): Listed[] {
  const words = search.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return sessions.filter(each => {
    const text = [each.name ?? '', ...each.paths, each.last?.path].join('\n').toLocaleLowerCase();
    return words.every(word => text.includes(word));
  });
}

function asRequestError(error: unknown): RequestError {
  return error instanceof RequestError
    ? error
    : new RequestError(0, '', error instanceof Error ? error.message : String(error));
}
