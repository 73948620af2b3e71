/**
 * Every value that was ever typed, each of them once in the world, and what may have become of it.
 */

/** One value, found again in any text by its mark. */
interface Typed {
  mark: string;
  /** Whose outbox it went to: a tab through all its reloads. */
  author: string;
  name: string;
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

  /** @returns a mark that is in no other value */
  type(author: string, name: string): string {
    const mark = `t${this._typed.size + 1}t`;
    this._typed.set(mark, { mark, author, name, at: this._at++, decided: false, again: false });
    return mark;
  }

  /** What this author wrote there before may be replaced by this, unsent: a delete, a rename, a decision. */
  wrote(author: string, name: string): void {
    this._wrote.set(`${author} ${name}`, this._at++);
  }

  /** The value is written again, by this author. */
  chosen(author: string, name: string, text: string): void {
    for (const typed of this._of(text)) {
      Object.assign(typed, { again: true });
    }
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
    const latest = new Map(this._wrote);
    for (const { author, name, at } of this._typed.values()) {
      const key = `${author} ${name}`;
      latest.set(key, Math.max(at, latest.get(key) ?? 0));
    }
    return [...this._typed.values()].flatMap(typed => {
      const { mark, author, name, at, decided, again } = typed;
      const count = times.get(mark) ?? 0;
      const replaced = (latest.get(`${author} ${name}`) ?? 0) > at;
      if (count > 1 && !again) {
        return [`${mark}, typed by ${author} into ${name}, was committed ${count} times`];
      }
      return count === 0 && !replaced && !decided && !elsewhere.has(mark)
        ? [`${mark}, typed by ${author} into ${name}, is lost`]
        : [];
    });
  }

  private _of(text: string): Typed[] {
    return marksIn(text).flatMap(mark => this._typed.get(mark) ?? []);
  }

  private readonly _typed = new Map<string, Typed>();
  private readonly _wrote = new Map<string, number>();
  private _at = 1;
}
