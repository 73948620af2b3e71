/**
 * A session as one tab holds it: confirmed rows with pending edits on top, kept in step with the server.
 */
import type { Channel, ChannelEnd, ChannelState } from './channel';
import type { ClientOptions } from './clientoptions';
import { Conflicts } from './conflicts';
import { asWhole, remade, type Edit, type Refused } from './edit';
import { Flushes, type FlushResult } from './flushes';
import type { Ack, ServerFrame, Welcome } from './frames';
import type { Json } from './json';
import { Listeners } from './listeners';
import type { KnownState } from './memory';
import type { Change, Spec } from './model';
import { Outbox } from './outbox';
import { mistakable, Replica, UNKNOWN_META } from './replica';
import { Sender } from './sender';
import { Standing } from './standing';
import type { Status } from './status';
import { View, type ClientState } from './view';
import { Writer } from './writer';

export { EditError, type EditProblem } from './editing';
export type { FlushResult } from './flushes';
export type { ClientOptions } from './clientoptions';
export type { ClientState } from './view';

const FLUSH_TIMEOUT = 2000;
const LONG_OFFLINE = 60_000;
// Of so many variables, taking them in is one task and drawing them another: between two a page can do something else.
const MANY = 1000;

export class SessionClient {
  constructor(private readonly options: ClientOptions) {
    const { sessionId, shelf, memory, tab, life, cellar, texts } = options;
    this._sessionId = sessionId;
    this._now = options.now ?? Date.now;
    this._replica = new Replica(options.meta ?? UNKNOWN_META, memory.known);
    this._outbox = new Outbox({
      storage: shelf.storage,
      key: shelf.outboxKey(sessionId, tab),
      life,
      makeRoom: shelf.makeRoom,
      cellar,
      texts,
      onSettled: () => {
        this._sender.dispatch();
        this._publish();
      },
      send: frame => this._channel.send(frame),
      onAck: (edits, ack) => this._acknowledged(edits, ack),
      onRefused: refused => this._flushes.refused(refused),
      onGap: () => this._channel.restart()
    });
    this._sender = new Sender({
      drafts: options.drafts,
      outbox: this._outbox,
      pace: options.pace,
      send: frame => this._channel.send(frame),
      steps: () => this._replica.steps,
      onSilence: () => this._channel.restart()
    });
    this._standing = new Standing(this._now);
    this._channel = options.connect(
      {
        hello: () => ({
          type: 'hello',
          client: this._outbox.client,
          ...this._replica.position,
          dirty: this._sender.declareDirty()
        }),
        onFrame: frame => this._receive(frame),
        onState: (state, end) => this._channelChanged(state, end),
        onTooLarge: () =>
          this._outbox.refuseOpen('too-large', 'The server closed the channel: this is too large.')
      },
      () => this._sessionId
    );
    this._writer = new Writer({
      outbox: this._outbox,
      conflicts: this._conflicts,
      replica: () => this._replica,
      shown: () => this._state.variables,
      now: this._now,
      onEdited: () => {
        this._sender.edited();
        this._publish();
      }
    });
    this._flushes = new Flushes({
      outbox: this._outbox,
      sender: this._sender,
      connect: this.connect,
      publish: () => this._publish(),
      subscribe: this.subscribe
    });
    this._view = new View(this._outbox, this._sender, options.drafts, this._conflicts);
    this._state = this._draw();
  }

  getState = (): ClientState => this._state;

  /** @returns what ends the subscription */
  subscribe = (listener: () => void): (() => void) => this._listeners.add(listener);

  get status(): Status {
    return this._state.status;
  }

  /** The id under which this tab's changes travel: tells what was written here from what came from elsewhere. */
  get clientId(): string {
    return this._outbox.client;
  }

  /** Nothing comes to it any more, and nothing is sent. */
  get isDisposed(): boolean {
    return this._isDisposed;
  }

  getVariable = (name: string): Json | undefined => this._state.variables.get(name)?.value;

  /** Shows the value at once, keeps it, and sends it when typing pauses. @throws EditError */
  setVariable = (name: string, value: Json): void => this._writer.set(name, value);

  /** Changes what differs between `from`, as it was when editing began, and `to`: see Writer. @throws EditError */
  editVariable = (name: string, from: Json, to: Json): void => this._writer.edit(name, from, to);

  /** Undoes an edit that has not been sent; one that was sent stands. @returns whether there was one */
  takeBack = (name: string, from: Json, to: Json): boolean => this._writer.takeBack(name, from, to);

  /** @throws EditError */
  deleteVariable = (name: string): void => this._writer.delete(name);

  /** @throws EditError */
  renameVariable = (name: string, to: string): void => this._writer.rename(name, to);

  /** Says what a variable may be; null takes that away. Its value stays. @throws EditError */
  declareVariable = (name: string, spec: Spec | null): void => this._writer.declare(name, spec);

  /** Several edits, kept and shown once: what one of them throws leaves those before it. */
  atOnce = (edits: () => void): void => this._writer.atOnce(edits);

  /** How this browser shows the session: nothing that others see. */
  readView = (): string | null => this.options.shelf.readView(this._sessionId);
  writeView = (view: string): void => this.options.shelf.writeView(this._sessionId, view);

  /** What this browser's person has declined of the values that came with a notebook: a mark of them. */
  readDeclined = (path: string): string | null => this.options.shelf.readDeclined(path);
  writeDeclined = (path: string, mark: string): void =>
    this.options.shelf.writeDeclined(path, mark);

  /**
   * A field that holds what cannot be sent, or null once it can: cells and flushes name it. Of what is half typed nobody is
   * told yet. `isPlace`: of one place in a value, whose text is not the variable's, and ends with its page.
   */
  setInvalid = (name: string, text: string | null, isHalf = false, isPlace = false): void => {
    if (this.options.drafts.put(name, text, isHalf && text !== null, isPlace)) {
      this._sender.drafted();
      this._publish();
    }
  };

  /**
   * A field that hands over what is typed into it only when it is left, for what is on the way there means nothing or is
   * large: `hand` is called before all is sent at once, and has to end this with null.
   */
  hold = (name: string, hand: (() => void) | null): void => {
    if (this.options.drafts.hold(name, hand)) {
      this._sender.drafted();
      this._publish();
    }
  };

  /** Sends all there is now; resolves when it is acknowledged, or with what is not. `timeout` in ms. */
  flush = ({ timeout = FLUSH_TIMEOUT } = {}): Promise<FlushResult> => this._flushes.flush(timeout);

  /** Decides a conflict for what was written here. */
  keepMine = (name: string): void => this._decide(name, 'mine');

  /** Decides a conflict for what came from elsewhere. */
  takeTheirs = (name: string): void => this._decide(name, 'theirs');

  /** Does once more what was refused: it may be allowed by now. @throws EditError */
  retryRefused = (id: string): void => {
    const refused = this._state.refused.find(each => each.id === id);
    if (refused !== undefined) {
      this._writer.again(refused.edit, refused.to ?? refused.edit.op.name);
      this.dismissRefused(id);
      void this.flush();
    }
  };

  dismissRefused = (id: string): void => {
    this._outbox.dismiss(id);
    this._publish();
  };

  /** Refused edits of a dead tab, whose outbox was drained for it. */
  takeRefused(refused: readonly Refused[]): void {
    this._outbox.takeRefused(refused);
    this._publish();
  }

  /** Tries at once: after `online`, a focus, a kernel that came back. */
  connect = (): void => this._channel.connect();

  /**
   * Goes on with the session the notebook has now, and takes pending edits there, or all that is shown: `withValues`.
   */
  startAnew = async (withValues = false): Promise<void> => {
    const { replace, shelf, memory, drafts, tab, life } = this.options;
    const next = await replace?.();
    if (next === undefined) {
      return;
    }
    const edits = withValues
      ? remade(this._state.variables.values(), this._now(), life)
      : this._replica.revision > 0
        ? this._outbox.pending.map(asWhole)
        : undefined;
    memory.moveTo(next.sessionId);
    drafts.moveTo(next.sessionId);
    this._sessionId = next.sessionId;
    this._outbox.moveTo(shelf.outboxKey(next.sessionId, tab), edits);
    this._replica = new Replica(next.meta);
    this._conflicts.clear();
    this._standing.renewed();
    this._channel.connect();
    this._publish();
  };

  /**
   * Before the page goes: sends what it can, on the channel and past it, for a channel may end with the page; the number
   * counts once. The rest is in the outbox. `forget`: nothing is to be remembered for the next page.
   */
  leave = (forget = false): void => {
    this._sender.hurry();
    const { isReady, client, open } = this._outbox;
    if (isReady && open !== null && this._posted !== `${client} ${open.seq}`) {
      this._posted = `${client} ${open.seq}`;
      this.options.post?.(this._sessionId, client, open);
    }
    const { memory } = this.options;
    if (forget) {
      memory.drop();
    } else {
      memory.now(this._known);
    }
  };

  dispose(): void {
    this.leave();
    this._sender.dispose();
    this._outbox.close();
    this._channel.close();
    this._isDisposed = true;
    this._listeners.tell();
    this._listeners.clear();
  }

  private _decide(name: string, choice: 'mine' | 'theirs'): void {
    const conflict = this._state.conflicts.get(name);
    if (conflict !== undefined) {
      this._writer.decide(conflict, choice);
      this._publish();
      void this.flush();
    }
  }

  private _receive(frame: ServerFrame): void {
    switch (frame.type) {
      case 'welcome':
        this._welcomed(frame);
        break;
      case 'ack':
      case 'reject':
        this._outbox.answered(frame);
        this._sender.settled();
        break;
      case 'change':
        this._changed(frame);
        break;
      case 'flush':
        this._sender.asked(frame.id);
        break;
      case 'meta':
        this._noticeLeaving(frame.meta.paths);
        this._replica.describe(frame.meta);
        break;
      case 'deleted':
        this._channel.close();
        this._channelChanged('ended', 'gone');
        break;
      case 'error':
        // A final answer always unblocks.
        this._outbox.refuseOpen(frame.code, frame.message);
        this._sender.settled();
        break;
      default:
        break;
    }
    if (this._replica.isAdrift) {
      this._channel.restart();
    }
    this._redraw();
    if (frame.type === 'welcome' && this._replica.rows.size > MANY) {
      setTimeout(this._listeners.tell);
    } else {
      this._listeners.tell();
    }
  }

  private _welcomed(welcome: Welcome): void {
    this._noticeLeaving(welcome.meta.paths);
    const before = this._replica.rows;
    const renewed = this._replica.welcome(welcome);
    if (renewed) {
      this._outbox.mistake(mistakable(before, this._replica.rows));
    }
    const away = this._standing.welcomed();
    this._outbox.refit(this._replica.rows);
    const { lastSeq, lastAnswer, revision } = welcome;
    this._outbox.resume(lastSeq, lastAnswer, revision, renewed || away > LONG_OFFLINE);
    this._sender.resumed();
    // An earlier page's, of what was deleted since.
    const shown = this._draw().variables;
    this._endDrafts(name => !shown.has(name));
    this._rememberSoon();
  }

  /** A notebook that was renamed takes its session along; one that left went to another session. */
  private _noticeLeaving(now: readonly string[] | undefined): void {
    const before = this._replica.meta.paths;
    if (now !== undefined && now.length < before.length) {
      this.options.left?.();
    }
  }

  private _changed(change: Change): void {
    if (change.revision > this._replica.revision + 1) {
      this._channel.restart();
      return;
    }
    this._conflicts.changed(change, this._replica.rows, this.clientId);
    const { steps } = this._replica;
    this._replica.change(change);
    if (steps !== this._replica.steps) {
      this._sender.runsChanged();
    }
    this._outbox.refit(this._replica.rows);
    this._rememberSoon();
  }

  private _acknowledged(edits: readonly Edit[], ack: Ack): void {
    const origin = { kind: 'panel' as const, user: this.options.user, client: this.clientId };
    const { rows } = this._replica;
    this._replica.acknowledge(
      edits.map(edit => edit.op),
      ack,
      origin
    );
    this._conflicts.acknowledged(edits, ack, rows);
    this._outbox.refit(this._replica.rows);
    this._rememberSoon();
  }

  private _channelChanged(state: ChannelState, end?: ChannelEnd): void {
    const live = state === 'live';
    // The server forgets a session that nobody has written to when it restarts.
    const unborn = end === 'gone' && this._replica.revision === 0;
    this._standing.changed(state, end, unborn);
    if (!live) {
      this._outbox.suspend();
      this._sender.suspend();
    }
    // The next one after a delay, or two servers that disagree would keep us busy.
    if (unborn && !this._replaced) {
      this._replaced = true;
      this.startAnew().catch(() => this._replaceLater());
    } else if (unborn) {
      this._replaceLater();
    } else if (live) {
      this._replaced = false;
    }
    // What it is live with comes next, by the welcome.
    if (!live) {
      this._publish();
    }
  }

  // The server went away while it was asked for another session, or before that one was heard of.
  private _replaceLater(): void {
    this._replaced = false;
    this._channel.retry();
  }

  private _rememberSoon(): void {
    this.options.memory.soon(this._known);
  }

  private readonly _known = (): KnownState | null =>
    this._standing.link.everLive && this._replica.revision > 0 ? this._replica.toKnown() : null;

  private _publish(): void {
    this._redraw();
    this._listeners.tell();
  }

  private _redraw(): void {
    const before = this._state;
    this._state = this._draw();
    // With a variable its field goes, and what was in it.
    const isOver = (name: string): boolean =>
      before.variables.has(name) && !this._state.variables.has(name);
    if (this._endDrafts(isOver)) {
      this._state = this._draw();
    }
  }

  /** @returns whether there were any */
  private _endDrafts(isOver: (name: string) => boolean): boolean {
    const ended = this.options.drafts.end(isOver);
    if (ended) {
      this._sender.drafted();
    }
    return ended;
  }

  private _draw(): ClientState {
    return this._view.draw(this._sessionId, this._replica, this._standing.link);
  }

  private readonly _channel: Channel;
  private readonly _outbox: Outbox;
  private readonly _sender: Sender;
  private readonly _writer: Writer;
  private readonly _flushes: Flushes;
  private readonly _conflicts = new Conflicts();
  private readonly _view: View;
  private readonly _now: () => number;
  private readonly _listeners = new Listeners();
  private _sessionId: string;
  private _replica: Replica;
  private _state: ClientState;
  // The last mutate that went past the channel: a page that goes is hidden first, and tells of both.
  private _posted = '';
  private readonly _standing: Standing;
  private _isDisposed = false;
  private _replaced = false;
}
