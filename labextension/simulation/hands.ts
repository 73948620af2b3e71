/**
 * What people in their tabs, and the kernel, write; and what must be seen of it at once.
 */
import { EditError, type SessionClient } from '../src/client';
import { isObject, parseJson, stringifyJson, type Json } from '../src/json';
import type { Browser, Page } from './browser';
import { pick } from './chance';
import type { Kernel } from './kernel';
import { marksIn, type Ledger } from './ledger';
import { edited, objectOf, type Members, type Pen } from './members';

const POOL = 'pool';
/** Objects, of which members are edited. */
const CONFIG = 'config';
export const NAMES = ['a', 'b', 'lr', 'größe', 'constructor', POOL, CONFIG];
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
export const KERNEL = 'kernel';

/** A place where a tab may be open. */
export interface Slot {
  readonly browser: Browser;
  page: Page | null;
  /** Whose outbox it has: another one for each tab that was here, the same through its reloads. */
  author: string;
  /** What somebody saw of an object when they began to edit it, by its name. */
  readonly began: Map<string, Members>;
}

export class Hands {
  /** Sentences of what was not shown as it was written. */
  readonly wrong: string[] = [];

  constructor(
    private readonly kernel: Kernel,
    private readonly ledger: Ledger
  ) {}

  /** Does it where the slot has a page; what may not be written is not. */
  tryTo(slot: Slot, act: (client: SessionClient) => void): void {
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

  /** A value to write, marked with who wrote it. */
  value(author: string, name: string, how: number): string {
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
  edit(client: SessionClient, slot: Slot, given: string, which: number, how: number): void {
    const name = this._edits(given, which);
    const shown = client.getVariable(name);
    const began = slot.began.get(name);
    const from = began ?? shown ?? null;
    if (!isObject(from)) {
      if (name === CONFIG) {
        this.type(client, slot, name, how);
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
      this.wrong.push(`${lost.join()}, edited by ${slot.author}, is not shown`);
    }
  }

  kernelEdits(given: string, which: number, how: number): void {
    const name = this._edits(given, which);
    const before = this._kernelShows(name);
    const from = before === '' ? null : parseJson(before);
    if (!isObject(from)) {
      if (name === CONFIG) {
        this.kernelWrites(name, 0);
      }
      return;
    }
    const after = stringifyJson(edited(from, this._pen(KERNEL, name), how, which));
    this.kernel.edit(name, before, after);
    const now = this._kernelShows(name);
    this._carries(from, before, now);
    if (stringifyJson(parseJson(now)) !== after) {
      this.wrong.push(`${after}, edited by ${KERNEL}, is not shown`);
    }
  }

  /** Mostly of one that has members for sure. */
  private _edits(name: string, which: number): string {
    return (which * 1000) % 1 < 0.25 ? name : CONFIG;
  }

  private _kernelShows(name: string): string {
    return new Map(Object.entries(this.kernel.state().view)).get(name) ?? '';
  }

  /** Where a member cannot be written by itself, what was seen is written with it, and may come again. */
  private _carries(from: Members, before: string, after: string): void {
    const back = marksIn(stringifyJson(from)).filter(
      mark => after.includes(mark) && !before.includes(mark)
    );
    this.ledger.carried(back.join(' '));
  }

  type(client: SessionClient, slot: Slot, name: string, how: number): void {
    const text = this.value(slot.author, name, how);
    client.setVariable(name, parseJson(text));
    const shown = client.getVariable(name);
    if (name !== POOL && (shown === undefined || stringifyJson(shown) !== text)) {
      this.wrong.push(`${text}, typed by ${slot.author}, is not shown`);
    }
  }

  kernelWrites(name: string, how: number): void {
    const names = how < 0.8 ? [name] : [...new Set([name, pick(NAMES, (how - 0.8) * 5)])];
    this.kernel.write(names.map(each => [each, this.value(KERNEL, each, how)]));
  }

  decide(client: SessionClient, slot: Slot, which: number, how: number): void {
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
}

function textOf(value: Json | undefined): string {
  return value === undefined ? '' : stringifyJson(value);
}
