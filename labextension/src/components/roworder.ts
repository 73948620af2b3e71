/**
 * The names of the rows in order. What an order depends on is read off a row when that row changes, as it is confirmed: what
 * is being typed moves nothing. While rows are held nothing moves at all, or a row would jump away from under one's hands.
 */
import { inOwnOrder, type Order } from '../arrangement';
import type { Row, Rows } from '../model';
import type { ViewRow } from '../overlay';
import { typeWords } from '../typed';
import { kindOf } from './kinds';

const collator = new Intl.Collator(undefined, { numeric: true });

type Key = number | string;

export interface Ordering {
  order: Order;
  own: readonly string[];
  variables: ReadonlyMap<string, ViewRow>;
  saved: Rows;
  isHeld: boolean;
}

export class RowOrder {
  /**
   * The same array as long as the same names stand in the same places.
   * @param changed the names of rows that may be others than in the last call; null where any may
   */
  sorted(now: Ordering, changed: ReadonlySet<string> | null): readonly string[] {
    const { order, own } = now;
    const isOther = order !== this._order || own !== this._own;
    const named = this._takeNames(now.variables, changed);
    const marked = this._mark(now, isOther || changed === null ? null : changed);
    if (isOther || named || marked) {
      this._sorted = this._inOrder(order, own);
      this._order = order;
      this._own = own;
    }
    return this._sorted;
  }

  /** @returns whether there are others than before */
  private _takeNames(
    variables: ReadonlyMap<string, ViewRow>,
    changed: ReadonlySet<string> | null
  ): boolean {
    const touched = changed ?? new Set([...variables.keys(), ...this._byName]);
    const gone = [...touched].filter(name => this._places.has(name) && !variables.has(name));
    const come = [...touched].filter(name => !this._places.has(name) && variables.has(name));
    if (gone.length === 0 && come.length === 0) {
      return false;
    }
    const kept =
      gone.length === 0 ? this._byName : this._byName.filter(name => variables.has(name));
    // What is in order already is only merged.
    come.sort(collator.compare);
    this._byName = kept.length === 0 ? come : [...kept, ...come].sort(collator.compare);
    this._places = new Map(this._byName.map((name, place) => [name, place]));
    return true;
  }

  /** @returns whether a row's key is another one */
  private _mark(now: Ordering, changed: ReadonlySet<string> | null): boolean {
    const { order, variables, saved, isHeld } = now;
    if (order !== 'changed' && order !== 'type') {
      this._keys.clear();
      return false;
    }
    const isAll = changed === null;
    if (order !== this._order) {
      this._keys.clear();
    }
    const names = isAll ? new Set([...variables.keys(), ...this._keys.keys()]) : new Set(changed);
    if (!isHeld) {
      this._missed.forEach(name => names.add(name));
      this._missed.clear();
    }
    let isOther = false;
    for (const name of names) {
      const row = saved.get(name) ?? variables.get(name);
      const before = this._keys.get(name);
      if (row === undefined || !variables.has(name)) {
        isOther = this._keys.delete(name) || isOther;
      } else if (before !== undefined && isHeld) {
        this._missed.add(name);
      } else {
        const key = order === 'changed' ? -row.updatedAt : typeOf(row);
        isOther ||= key !== before;
        this._keys.set(name, key);
      }
    }
    return isOther;
  }

  private _inOrder(order: Order, own: readonly string[]): readonly string[] {
    if (order === 'own') {
      return inOwnOrder(this._byName, own);
    }
    if (order === 'name') {
      return this._byName;
    }
    const types = [...this._keys.values()].flatMap(key => (typeof key === 'string' ? key : []));
    const ranks = new Map([...new Set(types)].sort(collator.compare).map((key, i) => [key, i]));
    const rankOf = (name: string): number => {
      const key = this._keys.get(name)!;
      return typeof key === 'string' ? ranks.get(key)! : key;
    };
    // The order before this one first: what is nearly in order is sorted quickly.
    const names = this._sorted.filter(name => this._places.has(name));
    const known = new Set(names);
    return [...names, ...this._byName.filter(name => !known.has(name))].sort(
      (a, b) => rankOf(a) - rankOf(b) || this._places.get(a)! - this._places.get(b)!
    );
  }

  private _order: Order | null = null;
  private _own: readonly string[] = [];
  private _byName: readonly string[] = [];
  private _places: ReadonlyMap<string, number> = new Map();
  private readonly _keys = new Map<string, Key>();
  /** Rows that changed while nothing was to move. */
  private readonly _missed = new Set<string>();
  private _sorted: readonly string[] = [];
}

function typeOf({ value }: Row): string {
  return typeWords(value) ?? kindOf(value);
}
