/**
 * Every value that was ever typed, each of them once in the world, and what may have become of it.
 */

/** One value, found again in any text by its mark. */
interface Typed {
  mark: string;
  /** Whose outbox it went to: a tab through all its reloads. */
  author: string;
  name: string;
  /** Where in the value, as keys with slashes between them; '' for all of it. */
  place: string;
  /** When, in steps. */
  at: number;
  /** A person chose what else is to stand there. */
  decided: boolean;
  /** It was chosen again: it may have been committed twice. */
  again: boolean;
}

const MARKS = /t\d+t/g;

export function marksIn(text: string): string[] {
  return text.match(MARKS) ?? [];
}

export class Ledger {
  get size(): number {
    return this._typed.size;
  }

  /**
   * @param place where in the value it is to stand
   * @param over what of the value is written with it
   * @returns a mark that is in no other value
   */
  type(author: string, name: string, place = '', over = place): string {
    const mark = `t${this._typed.size + 1}t`;
    this.wrote(author, name, over);
    const typed = { mark, author, name, place, at: this.now(), decided: false, again: false };
    this._typed.set(mark, typed);
    return mark;
  }

  /** What this author wrote there before may be replaced by this, unsent: a delete, a rename, a decision. */
  wrote(author: string, name: string, place = '', at = this.now()): void {
    const key = `${author} ${name}`;
    const places = this._wrote.get(key) ?? new Map<string, number>();
    this._wrote.set(key, places.set(place, Math.max(at, places.get(place) ?? 0)));
  }

  now(): number {
    return this._at++;
  }

  /** A whole value is written where members were meant: what else is in it may have been committed before. */
  carried(text: string): void {
    for (const typed of this._of(text)) {
      typed.again = true;
    }
  }

  /** The value is written again, by this author. */
  chosen(author: string, name: string, text: string): void {
    this.carried(text);
    this.wrote(author, name);
  }

  /** A person saw this value and wants another one. */
  decided(text: string): void {
    for (const typed of this._of(text)) {
      typed.decided = true;
    }
  }

  /**
   * @param committed the values of all changes that stand, in order
   * @param undone those of changes that a restored backup does not have
   * @param shown values that were refused and are kept before somebody's eyes
   * @returns sentences, none where all is well
   */
  audit(
    committed: readonly string[],
    undone: readonly string[],
    shown: readonly string[]
  ): string[] {
    const times = new Map<string, number>();
    for (const mark of committed.flatMap(marksIn)) {
      times.set(mark, (times.get(mark) ?? 0) + 1);
    }
    const elsewhere = new Set([...undone, ...shown].flatMap(marksIn));
    return [...this._typed.values()].flatMap(typed => {
      const { mark, author, name, decided, again } = typed;
      const count = times.get(mark) ?? 0;
      const replaced = this._isReplaced(typed);
      if (count > 1 && !again) {
        return [`${mark}, typed by ${author} into ${name}, was committed ${count} times`];
      }
      return count === 0 && !replaced && !decided && !elsewhere.has(mark)
        ? [`${mark}, typed by ${author} into ${name}, is lost`]
        : [];
    });
  }

  private _isReplaced({ author, name, place, at }: Typed): boolean {
    return [...(this._wrote.get(`${author} ${name}`) ?? [])].some(
      ([over, then]) => then > at && (over === '' || over === place || place.startsWith(`${over}/`))
    );
  }

  private _of(text: string): Typed[] {
    return marksIn(text).flatMap(mark => this._typed.get(mark) ?? []);
  }

  private readonly _typed = new Map<string, Typed>();
  /** When each author last wrote each place of a variable. */
  private readonly _wrote = new Map<string, Map<string, number>>();
  private _at = 1;
}
