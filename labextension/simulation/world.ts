/**
 * Five clients of one session, and all that can happen to them. A step is what a seed chose: nothing else decides.
 */
import { isObject } from '../src/json';
import type { Authority, Said } from './authority';
import { Browser, Page, type Outside, type Reply } from './browser';
import { pick } from './chance';
import type { Fault } from './faults';
import { Hands, KERNEL, NAMES, type Slot } from './hands';
import { Kernel } from './kernel';
import { Ledger } from './ledger';
import type { Step } from './step';
import { judge, unrestOf } from './verdict';
import { Wire } from './wire';

const TIMES = [20, 100, 450, 450, 900, 900, 2500, 2500, 16_000, 70_000];
// Longer than a page waits before it looks for dead tabs, and than its longest back-off.
const CALM_SECONDS = 45;
const immediate = globalThis.setImmediate;

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
    this._hands = new Hands(this._kernel, this.ledger);
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
        return [
          `nothing comes to rest: ${unrestOf(this._slots, this._kernel, this._wires).join('; ')}`
        ];
      }
      this._slots.forEach(slot => slot.page?.open());
      this._posts.splice(0).forEach(post => this.server.ask('mutate', { ...post }));
      this._kernelConnects();
      this._kernel.hurry();
      await this._everything(1000);
      this._pass(1000);
      await this._settle();
      calm = unrestOf(this._slots, this._kernel, this._wires).length === 0 ? calm + 1 : 0;
    }
    const { wrong, patches } = judge({
      slots: this._slots,
      kernel: this._kernel,
      server: this.server,
      ledger: this.ledger
    });
    this.patches = patches;
    return [...this._hands.wrong, ...wrong];
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
          this._hands.kernelWrites(name, how);
        } else {
          this._hands.tryTo(slot, client => this._hands.type(client, slot, name, how));
        }
        break;
      case 'edit':
        if (isKernel) {
          this._hands.kernelEdits(name, which, how);
        } else {
          this._hands.tryTo(slot, client => this._hands.edit(client, slot, name, which, how));
        }
        break;
      case 'focus':
        this._hands.tryTo(slot, client => {
          const from = client.getVariable(name) ?? null;
          if (isObject(from)) {
            slot.began.set(name, from);
          }
        });
        break;
      case 'write':
        if (this.isUp) {
          this.server.ask('write', { name, text: this._hands.value('api', name, how) });
        }
        break;
      case 'delete':
        if (isKernel) {
          this._kernel.write([[name, null]]);
          this.ledger.wrote(KERNEL, name);
        } else {
          this._hands.tryTo(slot, client => client.deleteVariable(name));
          this.ledger.wrote(slot.author, name);
        }
        break;
      case 'rename':
        this._hands.tryTo(slot, client => client.renameVariable(name, pick(NAMES, how)));
        break;
      case 'flush':
        if (isKernel) {
          this._kernel.hurry();
        } else {
          this._hands.tryTo(slot, client => void client.flush());
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
        this._hands.tryTo(slot, client => this._hands.decide(client, slot, which, how));
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

  private readonly _slots: readonly Slot[];
  private readonly _kernel: Kernel;
  private readonly _hands: Hands;
  private readonly _wires = new Map<number, Wire>();
  private readonly _posts: { session: string; text: string }[] = [];
  private _made = 0;
  private _tabs = 0;
  private _dying = false;
  private _hasBackup = false;
}
