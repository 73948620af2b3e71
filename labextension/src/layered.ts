/**
 * A map that shares what it has with the one it was made of: where one of 10,000 members changes, it costs by what changed.
 */

// So many changes are carried along before all is written down anew.
const MOST = 128;

export class LayeredMap<V extends object> implements ReadonlyMap<string, V> {
  private constructor(
    private readonly base: ReadonlyMap<string, V>,
    /** undefined: what is in the base is gone. */
    private readonly over: ReadonlyMap<string, V | undefined>,
    readonly size: number
  ) {}

  /** Of a map that nobody changes any more. */
  static of<V extends object>(map: ReadonlyMap<string, V>): LayeredMap<V> {
    return map instanceof LayeredMap
      ? (map as LayeredMap<V>)
      : new LayeredMap<V>(map, new Map<string, V | undefined>(), map.size);
  }

  get(name: string): V | undefined {
    return this.over.has(name) ? this.over.get(name) : this.base.get(name);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** With other members: those that are undefined are taken out. The same map where nothing is another. */
  with(changes: Iterable<readonly [string, V | undefined]>): LayeredMap<V> {
    const over = new Map(this.over);
    let { size } = this;
    let isSame = true;
    for (const [name, member] of changes) {
      const before = over.has(name) ? over.get(name) : this.base.get(name);
      if (before !== member) {
        over.set(name, member);
        size += Number(member !== undefined) - Number(before !== undefined);
        isSame = false;
      }
    }
    if (isSame) {
      return this;
    }
    const next = new LayeredMap(this.base, over, size);
    return over.size <= MOST
      ? next
      : new LayeredMap<V>(new Map(next), new Map<string, V | undefined>(), size);
  }

  /** The names whose members may be others than in `before`; null where only looking at all of them would tell. */
  differing(before: ReadonlyMap<string, V>): Set<string> | null {
    if (before === this || before === this.base) {
      return new Set(before === this ? [] : this.over.keys());
    }
    return before instanceof LayeredMap && before.base === this.base
      ? new Set([...this.over.keys(), ...(before as LayeredMap<V>).over.keys()])
      : null;
  }

  entries(): IterableIterator<[string, V]> {
    return this.over.size === 0 ? this.base.entries() : this._entries();
  }

  keys(): IterableIterator<string> {
    return this.over.size === 0 ? this.base.keys() : this._keys();
  }

  values(): IterableIterator<V> {
    return this.over.size === 0 ? this.base.values() : this._values();
  }

  [Symbol.iterator](): IterableIterator<[string, V]> {
    return this.entries();
  }

  forEach(visit: (member: V, name: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [name, member] of this.entries()) {
      visit(member, name, this);
    }
  }

  private *_entries(): IterableIterator<[string, V]> {
    for (const [name, member] of this.base) {
      const now = this.over.has(name) ? this.over.get(name) : member;
      if (now !== undefined) {
        yield [name, now];
      }
    }
    for (const [name, member] of this.over) {
      if (member !== undefined && !this.base.has(name)) {
        yield [name, member];
      }
    }
  }

  private *_keys(): IterableIterator<string> {
    for (const [name] of this._entries()) {
      yield name;
    }
  }

  private *_values(): IterableIterator<V> {
    for (const [, member] of this._entries()) {
      yield member;
    }
  }
}

/** See LayeredMap.differing. */
export function differing<V extends object>(
  now: ReadonlyMap<string, V>,
  before: ReadonlyMap<string, V> | undefined
): Set<string> | null {
  if (before === undefined) {
    return null;
  }
  return now === before ? new Set() : LayeredMap.of(now).differing(before);
}
