/**
 * One live channel: connects, says hello, and comes back by itself after whatever cut it.
 *
 * It knows when to speak, not what: the hello and every frame come from its owner.
 */
import type { ClientFrame, Hello, ServerFrame } from './frames';
import { parseJson, stringifyJson } from './json';

/** asking: the upgrade failed, and a GET finds out why. ended: no use in trying again. */
export type ChannelState =
  'idle' | 'connecting' | 'greeting' | 'live' | 'asking' | 'waiting' | 'ended';

/** Why a channel ended, or what its last cut meant for an unanswered frame. */
export type ChannelEnd = 'gone' | 'forbidden';

export interface Socket {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

export interface ChannelOptions {
  open(): Socket;
  hello(): Hello;
  /** What a GET says of the session. */
  why(): Promise<'there' | 'gone' | 'forbidden' | 'unreachable'>;
  onFrame(frame: ServerFrame): void;
  onState(state: ChannelState, end?: ChannelEnd): void;
  /** The server closed because a frame of ours was too large. */
  onTooLarge(): void;
  /** 0 to 1. */
  random?(): number;
}

const FIRST_DELAY = 400;
const LONGEST_DELAY = 30_000;
// A handshake or a welcome that takes longer is a proxy that holds on to a dead server.
const PATIENCE = 10_000;
// A live channel on which nothing was heard for so long is asked for a sign of life. A socket can be half open, after a
// machine slept or changed its network, and a browser sees neither that nor the server's own pings.
const QUIET = 20_000;
// Asked for by somebody who is just back: what was heard this shortly before is good enough.
const JUST_NOW = 1000;
// A channel that lived this long starts its next row of delays anew; a shorter life is part of the same trouble.
const STEADY = 5000;

const CLOSE = {
  protocol: 4400,
  forbidden: 4401,
  gone: 4404,
  replaced: 4409,
  tooLarge: 4413,
  tooLargeForSocket: 1009,
  tooSlow: 4429
};

export class Channel {
  constructor(private readonly options: ChannelOptions) {}

  get state(): ChannelState {
    return this._state;
  }

  /**
   * Connects now, from whatever state: after `online`, a focus, a Run, nobody wants to wait for a delay to end. Of a live
   * channel, makes sure that it is.
   */
  connect(): void {
    if (this._state === 'live') {
      this._probe();
      return;
    }
    if (this._state === 'connecting' || this._state === 'greeting') {
      return;
    }
    clearTimeout(this._timer);
    this._enter('connecting');
    let socket: Socket;
    try {
      socket = this.options.open();
    } catch {
      this._wait();
      return;
    }
    this._socket = socket;
    this._timer = setTimeout(() => this._lost(socket, 0), PATIENCE);
    socket.onopen = () => this._greet(socket);
    socket.onmessage = event => this._receive(socket, event.data);
    socket.onclose = event => this._lost(socket, event.code);
    // An error is always followed by a close, which has the code.
    socket.onerror = null;
  }

  /** @returns whether the frame was handed to an open channel. */
  send(frame: ClientFrame): boolean {
    if (this._state !== 'live' || this._socket === null) {
      return false;
    }
    try {
      this._socket.send(stringifyJson(frame));
      return true;
    } catch {
      return false;
    }
  }

  /** Hangs up and connects anew, for a fresh welcome. */
  restart(): void {
    if (this._socket !== null) {
      this._lost(this._socket, 0);
    }
  }

  /** After an end that may not be final: connects anew after a delay. */
  retry(): void {
    if (this._state === 'ended') {
      this._wait();
    }
  }

  /** Hangs up for good. */
  close(): void {
    this._drop();
    clearTimeout(this._timer);
    this._state = 'idle';
  }

  private _greet(socket: Socket): void {
    if (socket === this._socket && this._state === 'connecting') {
      this._reached = true;
      this._enter('greeting');
      socket.send(stringifyJson(this.options.hello()));
    }
  }

  private _receive(socket: Socket, data: unknown): void {
    if (socket !== this._socket || typeof data !== 'string') {
      return;
    }
    let frame: ServerFrame;
    try {
      frame = parseJson(data) as unknown as ServerFrame;
    } catch {
      this._lost(socket, CLOSE.protocol);
      return;
    }
    if (this._state === 'greeting' && frame.type === 'welcome') {
      this._since = Date.now();
      this._enter('live');
    }
    if (this._state === 'live' && socket === this._socket) {
      this._heard = Date.now();
      this._asked = false;
      clearTimeout(this._timer);
      this._timer = setTimeout(() => this._probe(), QUIET);
    }
    if (frame.type !== 'pong') {
      this.options.onFrame(frame);
    }
  }

  /** Asks for a sign of life. Any frame is one. */
  private _probe(): void {
    const socket = this._socket;
    if (socket === null || this._asked || Date.now() - this._heard < JUST_NOW) {
      return;
    }
    this._asked = true;
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._lost(socket, 0), PATIENCE);
    this.send({ type: 'ping' });
  }

  private _lost(socket: Socket, code: number): void {
    if (socket !== this._socket) {
      return;
    }
    const reached = this._reached;
    if (this._state === 'live' && Date.now() - this._since > STEADY) {
      this._attempt = 0;
    }
    this._drop();
    if (code === CLOSE.gone) {
      this._enter('ended', 'gone');
    } else if (code === CLOSE.forbidden) {
      this._enter('ended', 'forbidden');
    } else if (reached) {
      if (code === CLOSE.tooLarge || code === CLOSE.tooLargeForSocket) {
        this.options.onTooLarge();
      }
      this._wait();
    } else {
      void this._ask();
    }
  }

  private async _ask(): Promise<void> {
    this._enter('asking');
    const why = await this.options.why().catch(() => 'unreachable' as const);
    if (this._state !== 'asking') {
      return;
    }
    if (why === 'gone' || why === 'forbidden') {
      this._enter('ended', why);
    } else {
      this._wait();
    }
  }

  private _wait(): void {
    const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this._attempt++);
    const delay = longest * (0.5 + (this.options.random ?? Math.random)() / 2);
    this._enter('waiting');
    this._timer = setTimeout(() => this.connect(), delay);
  }

  private _drop(): void {
    const socket = this._socket;
    clearTimeout(this._timer);
    this._socket = null;
    this._reached = this._asked = false;
    if (socket !== null) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      try {
        socket.close();
      } catch {
        // It was closed already.
      }
    }
  }

  private _enter(state: ChannelState, end?: ChannelEnd): void {
    this._state = state;
    this.options.onState(state, end);
  }

  private _state: ChannelState = 'idle';
  private _socket: Socket | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _attempt = 0;
  private _reached = false;
  private _asked = false;
  private _heard = 0;
  private _since = 0;
}
