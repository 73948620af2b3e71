/**
 * Five clients of one session, and all that can happen to them. A step is what a seed chose: nothing else decides.
 */
import { EditError, type SessionClient } from '../src/client';
import { isObject, parseJson, stringifyJson, type Json } from '../src/json';
import type { Row } from '../src/model';
import type { Authority, Said } from './authority';
import { Browser, Page, type Outside, type Reply } from './browser';
import { pick, weighed } from './chance';
import type { Fault } from './faults';
import { Kernel } from './kernel';
import { Ledger, marksIn } from './ledger';
import { edited, objectOf, type Members, type Pen } from './members';
import { Wire } from './wire';

const WEIGHTS = {
  set: 24,
  edit: 36,
  focus: 4,
  write: 1,
  delete: 3,
  rename: 3,
  flush: 4,
  up: 14,
  down: 14,
  post: 3,
  everything: 5,
  time: 14,
  cut: 4,
  offline: 2,
  online: 4,
  hide: 2,
  reload: 3,
  kill: 2,
  open: 3,
  duplicate: 1,
  decide: 3,
  barrier: 2,
  die: 1,
  stop: 1,
  start: 4,
  backUp: 0.5,
  restore: 0.5,
  compact: 1
};

/** What is done; to whom and how, as numbers from 0 to 1. */
export interface Step {
  what: keyof typeof WEIGHTS;
  who: number;
  which: number;
  how: number;
}

export function stepOf(chance: () => number): Step {
  return { what: weighed(WEIGHTS, chance()), who: chance(), which: chance(), how: chance() };
}

const POOL = 'pool';
/** Objects, of which members are edited. */
const CONFIG = 'config';
const NAMES = ['a', 'b', 'lr', 'größe', 'constructor', POOL, CONFIG];
// Values of one variable that come again and again, and differ in their digits alone.
const DIGITS = [
  '1',
  '1.0',
  '1E2',
  '100.0',
  '-0.0',
  '0',
  'true',
  'null',
  '[1,2.0]',
  '{"b":1,"a":2}'
];
const TIMES = [20, 100, 450, 450, 900, 900, 2500, 2500, 16_000, 70_000];
// Longer than a page waits before it looks for dead tabs, and than its longest back-off.
const CALM_SECONDS = 45;
const KERNEL = 'kernel';
const immediate = globalThis.setImmediate;

/** A place where a tab may be open. */
interface Slot {
  readonly browser: Browser;
  page: Page | null;
  /** Whose outbox it has: another one for each tab that was here, the same through its reloads. */
  author: string;
  /** What somebody saw of an object when they began to edit it, by its name. */
  readonly began: Map<string, Members>;
}

interface Outcome {
  rows: unknown[];
  stored: unknown[];
  revision: number;
  history: string[];
  undone: string[];
  patches: number;
}

export class World implements Outside {
  isUp = true;
  readonly ledger = new Ledger();
  /** How many edits of members have been committed. */
  patches = 0;

  /** Time, and the chance of ids, are the caller's to settle. */
  constructor(
    private readonly server: Authority,
    private readonly fault: Fault | '' = ''
  ) {
    const [first, second] = [new Browser(), new Browser()];
    this._slots = [first, first, second, second].map(browser => ({
      browser,
      page: null,
      author: '',
      began: new Map()
    }));
    this._kernel = new Kernel(KERNEL, server, this);
    server.ask('begin');
  }

  said([wire, what]: Said): void {
    if (!this._dying) {
      this._wires.get(wire)?.said(what);
    }
  }

  connect(session: string, role: 'editor' | 'kernel', isReachable: boolean): Wire {
    const id = ++this._made;
    const wire = new Wire(id, this.server, session, role, this.isUp && isReachable);
    this._wires.set(id, wire);
    return wire;
  }

  request(_method: string, [first = '', second]: readonly string[], text: string): Promise<Reply> {
    if (first === 'attach') {
      return Promise.resolve({ status: 200, body: this.server.ask('attach') });
    }
    if (second === 'mutate') {
      // It travels by itself: it may come before or after what the channel carries, or not at all.
      this._posts.push({ session: first, text });
      return new Promise(() => undefined);
    }
    const isThere = this.server.ask('there', { session: first }) === true;
    return Promise.resolve({ status: isThere ? 200 : 404, body: {} });
  }

  async begin(): Promise<void> {
    this._slots.slice(0, 3).forEach(slot => this._openTab(slot));
    await this._settle();
  }

  async take(step: Step): Promise<void> {
    if (step.what === 'everything') {
      await this._everything(20);
    } else {
      this._do(step);
      await this._settle();
    }
    this._slots.forEach(slot => slot.page?.open());
    await this._settle();
  }

  /** Everybody is let have their way until nothing moves any more. @returns sentences of what is wrong then */
  async end(): Promise<string[]> {
    this._start();
    for (const slot of this._slots) {
      slot.browser.isOnline = true;
      if (slot.page === null) {
        this._openTab(slot);
      }
    }
    for (let calm = 0, round = 0; calm < CALM_SECONDS; round++) {
      if (round === 300) {
        return [`nothing comes to rest: ${this._unrest().join('; ')}`];
      }
      this._slots.forEach(slot => slot.page?.open());
      this._posts.splice(0).forEach(post => this.server.ask('mutate', { ...post }));
      this._kernelConnects();
      this._kernel.hurry();
      await this._everything(1000);
      this._pass(1000);
      await this._settle();
      calm = this._unrest().length === 0 ? calm + 1 : 0;
    }
    return this._verdict();
  }

  dispose(): void {
    this._slots.forEach(slot => slot.page?.die(0));
    this.server.ask('end');
  }

  // --- steps ---

  private _do({ what, who, which, how }: Step): void {
    const isKernel = who >= 0.8;
    const slot = pick(this._slots, isKernel ? how : who / 0.8);
    const name = pick(NAMES, which);
    switch (what) {
      case 'set':
        if (isKernel) {
          this._kernelWrites(name, how);
        } else {
          this._try(slot, client => this._type(client, slot, name, how));
        }
        break;
      case 'edit':
        if (isKernel) {
          this._kernelEdits(name, which, how);
        } else {
          this._try(slot, client => this._edit(client, slot, name, which, how));
        }
        break;
      case 'focus':
        this._try(slot, client => {
          const from = client.getVariable(name) ?? null;
          if (isObject(from)) {
            slot.began.set(name, from);
          }
        });
        break;
      case 'write':
        if (this.isUp) {
          this.server.ask('write', { name, text: this._value('api', name, how) });
        }
        break;
      case 'delete':
        if (isKernel) {
          this._kernel.write([[name, null]]);
          this.ledger.wrote(KERNEL, name);
        } else {
          this._try(slot, client => client.deleteVariable(name));
          this.ledger.wrote(slot.author, name);
        }
        break;
      case 'rename':
        this._try(slot, client => client.renameVariable(name, pick(NAMES, how)));
        break;
      case 'flush':
        if (isKernel) {
          this._kernel.hurry();
        } else {
          this._try(slot, client => void client.flush());
        }
        break;
      case 'up':
      case 'down':
        this._deliver(what, which, how);
        break;
      case 'post':
        this._post(which, how);
        break;
      case 'time':
        this._pass(pick(TIMES, which ** 1.5));
        if (how < 0.5) {
          this._kernelConnects();
          this._kernel.hurry();
        }
        break;
      case 'cut':
        this._cut(isKernel ? this._kernel.wires : (slot.page?.wires ?? []), which, how);
        break;
      case 'offline':
        slot.browser.isOnline = false;
        this._slots
          .filter(each => each.browser === slot.browser)
          .forEach(each =>
            each.page?.wires.forEach(wire => wire.clientLoses(pick([0, 1, 9], how)))
          );
        break;
      case 'online':
        slot.browser.isOnline = true;
        this._slots
          .filter(each => each.browser === slot.browser)
          .forEach(each => each.page?.connect());
        this._kernelConnects();
        break;
      default:
        this._life(what, slot, which, how);
        break;
    }
  }

  /** Pages and servers come and go. */
  private _life(what: Step['what'], slot: Slot, which: number, how: number): void {
    switch (what) {
      case 'hide':
        slot.page?.leave();
        break;
      case 'reload':
        if (slot.page !== null) {
          slot.page.leave();
          slot.page.die(pick([0, 1, 9], how));
          slot.page = this._page(slot, slot.page.tab);
        }
        break;
      case 'kill':
        slot.page?.die(pick([0, 1, 9], how));
        slot.page = null;
        break;
      case 'open':
        if (slot.page === null) {
          this._openTab(slot);
        }
        break;
      case 'duplicate': {
        const other = this._slots.find(
          each => each !== slot && each.browser === slot.browser && each.page !== null
        );
        if (slot.page === null && other !== undefined) {
          this._openTab(slot, new Map(other.page!.tab));
        }
        break;
      }
      case 'decide':
        this._try(slot, client => this._decide(client, slot, which, how));
        break;
      case 'barrier':
        this._kernel.barrier(`barrier${this._made++}`);
        break;
      case 'die':
      case 'stop':
        this._stop(what === 'die', how);
        break;
      case 'start':
        this._start();
        break;
      case 'backUp':
        this._hasBackup = (this.isUp && this.server.ask('back_up') === true) || this._hasBackup;
        break;
      case 'restore':
        if (this._hasBackup) {
          this._stop(true, how);
          this.server.ask('restore');
          this.isUp = true;
        }
        break;
      case 'compact':
        if (this.isUp) {
          this.server.ask('compact');
        }
        break;
      default:
        throw new Error(`There is no step ${what}.`);
    }
  }

  private _try(slot: Slot, act: (client: SessionClient) => void): void {
    const client = slot.page?.client ?? null;
    try {
      if (client !== null) {
        act(client);
      }
    } catch (error) {
      if (!(error instanceof EditError)) {
        throw error;
      }
    }
  }

  private _value(author: string, name: string, how: number): string {
    if (name === POOL) {
      this.ledger.wrote(author, name);
      return pick(DIGITS, how);
    }
    if (name === CONFIG && how < 0.9) {
      return stringifyJson(objectOf(this._pen(author, name), how));
    }
    const mark = this.ledger.type(author, name);
    return pick([`"${mark}"`, `{"b":1.0,"a":"${mark}"}`, `["${mark}",1E2]`], how);
  }

  private _pen(author: string, name: string): Pen {
    return {
      write: (place, over) => this.ledger.type(author, name, place, over),
      erase: place => this.ledger.wrote(author, name, place),
      carry: value => this.ledger.carried(stringifyJson(value))
    };
  }

  /** Members of an object are changed: of what is shown, or of what was when somebody began to. */
  private _edit(
    client: SessionClient,
    slot: Slot,
    given: string,
    which: number,
    how: number
  ): void {
    const name = this._edits(given, which);
    const shown = client.getVariable(name);
    const began = slot.began.get(name);
    const from = began ?? shown ?? null;
    if (!isObject(from)) {
      if (name === CONFIG) {
        this._type(client, slot, name, how);
      }
      return;
    }
    slot.began.delete(name);
    const then = this.ledger.now();
    const to = edited(from, this._pen(slot.author, name), how, which);
    client.editVariable(name, from, to);
    const now = client.getVariable(name);
    const [old, fresh] = [textOf(shown), textOf(now)];
    this._carries(from, old, fresh);
    if (old !== stringifyJson(from) && fresh === stringifyJson(to)) {
      // It could not be laid on what had been written here since: all of that is replaced.
      this.ledger.wrote(slot.author, name, '', then);
    }
    const lost = marksIn(stringifyJson(to)).filter(mark => !fresh.includes(mark));
    if (began === undefined && lost.length > 0) {
      this._wrong.push(`${lost.join()}, edited by ${slot.author}, is not shown`);
    }
  }

  private _kernelEdits(given: string, which: number, how: number): void {
    const name = this._edits(given, which);
    const before = this._kernelShows(name);
    const from = before === '' ? null : parseJson(before);
    if (!isObject(from)) {
      if (name === CONFIG) {
        this._kernelWrites(name, 0);
      }
      return;
    }
    const after = stringifyJson(edited(from, this._pen(KERNEL, name), how, which));
    this._kernel.edit(name, before, after);
    const now = this._kernelShows(name);
    this._carries(from, before, now);
    if (stringifyJson(parseJson(now)) !== after) {
      this._wrong.push(`${after}, edited by ${KERNEL}, is not shown`);
    }
  }

  /** Mostly of one that has members for sure. */
  private _edits(name: string, which: number): string {
    return (which * 1000) % 1 < 0.25 ? name : CONFIG;
  }

  private _kernelShows(name: string): string {
    return new Map(Object.entries(this._kernel.state().view)).get(name) ?? '';
  }

  /** Where a member cannot be written by itself, what was seen is written with it, and may come again. */
  private _carries(from: Members, before: string, after: string): void {
    const back = marksIn(stringifyJson(from)).filter(
      mark => after.includes(mark) && !before.includes(mark)
    );
    this.ledger.carried(back.join(' '));
  }

  private _type(client: SessionClient, slot: Slot, name: string, how: number): void {
    const text = this._value(slot.author, name, how);
    client.setVariable(name, parseJson(text));
    const shown = client.getVariable(name);
    if (name !== POOL && (shown === undefined || stringifyJson(shown) !== text)) {
      this._wrong.push(`${text}, typed by ${slot.author}, is not shown`);
    }
  }

  private _kernelWrites(name: string, how: number): void {
    const names = how < 0.8 ? [name] : [...new Set([name, pick(NAMES, (how - 0.8) * 5)])];
    this._kernel.write(names.map(each => [each, this._value(KERNEL, each, how)]));
  }

  private _decide(client: SessionClient, slot: Slot, which: number, how: number): void {
    const { conflicts, refused } = client.getState();
    if (conflicts.size === 0 && refused.length > 0) {
      const { id, edit } = pick(refused, which);
      this.ledger.decided(stringifyJson(edit.op));
      client.dismissRefused(id);
      return;
    }
    if (conflicts.size === 0) {
      return;
    }
    const [name, { mine, theirs, stands }] = pick([...conflicts], which);
    const choice = how < 0.5 ? 'mine' : 'theirs';
    const chosen = choice === 'mine' ? mine : theirs;
    this.ledger.decided(mine === undefined ? '' : stringifyJson(mine));
    if (stands !== choice) {
      this.ledger.chosen(slot.author, name, chosen === undefined ? '' : stringifyJson(chosen));
    }
    if (choice === 'mine') {
      client.keepMine(name);
    } else {
      client.takeTheirs(name);
    }
  }

  // --- what travels ---

  private _deliver(way: 'up' | 'down', which: number, how: number): void {
    const busy = [...this._wires.values()].filter(wire => !wire.isOver && wire[way].length > 0);
    if (busy.length === 0) {
      return;
    }
    const wire = pick(busy, which);
    for (let count = pick([1, 1, 2, 3, 5, 100], how); count > 0 && wire[way].length > 0; count--) {
      this._carry(wire, way);
    }
  }

  private _carry(wire: Wire, way: 'up' | 'down'): void {
    if (way === 'up') {
      wire.deliverUp();
    } else {
      wire.deliverDown(this.isUp);
    }
    if (wire.isOver) {
      this._wires.delete(wire.id);
    }
  }

  private async _everything(rounds: number): Promise<void> {
    for (let moved = true; moved && rounds > 0; rounds--) {
      moved = false;
      for (const wire of [...this._wires.values()]) {
        for (const way of ['up', 'down'] as const) {
          for (; wire[way].length > 0; moved = true) {
            this._carry(wire, way);
          }
        }
        await this._settle();
      }
    }
  }

  private _post(which: number, how: number): void {
    const [post] = this._posts.splice(Math.floor(which * this._posts.length), 1);
    if (post !== undefined && this.isUp && how < 0.8) {
      this.server.ask('mutate', { ...post });
    }
  }

  private _cut(wires: readonly Wire[], which: number, how: number): void {
    const open = wires.filter(wire => !wire.isOver);
    if (open.length === 0) {
      return;
    }
    const wire = pick(open, which);
    if (how < 0.3) {
      wire.serverLoses();
    } else {
      wire.clientLoses(pick([0, 1, 2, 9], how));
    }
  }

  private _kernelConnects(): void {
    if (!this._kernel.isOnline && this.isUp) {
      this._kernel.connect((this.server.ask('attach') as { sessionId: string }).sessionId);
    }
  }

  private _stop(dies: boolean, how: number): void {
    if (!this.isUp) {
      return;
    }
    this.isUp = false;
    this._dying = dies;
    this.server.ask('stop');
    this._dying = false;
    this._wires.forEach(wire => wire.serverDies(dies ? pick([0, 1, 3, 100], how) : 100));
  }

  private _start(): void {
    if (!this.isUp) {
      this.server.ask('start');
      this.isUp = true;
    }
  }

  private _openTab(slot: Slot, tab = new Map<string, string>()): void {
    slot.author = `tab ${++this._tabs}`;
    slot.page = this._page(slot, tab);
  }

  private _page(slot: Slot, tab: Map<string, string>): Page {
    const page = new Page(slot.browser, tab, this, this.fault);
    page.open();
    return page;
  }

  private _pass(milliseconds: number): void {
    vi.advanceTimersByTime(milliseconds);
    this._wires.forEach(wire => wire.notice());
  }

  private async _settle(): Promise<void> {
    await new Promise(resolve => immediate(resolve));
  }

  // --- what came of it ---

  private get _clients(): [Slot, SessionClient][] {
    return this._slots.flatMap(slot => {
      const client = slot.page?.client ?? null;
      return client === null ? [] : [[slot, client] as [Slot, SessionClient]];
    });
  }

  private get _session(): string | null {
    return this._clients[0]?.[1].getState().sessionId ?? null;
  }

  private _unrest(): string[] {
    const outboxes = this._slots.flatMap(({ browser }) => browser.outboxes);
    const kernel = this._kernel.state();
    return [
      ...this._slots.filter(({ page }) => page?.client == null).map(() => 'a page has no session'),
      ...this._clients
        .filter(
          ([, { status }]) => !['saved', 'conflict'].includes(status.kind) || status.edits > 0
        )
        .map(([slot, { status }]) => `${slot.author} is ${status.kind}, ${status.edits} unsaved`),
      ...outboxes
        .filter(({ open, edits }) => open !== null || edits.length > 0)
        .map(({ key }) => `${key} is not empty`),
      ...(kernel.saved && this._kernel.isOnline ? [] : ['the kernel has something to send']),
      ...([...this._wires.values()].every(wire => wire.isQuiet) ? [] : ['frames are under way'])
    ];
  }

  private _verdict(): string[] {
    const kernel = this._kernel.state();
    const views = this._clients.map(([slot, client]) => [slot.author, client.getState()] as const);
    const session = this._session;
    const others = views.filter(([, state]) => state.sessionId !== session);
    const { rows, stored, revision, history, undone, patches } = this.server.ask('outcome', {
      session
    }) as Outcome;
    this.patches = patches;
    const truth = sorted(rows);
    const unequal = (who: string, theirs: unknown[], at: number): string[] =>
      sorted(theirs) === truth && at === revision
        ? []
        : [`${who} at ${at} has ${sorted(theirs)} and the server at ${revision} ${truth}`];
    const shown = [
      ...this._clients.flatMap(([, client]) => shownBy(client)),
      ...kernel.refused.map(([, text]) => text ?? '')
    ];
    return [
      ...this._wrong,
      ...others.map(([who]) => `${who} is at another session`),
      ...unequal('the store', stored, revision),
      ...unequal(KERNEL, kernel.rows, kernel.revision),
      ...views.flatMap(([who, { variables, meta }]) =>
        unequal(who, [...variables.values()].map(rowOf), meta.revision)
      ),
      ...this.ledger.audit(history, undone, shown)
    ];
  }

  private readonly _slots: readonly Slot[];
  private readonly _kernel: Kernel;
  private readonly _wires = new Map<number, Wire>();
  private readonly _posts: { session: string; text: string }[] = [];
  private readonly _wrong: string[] = [];
  private _made = 0;
  private _tabs = 0;
  private _dying = false;
  private _hasBackup = false;
}

function rowOf({ name, value, revision, updatedAt, origin }: Row): unknown {
  const members = Object.entries(origin).filter(([, member]) => member !== undefined);
  const inOrder = Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
  return { name, value: stringifyJson(value satisfies Json), revision, updatedAt, origin: inOrder };
}

/** What was refused, as a person sees it who goes through it: the next one of a variable shows when one is put away. */
function shownBy(client: SessionClient): string[] {
  const shown: string[] = [];
  for (;;) {
    const { refused, conflicts } = client.getState();
    const clashes = [...conflicts.values()];
    shown.push(...clashes.map(({ mine }) => stringifyJson(mine ?? null)));
    shown.push(...refused.map(({ edit }) => stringifyJson(edit.op)));
    const ids = [...refused.map(({ id }) => id), ...clashes.flatMap(each => each.refusedId ?? [])];
    if (ids.length === 0) {
      return shown;
    }
    ids.forEach(id => client.dismissRefused(id));
  }
}

function textOf(value: Json | undefined): string {
  return value === undefined ? '' : stringifyJson(value);
}

function sorted(rows: unknown[]): string {
  return `\n  ${rows
    .map(row => JSON.stringify(row))
    .sort()
    .join('\n  ')}\n`;
}
