/**
 * The session of the notebook in front.
 */
import type { INotebookTracker, Notebook, NotebookPanel } from '@jupyterlab/notebook';

import type { SessionClient } from './client';
import { sameJson, type Json } from './json';
import { Listeners } from './listeners';
import type { Choice, Question } from './model';
import type { NotebookInFront } from './notebook';
import { questionOf, RequestError } from './rest';
import { Runner } from './runner';
import type { Sessions } from './sessions';

export type Current =
  | { kind: 'none' }
  | { kind: 'opening' }
  | { kind: 'open'; client: SessionClient; notebook: NotebookInFront; runner: Runner }
  /** Which session the notebook is to have is for somebody to choose, here, elsewhere or in a cell. */
  | { kind: 'asked'; path: string; question: Question; choose(choice: Choice): Promise<void> }
  /** The server has no session endpoints. */
  | { kind: 'absent' }
  | { kind: 'failed'; message: string; status: number };

interface Opened {
  path: string;
  current: Promise<Current>;
}

const FIRST_RETRY = 1000;
const LONGEST_RETRY = 20_000;
// Somebody else may have chosen.
const ASK_AGAIN = 3000;

export class CurrentSession {
  constructor(
    private readonly tracker: INotebookTracker,
    private readonly sessions: Sessions,
    private readonly inFront: (panel: NotebookPanel) => NotebookInFront
  ) {
    tracker.currentChanged.connect(() => this.refresh());
    sessions.left = client => void this._askAgain(client);
    this.refresh();
  }

  getState = (): Current => this._current;

  subscribe = (listener: () => void): (() => void) => this._listeners.add(listener);

  /** Looks again which notebook is in front, and asks again where its session could not be had. */
  refresh = (): void => {
    clearTimeout(this._retry);
    const panel = this.tracker.currentWidget;
    if (panel === null) {
      this._show({ kind: 'none' });
      return;
    }
    void this._follow(panel);
  };

  /** The notebook in front, whatever comes there later. */
  get front(): NotebookPanel | null {
    return this.tracker.currentWidget;
  }

  /** The contents path of the notebook in front. */
  get path(): string | null {
    return this.front?.context.path ?? null;
  }

  /** The session that the notebook in front had before a person chose this one: see Sessions.ownOf. */
  get own(): string | null {
    return this.path === null ? null : this.sessions.ownOf(this.path);
  }

  /**
   * Gives a notebook another session, or with null a new one: the one in front, or one that was there.
   * @throws RequestError
   */
  async use(sessionId: string | null, panel: NotebookPanel | null = this.front): Promise<void> {
    if (panel === null) {
      return;
    }
    const { path } = panel.context;
    const client = this._clients.get(panel) ?? null;
    const views = new Set([...this._clients.keys()].filter(each => each.context.path === path));
    const isShared = [...this._clients].some(([each, of]) => of === client && !views.has(each));
    const shown = [...views].find(each => each === this.front) ?? panel;
    if (shown === this.front) {
      this._show({ kind: 'opening' });
    }
    try {
      await this.sessions.choose(path, sessionId, client, isShared);
    } finally {
      const all = [...views, panel];
      const held = all.map(each => this._clients.get(each));
      all.forEach(each => {
        this._clients.delete(each);
        this._opened.delete(each);
      });
      if (!shown.isDisposed) {
        await this._follow(shown);
      }
      // Of a session that the notebook was found to have while it was given this one.
      held.forEach(each => each !== client && this._letGo(each));
    }
  }

  /**
   * Kernels came or went. Who opened a notebook that nobody ran had a session of their own there; once somebody's kernel
   * runs it, it has theirs. `kernelAt` is the id of the kernel that runs the notebook at a path.
   */
  kernelsChanged(kernelAt: (path: string) => string | undefined): void {
    const asked = new Set<SessionClient>();
    for (const [panel, client] of this._clients) {
      const kernel = kernelAt(panel.context.path);
      if (kernel !== undefined && kernel !== this._kernels.get(panel)) {
        asked.add(client);
      }
      this._kernels.set(panel, kernel);
    }
    asked.forEach(client => void this._askAgain(client));
  }

  /** The client of the notebook that a cell belongs to, if the panel has opened it. */
  clientOf(notebook: Notebook): SessionClient | undefined {
    return [...this._clients].find(([panel]) => panel.content === notebook)?.[1];
  }

  private async _follow(panel: NotebookPanel, choice?: Choice): Promise<void> {
    const inFront = (): boolean => this.tracker.currentWidget === panel;
    if (!this._opened.has(panel)) {
      panel.context.pathChanged.connect(this._onPathChanged, this);
      panel.disposed.connect(this._onClosed, this);
    }
    let opened = this._opened.get(panel);
    if (opened?.path !== panel.context.path || choice !== undefined) {
      opened = { path: panel.context.path, current: this._open(panel, choice) };
      this._opened.set(panel, opened);
    }
    const shown = this._current;
    const isAsked = shown.kind === 'asked' && shown.path === panel.context.path;
    if (!this._clients.has(panel) && !isAsked && inFront()) {
      this._show({ kind: 'opening' });
    }
    const current = await opened.current;
    const isLatest = this._opened.get(panel) === opened;
    if (current.kind !== 'open' && isLatest) {
      this._opened.delete(panel);
      panel.context.pathChanged.disconnect(this._onPathChanged, this);
      panel.disposed.disconnect(this._onClosed, this);
    }
    if (inFront() && isLatest) {
      this._show(current);
      if (current.kind === 'failed') {
        this._retry = setTimeout(this.refresh, this._delay);
        this._delay = Math.min(LONGEST_RETRY, this._delay * 2);
      } else {
        this._delay = FIRST_RETRY;
        if (current.kind === 'asked') {
          clearTimeout(this._retry);
          this._retry = setTimeout(this.refresh, ASK_AGAIN);
        }
      }
    }
  }

  private async _open(panel: NotebookPanel, choice?: Choice): Promise<Current> {
    const { path } = panel.context;
    try {
      await panel.context.ready;
      const client = await this.sessions.open(panel.context.path, choice);
      this._clients.set(panel, client);
      const notebook = this.inFront(panel);
      return { kind: 'open', client, notebook, runner: new Runner(client, notebook) };
    } catch (error) {
      const question = questionOf(error);
      if (question !== null) {
        return { kind: 'asked', path, question, choose: each => this._follow(panel, each) };
      }
      const status = error instanceof RequestError ? error.status : 0;
      return status === 404 || status === 405
        ? { kind: 'absent' }
        : { kind: 'failed', status, message: error instanceof Error ? error.message : '' };
    }
  }

  /** Which session have the notebooks of this client now? Those that have another one move over to it. */
  private async _askAgain(client: SessionClient): Promise<void> {
    for (const panel of [...this._clients].flatMap(([each, of]) => (of === client ? [each] : []))) {
      const before = this._opened.get(panel);
      const current = await this._open(panel);
      const since = this._opened.get(panel);
      if (since !== before) {
        // Somebody has chosen meanwhile: that answer is the newer one.
        const chosen = await since?.current;
        if (chosen?.kind === 'open') {
          this._clients.set(panel, chosen.client);
        } else {
          this._clients.delete(panel);
        }
        if (current.kind === 'open' && current.client !== client) {
          this._letGo(current.client);
        }
      } else if (current.kind === 'open' && current.client !== client) {
        this._opened.set(panel, { path: panel.context.path, current: Promise.resolve(current) });
        if (this.tracker.currentWidget === panel) {
          this._show(current);
        }
      } else if (current.kind === 'asked') {
        this._clients.delete(panel);
        this._opened.delete(panel);
        this.refresh();
      }
    }
    this._letGo(client);
  }

  /** Closes a client that no notebook has any more: what was typed into its session belongs to it, and is sent to it. */
  private _letGo(client: SessionClient | undefined): void {
    if (client !== undefined && ![...this._clients.values()].includes(client)) {
      void this.sessions.close(client);
    }
  }

  private _onPathChanged(): void {
    this.refresh();
  }

  private _onClosed(panel: NotebookPanel): void {
    const client = this._clients.get(panel);
    this._clients.delete(panel);
    this._opened.delete(panel);
    this._letGo(client);
  }

  private _show(current: Current): void {
    if (current !== this._current && !sameQuestion(current, this._current)) {
      this._current = current;
      this._listeners.tell();
    }
  }

  private _current: Current = { kind: 'none' };
  private readonly _opened = new Map<NotebookPanel, Opened>();
  private readonly _clients = new Map<NotebookPanel, SessionClient>();
  private readonly _kernels = new WeakMap<NotebookPanel, string | undefined>();
  private readonly _listeners = new Listeners();
  private _retry: ReturnType<typeof setTimeout> | undefined;
  private _delay = FIRST_RETRY;
}

/** Whoever thinks about a question is not disturbed by the same one. */
function sameQuestion(one: Current, other: Current): boolean {
  return (
    one.kind === 'asked' &&
    other.kind === 'asked' &&
    one.path === other.path &&
    sameJson(one.question as unknown as Json, other.question as unknown as Json)
  );
}
