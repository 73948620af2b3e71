/**
 * What was typed into fields and is not valid yet: no edit, but nothing that a reload may lose. Written down by session and
 * tab; what a dead tab has left is taken up by the next page.
 */
import type { Shelf } from './shelf';
import type { Tab } from './tab';

type Texts = Map<string, string>;

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
        read(shelf.storage?.getItem(key)).forEach((text, name) => drafts.put(name, text));
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
    this._texts = read(shelf.storage?.getItem(this._key));
  }

  get texts(): ReadonlyMap<string, string> {
    return this._texts;
  }

  /** Of a variable's own field; null once it holds nothing that is not valid. */
  put(name: string, text: string | null): void {
    if ((this._texts.get(name) ?? null) === text) {
      return;
    }
    if (text === null) {
      this._texts.delete(name);
    } else {
      this._texts.set(name, text);
    }
    this._write();
  }

  moveTo(sessionId: string): void {
    this.shelf.remove(this._key);
    this._sessionId = sessionId;
    this._write();
  }

  private _write(): void {
    if (this._texts.size === 0) {
      this.shelf.remove(this._key);
      return;
    }
    try {
      this.shelf.storage?.setItem(this._key, JSON.stringify([...this._texts]));
    } catch {
      // It stands in its field as long as the page does.
    }
  }

  private get _key(): string {
    return this.shelf.tabKey('draft', this._sessionId, this.tab);
  }

  private readonly _texts: Texts;
}
