/**
 * A server of one session, in memory, with faults to order: it keeps the contract the real one keeps, for tests of what a
 * person sees when frames are lost, late, refused or repeated.
 */
import { Channel, type Socket } from '../channel';
import { SessionClient, type ClientOptions } from '../client';
import { canonicalJson, parseJson, stringifyJson, type Json } from '../json';
import { applyOps, recordRun } from '../changes';
import type { Ack, ClientFrame, Reject, ServerFrame } from '../frames';
import type { Change, Limits, Meta, Op, Origin, PatchOp, Row, Run, Step, Spec } from '../model';
import { Drafts } from '../drafts';
import { Memory } from '../memory';
import { differ, patchedOr, placesOf } from '../patch';
import { Shelf } from '../shelf';

type Mutate = Extract<ClientFrame, { type: 'mutate' }>;

export class FakeSocket implements Socket {
  onopen: Socket['onopen'] = null;
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  onerror: Socket['onerror'] = null;
  client: string | null = null;
  isOpen = true;

  constructor(private readonly server: FakeServer) {}

  send(text: string): void {
    if (this.isOpen) {
      this.server.receive(this, text);
    }
  }

  close(): void {
    this.isOpen = false;
    this.server.sockets.delete(this);
  }

  deliver(frame: ServerFrame): void {
    if (this.isOpen) {
      this.onmessage?.({ data: stringifyJson(frame) });
    }
  }

  cut(code = 1006): void {
    this.close();
    this.onclose?.({ code });
  }
}

export class FakeServer {
  rows: ReadonlyMap<string, Row> = new Map();
  steps: ReadonlyMap<string, Step> = new Map();
  changes: Change[] = [];
  revision = 0;
  epoch = 'e1';
  readOnly = false;
  limits?: Limits;
  storage: Meta['storage'];
  isUp = true;
  why: 'there' | 'gone' | 'forbidden' | 'unreachable' = 'unreachable';
  readonly sockets = new Set<FakeSocket>();
  readonly clients = new Map<
    string,
    { lastSeq: number; body: string; answer: Ack | Reject | null }
  >();
  /** Every frame any client sent, as text. */
  readonly received: string[] = [];
  /** Answers are committed, and then never sent. */
  losesAnswers = false;
  /** Mutates arrive and are dropped before they count. */
  losesMutates = false;
  /** Why nothing can be stored just now, or null. */
  busy: string | null = null;
  /** Why an op is refused, or null. */
  refuses: (op: Op) => { code: string; message: string; to?: string } | null = () => null;

  open(): Socket {
    const socket = new FakeSocket(this);
    if (this.isUp) {
      this.sockets.add(socket);
      queueMicrotask(() => socket.isOpen && socket.onopen?.(undefined as never));
    } else {
      queueMicrotask(() => socket.cut());
    }
    return socket;
  }

  get mutates(): Mutate[] {
    return this.frames('mutate') as Mutate[];
  }

  frames(type: ClientFrame['type']): ClientFrame[] {
    return this.received
      .map(text => parseJson(text) as unknown as ClientFrame)
      .filter(frame => frame.type === type);
  }

  cutAll(code?: number): void {
    [...this.sockets].forEach(socket => socket.cut(code));
  }

  goDown(): void {
    this.isUp = false;
    this.cutAll();
  }

  /** Somebody else's change. */
  write(
    ops: Op[],
    origin: Origin = { kind: 'cell' },
    client = 'kernel',
    base = this.revision
  ): void {
    this._commit(ops, origin, client, base, null);
  }

  set(name: string, value: Json, origin?: Origin): void {
    this.write([{ op: 'set', name, value }], origin);
  }

  declare(name: string, spec: Spec | null): void {
    this.write([{ op: 'declare', name, spec }]);
  }

  record(run: Run): void {
    this.write([{ op: 'run', run }], { kind: 'step', step: run.step, run: run.id });
  }

  value(name: string): Json | undefined {
    return this.rows.get(name)?.value;
  }

  deliver(frame: ServerFrame): void {
    [...this.sockets].forEach(socket => socket.client !== null && socket.deliver(frame));
  }

  /** Its disk is another than before. */
  turn(storage: Meta['storage']): void {
    this.storage = storage;
    this.deliver({ type: 'meta', meta: this._meta() });
  }

  private _meta(): Meta {
    const { revision, epoch, storage } = this;
    const meta = {
      lastSyncedAt: null,
      isDirty: false,
      revision,
      epoch,
      name: null,
      paths: ['/n.ipynb']
    };
    return storage === undefined ? meta : { ...meta, storage };
  }

  receive(socket: FakeSocket, text: string): void {
    this.received.push(text);
    const frame = parseJson(text) as unknown as ClientFrame;
    if (frame.type === 'hello') {
      socket.client = frame.client;
      const known = this.clients.get(frame.client);
      const delta =
        frame.epoch === this.epoch && frame.since !== null && frame.since <= this.revision;
      socket.deliver({
        type: 'welcome',
        session: 's',
        epoch: this.epoch,
        revision: this.revision,
        tip: `t${this.revision}`,
        lastSeq: known?.lastSeq ?? 0,
        lastAnswer: known?.answer ?? null,
        mode: delta ? 'delta' : 'snapshot',
        ...(delta
          ? { changes: this.changes.filter(change => change.revision > (frame.since ?? 0)) }
          : { variables: [...this.rows.values()] }),
        meta: this._meta(),
        steps: [...this.steps.values()],
        readOnly: this.readOnly,
        ...(this.limits && { limits: this.limits })
      });
    } else if (frame.type === 'ping') {
      socket.deliver({ type: 'pong' });
    } else if (frame.type === 'mutate' && !this.losesMutates) {
      const answer = this._mutate(socket.client!, frame);
      if (!this.losesAnswers) {
        socket.deliver(answer);
      }
    }
  }

  /** A mutate that comes past the channel. */
  post(client: string, frame: Mutate): Ack | Reject {
    return this._mutate(client, frame);
  }

  private _mutate(client: string, frame: Mutate): Ack | Reject {
    const known = this.clients.get(client) ?? { lastSeq: 0, body: '', answer: null };
    const body = canonicalJson(frame as unknown as Json);
    const { seq } = frame;
    const refuse = (code: string, message: string, more: Partial<Reject> = {}): Reject => ({
      type: 'reject',
      seq,
      code,
      message,
      ...more
    });
    if (this.busy !== null) {
      return refuse('unavailable', this.busy);
    }
    if (seq === known.lastSeq) {
      return known.body === body && known.answer !== null
        ? known.answer
        : refuse('seq-mismatch', 'Another body under the same number.');
    }
    if (seq !== known.lastSeq + 1) {
      return refuse('gap', `Expected ${known.lastSeq + 1}.`);
    }
    const answer = ((): Ack | Reject => {
      for (const op of frame.ops) {
        const row = this.rows.get(op.name);
        if (
          op.op !== 'rename' &&
          op.op !== 'declare' &&
          op.ifRevision !== undefined &&
          op.ifRevision !== (row?.revision ?? 0)
        ) {
          return refuse('conflict', `${op.name} was changed.`, {
            name: op.name,
            theirs: row?.value
          });
        }
        if (op.op === 'patch') {
          const fits = row !== undefined && patchedOr(null, row.value, op.patch) !== null;
          if (!fits) {
            const code = row === undefined ? 'gone' : 'conflict';
            return refuse(code, `${op.name} was changed.`, { name: op.name, theirs: row?.value });
          }
        }
        const refusal = this.refuses(op);
        if (refusal !== null) {
          const { code, message, ...more } = refusal;
          return refuse(code, message, { name: op.name, ...more });
        }
      }
      const conflicts = frame.ops.flatMap(op => {
        const row = this.rows.get(op.name);
        const touched = op.op !== 'patch' || this._differsSince(op, frame.base);
        return touched &&
          row !== undefined &&
          row.revision > frame.base &&
          row.origin.client !== client
          ? [{ name: op.name, theirs: row.value, origin: row.origin }]
          : [];
      });
      const changed = this._commit(
        frame.ops,
        { ...frame.origin, client },
        client,
        frame.base,
        client
      );
      const at = Date.now();
      return {
        type: 'ack',
        seq,
        revision: this.revision,
        tip: `t${this.revision}`,
        at,
        conflicts: changed ? conflicts : []
      };
    })();
    this.clients.set(client, { lastSeq: seq, body, answer });
    return answer;
  }

  private _differsSince(op: PatchOp, base: number): boolean {
    const before = this.changes
      .filter(change => change.revision <= base)
      .reduce<ReadonlyMap<string, Row>>(
        (rows, { ops, revision, at, origin }) =>
          applyOps(rows, ops, { revision, updatedAt: at, origin }),
        new Map()
      )
      .get(op.name);
    const now = this.rows.get(op.name);
    return (
      before === undefined ||
      now === undefined ||
      differ(before.value, now.value, placesOf(op.patch))
    );
  }

  private _commit(
    ops: Op[],
    origin: Origin,
    client: string,
    base: number,
    author: string | null
  ): boolean {
    const bare = ops.map(op => ({ ...op, ifRevision: undefined }));
    const stamp = {
      revision: this.revision + 1,
      updatedAt: Date.now(),
      origin: { ...origin, client }
    };
    const next = applyOps(this.rows, bare, stamp);
    const run = bare.find(op => op.op === 'run');
    const same =
      [...next].every(([name, row]) => this.rows.get(name) === row) && next.size === this.rows.size;
    if (same && run === undefined) {
      return false;
    }
    this.rows = next;
    this.revision++;
    for (const op of bare) {
      if (op.op === 'run') {
        this.steps = recordRun(this.steps, { ...op.run, revision: this.revision });
      }
    }
    const change: Change = {
      revision: this.revision,
      tip: `t${this.revision}`,
      at: stamp.updatedAt,
      client,
      base,
      origin: stamp.origin,
      ops: bare
    };
    this.changes.push(change);
    [...this.sockets]
      .filter(socket => socket.client !== null && socket.client !== author)
      .forEach(socket => socket.deliver({ type: 'change', ...change }));
    return true;
  }
}

const pages = new Set<SessionClient>();

/** What a test has opened and left: its timers would write into the browser of the next one. */
export function closePages(): void {
  pages.forEach(client => client.dispose());
  pages.clear();
}

/** A page's client of that server. Another one with the same storage and tab is the page after a reload. */
export function openPage(server: FakeServer, options: Partial<ClientOptions> = {}): SessionClient {
  const shelf = options.shelf ?? new Shelf(localStorage, 'http://lab/', 'ada');
  const client = new SessionClient({
    sessionId: 's',
    tab: 'tab1',
    life: `life-${Math.random()}`,
    shelf,
    memory: new Memory(shelf, null, 's'),
    drafts: new Drafts(shelf, 's', options.tab ?? 'tab1'),
    pace: () => ({ debounce: 500, maxWait: 2000 }),
    connect: (rest, session) =>
      new Channel({
        ...rest,
        open: () => {
          void session();
          return server.open();
        },
        why: () => Promise.resolve(server.why),
        random: () => 0.5
      }),
    ...options
  });
  client.connect();
  pages.add(client);
  return client;
}

/** Lets promises and microtasks run, without time passing. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) {
    await Promise.resolve();
  }
}
