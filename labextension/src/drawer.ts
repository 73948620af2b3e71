/**
 * Where one outbox is written down: in local storage, at once. What is large moves on into the cellar and leaves its id;
 * where local storage is full, all of it does.
 */
import type { Cellar, Texts } from './cellar';
import type { Edit, Mutate, Refused } from './edit';
import { parseJson, stringifyJson } from './json';

export interface Contents {
  client: string;
  seq: number;
  open: Mutate | null;
  edits: readonly Edit[];
  refused: readonly Refused[];
}

/** An edit whose op is in the cellar. */
type Stowed = Omit<Edit, 'op' | 'whole' | 'was'> & { stowed: string };
type Heavy = Pick<Edit, 'op' | 'whole' | 'was'>;
type Op = Edit['op'];

interface Written {
  v: 1;
  client: string;
  seq: number;
  open: (Omit<Mutate, 'edits'> & { edits: (Edit | Stowed)[] }) | null;
  edits: (Edit | Stowed)[];
  refused: (Omit<Refused, 'edit'> & { edit: Edit | Stowed })[];
}

export interface DrawerOptions {
  /** null where the browser has none: nothing outlives the page then. */
  storage: Storage | null;
  key: string;
  cellar: Cellar | null;
  /** What the cellar has of it, see textsOf. */
  texts: Texts;
  /** Frees room in the storage. @returns whether it found any */
  makeRoom?(): boolean;
  /** What was on its way to the cellar is there, or could not be kept. */
  onSettled(): void;
}

// Of JSON text, in UTF-16 units: local storage has room for some 80 of these.
const LARGE = 64 * 1024;

function parseWritten(text: string | null | undefined): Written | { v: 1; stowed: string } | null {
  try {
    const written = text == null ? null : (parseJson(text) as unknown as Written | null);
    const isWhole =
      written !== null &&
      ('stowed' in written || (Array.isArray(written.edits) && Array.isArray(written.refused)));
    return isWhole && written.v === 1 ? written : null;
  } catch {
    return null;
  }
}

function editsOf({ open, edits, refused }: Contents): Edit[] {
  return [...(open?.edits ?? []), ...edits, ...refused.map(({ edit }) => edit)];
}

/** What the cellar has of an outbox, to be fetched before it is made. @throws Error where the cellar cannot be read */
export async function textsOf(
  storage: Storage | null,
  key: string,
  cellar: Cellar | null
): Promise<Texts> {
  const written = parseWritten(storage?.getItem(key));
  if (written === null || cellar === null) {
    return new Map();
  }
  const all =
    'stowed' in written
      ? [written]
      : [
          ...(written.open?.edits ?? []),
          ...written.edits,
          ...written.refused.map(({ edit }) => edit)
        ];
  const ids = all.flatMap(each => ('stowed' in each ? [each.stowed] : []));
  return ids.length === 0 ? new Map() : cellar.get(ids);
}

export class Drawer {
  constructor(private readonly options: DrawerOptions) {}

  /** Whether what was put in last would survive the page. */
  get isKept(): boolean {
    return this._isKept;
  }

  /** It does not survive yet, but is about to. */
  get isSettling(): boolean {
    return this._isStowing && !this._isKept;
  }

  isLarge(op: Op): boolean {
    return this._sizeOf(op) > LARGE;
  }

  read(): Contents | null {
    const { storage, key, texts } = this.options;
    let written: ReturnType<typeof parseWritten>;
    try {
      written = parseWritten(storage?.getItem(key));
    } catch {
      return null;
    }
    if (written !== null && 'stowed' in written) {
      this._whole = written.stowed;
      written = parseWritten(texts.get(written.stowed));
    }
    if (written === null || 'stowed' in written) {
      return null;
    }
    // The browser may have thrown away what it had not yet kept, as the panel said then.
    const found = (edit: Edit | Stowed): Edit[] => {
      if (!('stowed' in edit)) {
        return [edit];
      }
      const { stowed, ...rest } = edit;
      const text = texts.get(stowed);
      if (text === undefined) {
        return [];
      }
      const heavy = parseJson(text) as unknown as Heavy;
      this._stowed.set(heavy.op, stowed);
      return [{ ...rest, ...heavy }];
    };
    const { client, seq, open } = written;
    const sent = open?.edits.flatMap(found) ?? [];
    return {
      client,
      seq,
      open: open === null || sent.length === 0 ? null : { ...open, edits: sent },
      edits: written.edits.flatMap(found),
      refused: written.refused.flatMap(refused =>
        found(refused.edit).map(edit => ({ ...refused, edit }))
      )
    };
  }

  write(contents: Contents): void {
    this._contents = contents;
    const isEmpty = editsOf(contents).length === 0;
    if (this.options.storage === null) {
      this._isKept = isEmpty;
      return;
    }
    const text = this._textOf(contents);
    if (this._set(text) || (this.options.makeRoom?.() === true && this._set(text))) {
      this._isKept = true;
      this._clean(contents);
      this._stowLarge(contents);
      return;
    }
    this._isKept = isEmpty;
    if (!isEmpty && !this._stowLarge(contents)) {
      this._stowWhole(contents);
    }
  }

  moveTo(key: string): void {
    this.options.storage?.removeItem(this.options.key);
    this.options.key = key;
  }

  /** What is on its way to the cellar is let be. */
  close(): void {
    this._isClosed = true;
  }

  /** Throws it away. */
  discard(): void {
    this.close();
    this.options.storage?.removeItem(this.options.key);
    this.options.cellar?.remove([...this._stowed.values(), ...this._wholes()]);
  }

  private _textOf(contents: Contents): string {
    const { client, seq, open, edits, refused } = contents;
    const light = (edit: Edit): Edit | Stowed => {
      const stowed = this._idOf(edit);
      if (stowed === null) {
        return edit;
      }
      const rest: Omit<Edit, 'op'> & { op?: Op } = { ...edit };
      delete rest.op;
      delete rest.whole;
      delete rest.was;
      return { ...rest, stowed };
    };
    const written: Written = {
      v: 1,
      client,
      seq,
      open: open === null ? null : { ...open, edits: open.edits.map(light) },
      edits: edits.map(light),
      refused: refused.map(each => ({ ...each, edit: light(each.edit) }))
    };
    return stringifyJson(written);
  }

  private _idOf({ op }: Edit): string | null {
    const id = this._stowed.get(op);
    return id !== undefined && this.options.cellar?.has(id) ? id : null;
  }

  private _sizeOf(part: object | undefined): number {
    if (part === undefined) {
      return 0;
    }
    let size = this._sizes.get(part);
    if (size === undefined) {
      size = stringifyJson(part).length;
      this._sizes.set(part, size);
    }
    return size;
  }

  private _set(text: string): boolean {
    try {
      this.options.storage!.setItem(this.options.key, text);
      return true;
    } catch {
      return false;
    }
  }

  /** Takes the next large op down, one at a time. @returns whether one is under way */
  private _stowLarge(contents: Contents): boolean {
    const large = editsOf(contents).find(
      edit =>
        this._idOf(edit) === null &&
        !this._unstowable.has(edit.op) &&
        this._sizeOf(edit.op) + this._sizeOf(edit.whole) + this._sizeOf(edit.was) > LARGE
    );
    if (large === undefined) {
      return this._isStowing;
    }
    const { op, whole, was } = large;
    return this._stow({ op, whole, was }, id => {
      if (id === null) {
        this._unstowable.add(op);
      } else {
        this._stowed.set(op, id);
      }
      this.write(this._contents!);
    });
  }

  /** Takes all of it down; local storage has room for an id where it had room for anything. */
  private _stowWhole(contents: Contents): void {
    this._stow({ v: 1, ...contents }, id => {
      if (contents !== this._contents) {
        this.options.cellar?.remove(id === null ? [] : [id]);
        this.write(this._contents!);
      } else if (id !== null && this._set(stringifyJson({ v: 1, stowed: id }))) {
        this._isKept = true;
        this.options.cellar?.remove([...this._stowed.values(), ...this._wholes()]);
        this._stowed.clear();
        this._whole = id;
      }
    });
  }

  private _stow(what: unknown, then: (id: string | null) => void): boolean {
    const { cellar, onSettled } = this.options;
    if (cellar !== null && !this._isStowing) {
      this._isStowing = true;
      void cellar.put(stringifyJson(what)).then(id => {
        this._isStowing = false;
        if (!this._isClosed) {
          then(id);
          onSettled();
        }
      });
    }
    return this._isStowing;
  }

  /** Removes from the cellar what is no longer written down here. */
  private _clean(contents: Contents): void {
    const ops = new Set(editsOf(contents).map(({ op }) => op));
    const unused = [...this._stowed].filter(([op]) => !ops.has(op));
    unused.forEach(([op]) => this._stowed.delete(op));
    this.options.cellar?.remove([...unused.map(([, id]) => id), ...this._wholes()]);
    this._whole = null;
  }

  private _wholes(): string[] {
    return this._whole === null ? [] : [this._whole];
  }

  private readonly _stowed = new Map<Op, string>();
  private readonly _unstowable = new WeakSet<Op>();
  private readonly _sizes = new WeakMap<object, number>();
  private _contents: Contents | null = null;
  private _whole: string | null = null;
  private _isKept = true;
  private _isStowing = false;
  private _isClosed = false;
}
