/**
 * One connection, frame by frame: what was said on either side waits until somebody delivers it, or is lost.
 */
import type { Socket } from '../src/channel';
import type { Authority } from './authority';

type Down = { kind: 'open' } | { kind: 'frame'; text: string } | { kind: 'close'; code: number };

const UNNOTICED = 20_000;
// Asked for ever where nothing else is said.
const PING = '{"type":"ping"}';

export class Wire implements Socket {
  onopen: Socket['onopen'] = null;
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  onerror: Socket['onerror'] = null;
  /** Not yet at the server; null: the client has hung up. */
  up: (string | null)[] = [];
  /** Not yet at the client. */
  down: Down[] = [];

  constructor(
    readonly id: number,
    private readonly server: Authority,
    private readonly session: string,
    private readonly role: 'editor' | 'kernel',
    isReachable: boolean
  ) {
    if (isReachable) {
      this.down.push({ kind: 'open' });
    } else {
      this.down.push({ kind: 'close', code: 1006 });
    }
  }

  get isQuiet(): boolean {
    const saying = this.up.filter(text => text !== PING);
    return (saying.length === 0 || !this._served) && (this.down.length === 0 || !this._open);
  }

  /** Nobody will hear anything of it any more. */
  get isOver(): boolean {
    return !this._open && !this._served;
  }

  send(text: string): void {
    if (this._open) {
      this.up.push(text);
    }
  }

  close(): void {
    this._open = false;
    this.up.push(null);
  }

  /** The server said something. */
  said(what: string | number): void {
    if (typeof what === 'string') {
      this.down.push({ kind: 'frame', text: what });
    } else {
      this.down.push({ kind: 'close', code: what });
      this._forget();
    }
  }

  deliverUp(): void {
    const text = this.up.shift();
    if (text === undefined || !this._served) {
      this.up = [];
    } else if (text === null) {
      this.serverLoses();
    } else {
      this.server.ask('frame', { wire: this.id, text });
    }
  }

  /** @param isUp whether there is a server to open the connection to */
  deliverDown(isUp: boolean): void {
    const item = this.down.shift();
    if (item === undefined || !this._open) {
      this.down = [];
      return;
    }
    switch (item.kind) {
      case 'open':
        if (!isUp) {
          this.clientLoses();
          return;
        }
        this._served = true;
        this.server.ask('open', { wire: this.id, session: this.session, role: this.role });
        this.onopen?.(undefined as never);
        break;
      case 'frame':
        this.onmessage?.({ data: item.text });
        break;
      case 'close':
        this._open = false;
        this.onclose?.({ code: item.code });
        break;
    }
  }

  /** The client's end breaks; what it had said and has not arrived is lost from `kept` on. */
  clientLoses(kept = 0): void {
    if (this._open) {
      this._open = false;
      this.up.length = Math.min(kept, this.up.length);
      this.up.push(null);
      this.onclose?.({ code: 1006 });
    }
  }

  /** The server's end breaks; the client is not told, until `notice`. */
  serverLoses(): void {
    if (this._served) {
      this._lostAt = Date.now();
      this._forget();
      this.server.ask('closed', { wire: this.id });
    }
  }

  /** A connection that nobody is at the other end of is found out after a while: by a proxy, a ping, the system. */
  notice(): void {
    if (Date.now() - this._lostAt > UNNOTICED) {
      this._lostAt = Infinity;
      this.down = [{ kind: 'close', code: 1006 }];
    }
  }

  /** The server died: nobody closed anything, and the client is told of it by its own machine. */
  serverDies(kept: number): void {
    if (this._served) {
      this._forget();
      this.down.length = Math.min(kept, this.down.length);
      this.down.push({ kind: 'close', code: 1006 });
    }
  }

  private _forget(): void {
    this._served = false;
    this.up = [];
  }

  private _open = true;
  private _served = false;
  private _lostAt = Infinity;
}
