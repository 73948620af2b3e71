/**
 * A kernel as a client: its replica and outbox are the real ones, in Python; its connection is a wire like the panel's.
 */
import type { Authority } from './authority';
import type { Outside } from './browser';
import type { Wire } from './wire';

export interface KernelState {
  pending: string[];
  saved: boolean;
  rows: unknown[];
  revision: number;
  view: Record<string, string>;
  refused: [name: string, text: string | null][];
}

export class Kernel {
  wires: Wire[] = [];

  constructor(
    readonly name: string,
    private readonly server: Authority,
    private readonly outside: Outside
  ) {}

  get isOnline(): boolean {
    return this._wire !== null;
  }

  state(): KernelState {
    return this._do('state') as KernelState;
  }

  connect(session: string): void {
    if (this._wire !== null || !this.outside.isUp) {
      return;
    }
    const wire = this.outside.connect(session, 'kernel', true);
    this.wires = [...this.wires.filter(each => !each.isOver), wire];
    this._wire = wire;
    wire.onopen = () => {
      this._live = false;
      wire.send(this._do('hello', { session_id: session }) as string);
    };
    wire.onmessage = ({ data }) => this._hear(wire, data as string);
    wire.onclose = ({ code }) => {
      this._lost();
      if (code === 4404) {
        this._do('gone');
      }
    };
  }

  /** What was written and has gathered goes out. */
  hurry(): void {
    const text = this._live ? (this._do('due') as string | null) : null;
    if (text !== null) {
      this._wire!.send(text);
    }
  }

  write(edits: [name: string, text: string | null][]): void {
    this._do('write', { edits });
  }

  /** Members of what it sees, as `session.edit` writes them. */
  edit(name: string, before: string, after: string): void {
    this._do('edit', { variable: name, before, after });
  }

  barrier(id: string): void {
    if (this._live) {
      this.hurry();
      this._wire!.send(JSON.stringify({ type: 'barrier', id }));
    }
  }

  private _hear(wire: Wire, text: string): void {
    const offline = this._lostAt === null ? 0 : (Date.now() - this._lostAt) / 1000;
    const { resync, said = [] } = this._do('hear', { text, offline }) as {
      resync: boolean;
      said?: string[];
    };
    if (resync) {
      wire.close();
      this._lost();
      return;
    }
    if (text.startsWith('{"type":"welcome"')) {
      this._live = true;
      this._lostAt = null;
    }
    said.forEach(each => wire.send(each));
  }

  private _lost(): void {
    this._wire = null;
    this._live = false;
    this._lostAt ??= Date.now();
  }

  private _do(word: string, what: Record<string, unknown> = {}): unknown {
    return this.server.ask('kernel', { name: this.name, ...what, word });
  }

  private _wire: Wire | null = null;
  private _live = false;
  private _lostAt: number | null = null;
}
