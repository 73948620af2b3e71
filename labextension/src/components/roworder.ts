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

/** What the place of a row depends on, and the row it was read off. */
interface Mark {
  row: Row;
  key: number | string;
}

export class RowOrder {
  /** The same array as long as the same names stand in the same places. */
  sorted(
    order: Order,
    own: readonly string[],
    variables: ReadonlyMap<string, ViewRow>,
    saved: Rows,
    isHeld: boolean
  ): readonly string[] {
    const isOther = order !== this._order || own !== this._own;
    const named = this._takeNames(variables);
    const marked = this._mark(order, variables, saved, isHeld && !isOther);
    if (isOther || named || marked) {
      this._sorted = this._inOrder(order, own);
      this._order = order;
      this._own = own;
    }
    return this._sorted;
  }

  /** @returns whether there are others than before */
  private _takeNames(variables: ReadonlyMap<string, ViewRow>): boolean {
    const kept = this._byName.filter(name => variables.has(name));
    if (kept.length === this._byName.length && kept.length === variables.size) {
      return false;
    }
    const known = new Set(kept);
    const others = [...variables.keys()].filter(name => !known.has(name));
    this._byName = [...kept, ...others.sort(collator.compare)].sort(collator.compare);
    this._places = new Map(this._byName.map((name, place) => [name, place]));
    return true;
  }

  /** @returns whether a row's mark is another one */
  private _mark(
    order: Order,
    variables: ReadonlyMap<string, ViewRow>,
    saved: Rows,
    isHeld: boolean
  ): boolean {
    if (order !== 'changed' && order !== 'type') {
      this._marks.clear();
      return false;
    }
    const before = order === this._order ? this._marks : new Map<string, Mark>();
    let isOther = before.size !== variables.size;
    this._marks = new Map();
    for (const [name, shown] of variables) {
      const row = saved.get(name) ?? shown;
      const old = before.get(name);
      if (old !== undefined && (isHeld || old.row === row)) {
        this._marks.set(name, old);
        continue;
      }
      const key = order === 'changed' ? -row.updatedAt : typeOf(row);
      isOther ||= old?.key !== key;
      this._marks.set(name, { row, key });
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
    const types = [...this._marks.values()].flatMap(({ key }) =>
      typeof key === 'string' ? key : []
    );
    const ranks = new Map([...new Set(types)].sort(collator.compare).map((key, i) => [key, i]));
    const rankOf = (name: string): number => {
      const { key } = this._marks.get(name)!;
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
  private _marks = new Map<string, Mark>();
  private _sorted: readonly string[] = [];
}

function typeOf({ value }: Row): string {
  return typeWords(value) ?? kindOf(value);
}
