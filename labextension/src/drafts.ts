/**
 * What fields hold and cannot be sent: no edits, but nothing that may be lost. What is not valid in a variable's own field is
 * written down by session and tab, for the next page; what a dead tab has left is taken up by the next one.
 */
import type { Shelf } from './shelf';
import type { Tab } from './tab';

type Texts = ReadonlyMap<string, string>;

function read(text: string | null | undefined): Texts {
  try {
    return new Map(JSON.parse(text ?? '[]') as [string, string][]);
  } catch {
    return new Map();
  }
}

export class Drafts {
  /** This tab's, and those of dead ones, which are its own from now on. */
  static async of(shelf: Shelf, sessionId: string, tab: Tab): Promise<Drafts> {
    const drafts = new Drafts(shelf, sessionId, tab.id);
    for (const dead of shelf.tabsOf(sessionId, 'draft')) {
      const release = await tab.takeOver(dead);
      if (release !== null) {
        const key = shelf.tabKey('draft', sessionId, dead);
        read(shelf.storage?.getItem(key)).forEach((text, name) => {
          if (!drafts.invalid.has(name)) {
            drafts.put(name, text);
          }
        });
        shelf.remove(key);
        release();
      }
    }
    return drafts;
  }

  constructor(
    private readonly shelf: Shelf,
    private _sessionId: string,
    private readonly tab: string
  ) {
    this._kept = read(shelf.storage?.getItem(this._key));
    this._invalid = new Map(this._kept);
  }

  /** What is not valid, by its variable; another map whenever something changes. */
  get invalid(): ReadonlyMap<string, string> {
    return this._invalid;
  }

  /** Those of them that may yet become valid: it is too early to say anything. */
  get half(): ReadonlySet<string> {
    return this._half;
  }

  /** How many fields have something that they have not handed over. */
  get inHand(): number {
    return this._inHand.size;
  }

  get isEmpty(): boolean {
    return this._invalid.size + this._inHand.size === 0;
  }

  /**
   * What a field holds, or null once that can be sent. `isPlace`: of one place in a value, whose text is not the variable's,
   * and ends with its page.
   * @returns whether that is news
   */
  put(name: string, text: string | null, isHalf = false, isPlace = false): boolean {
    this._keep(name, isPlace ? null : text);
    if ((this._invalid.get(name) ?? null) === text && this._half.has(name) === isHalf) {
      return false;
    }
    const half = new Set(this._half);
    half.delete(name);
    this._half = isHalf ? half.add(name) : half;
    this._invalid = changed(this._invalid, name, text);
    return true;
  }

  /** Forgets those of these variables. @returns whether there were any */
  end(isOver: (name: string) => boolean): boolean {
    const gone = [...this._invalid.keys()].filter(isOver);
    gone.forEach(name => this.put(name, null));
    return gone.length > 0;
  }

  /**
   * A field that keeps what is typed into it to itself for a while: `hand` writes it; null once it is written or gone.
   * @returns whether there are others than before
   */
  hold(name: string, hand: (() => void) | null): boolean {
    const before = this._inHand.size;
    if (hand === null) {
      this._inHand.delete(name);
    } else {
      this._inHand.set(name, hand);
    }
    return before !== this._inHand.size;
  }

  handOver(): void {
    [...this._inHand.values()].forEach(hand => hand());
  }

  moveTo(sessionId: string): void {
    this.shelf.remove(this._key);
    this._sessionId = sessionId;
    this._write();
  }

  private _keep(name: string, text: string | null): void {
    if ((this._kept.get(name) ?? null) !== text) {
      this._kept = changed(this._kept, name, text);
      this._write();
    }
  }

  private _write(): void {
    if (this._kept.size === 0) {
      this.shelf.remove(this._key);
      return;
    }
    try {
      this.shelf.storage?.setItem(this._key, JSON.stringify([...this._kept]));
    } catch {
      // It stands in its field as long as the page does.
    }
  }

  private get _key(): string {
    return this.shelf.tabKey('draft', this._sessionId, this.tab);
  }

  private _kept: Texts;
  private _invalid: Texts;
  private _half: ReadonlySet<string> = new Set();
  private readonly _inHand = new Map<string, () => void>();
}

function changed(texts: Texts, name: string, text: string | null): Texts {
  const next = new Map(texts);
  if (text === null) {
    next.delete(name);
  } else {
    next.set(name, text);
  }
  return next;
}
