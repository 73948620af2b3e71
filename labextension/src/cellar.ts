/**
 * Texts that are too large for local storage, in IndexedDB: by id, apart by server and person. Whoever holds an id has it
 * written down elsewhere; what nobody has written down is swept away.
 */
import { createStore, delMany, getMany, keys, promisifyRequest, set } from 'idb-keyval';

import { randomId } from './ids';

export type Texts = ReadonlyMap<string, string>;

// A database that does not open says nothing at all, in some browsers.
const PATIENCE = 5000;
// A page that wrote a text has long written its id down by then.
const SWEPT_AFTER = 3600 * 1000;

function inTime<T>(wanted: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error('IndexedDB does not answer.'));
    const timer = setTimeout(late, PATIENCE);
    wanted.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

export class Cellar {
  /** @returns null where the browser has no IndexedDB */
  static of(owner: string): Cellar | null {
    return typeof indexedDB === 'undefined' ? null : new Cellar(owner);
  }

  private constructor(private readonly owner: string) {}

  /** Whether a text was put there, or read, and not removed since. */
  has(id: string): boolean {
    return this._known.has(id);
  }

  /** @returns the id of the text once it is there, null where it cannot be kept */
  async put(text: string): Promise<string | null> {
    const id = `${Date.now().toString(36)}-${randomId()}`;
    try {
      await inTime(set(this._key(id), text, this._store));
    } catch {
      // It may come to be there after all, and is swept then.
      return null;
    }
    this._known.add(id);
    return id;
  }

  /** What there is of these. @throws Error where IndexedDB cannot be read */
  async get(ids: readonly string[]): Promise<Texts> {
    const names = ids.map(id => this._key(id));
    const texts = await inTime(getMany<string | undefined>(names, this._store));
    const found = ids.flatMap((id, i): [string, string][] =>
      texts[i] === undefined ? [] : [[id, texts[i]]]
    );
    found.forEach(([id]) => this._known.add(id));
    return new Map(found);
  }

  remove(ids: readonly string[]): void {
    ids.forEach(id => this._known.delete(id));
    if (ids.length > 0) {
      this._quietly(
        delMany(
          ids.map(id => this._key(id)),
          this._store
        )
      );
    }
  }

  /** Removes all that is this person's of this server. */
  clear(): void {
    this._known.clear();
    const all = IDBKeyRange.bound(this._key(''), this._key('\uffff'));
    this._quietly(
      this._store('readwrite', store => {
        store.delete(all);
        // The page may be going: it will not be asked again.
        store.transaction.commit();
        return promisifyRequest(store.transaction);
      })
    );
  }

  /** Removes what stands in none of these, whoever put it there: what tabs that died left, or a logout that was cut short. */
  async sweep(written: readonly string[]): Promise<void> {
    const all = await keys<string>(this._store);
    const unused = all.filter(key => {
      const id = key.slice(key.lastIndexOf('|') + 1);
      const age = Date.now() - parseInt(id, 36);
      return age > SWEPT_AFTER && !written.some(text => text.includes(id));
    });
    await delMany(unused, this._store);
  }

  private _key(id: string): string {
    return `${this.owner}|${id}`;
  }

  // What is not removed now is swept later.
  private _quietly(work: Promise<unknown>): void {
    work.catch(() => undefined);
  }

  private readonly _store = createStore('session-state', 'texts');
  private readonly _known = new Set<string>();
}
