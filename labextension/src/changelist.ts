/**
 * The changes of a session that are loaded: the newest page, earlier ones as they are asked for, and what comes.
 */
import type { Archive } from './archive';
import type { SessionClient } from './client';
import { RequestError } from './rest';
import { entriesOf, weightOf, type Entry } from './timeline';

export interface Listing {
  /** Only changes of this variable. */
  readonly name: string | null;
  /** Newest first. */
  readonly entries: readonly Entry[];
  /** Where earlier ones begin; null where there are none. */
  readonly next: number | null;
  /** Whether the first page has come. */
  readonly isLoaded: boolean;
  readonly isLoading: boolean;
  /** Why the last page did not come: the server's sentence, '' where there was no answer. */
  readonly problem: string | null;
}

export const NO_CHANGES: Listing = {
  name: null,
  entries: [],
  next: null,
  isLoaded: false,
  isLoading: false,
  problem: null
};

const PAGE = 40;
const SMALLEST_PAGE = 4;
// A page of large values is a smaller one.
const HEAVY = 1_000_000;
const MOST_CAUGHT_UP = 200;
const MOST_PAGES = 5;

export interface ChangePage {
  entries: Entry[];
  next: number | null;
  /** The change before them, if there is one. */
  older: number | null;
  /** About how many characters came. */
  weight: number;
}

/** @throws RequestError */
export async function loadPage(
  archive: Pick<Archive, 'changes' | 'diff'>,
  { before, limit, name }: { before?: number; limit: number; name: string | null }
): Promise<ChangePage> {
  // One more than is shown: what stood after that one is what the oldest one found.
  const { changes } = await archive.changes({ before, limit: limit + 1, name });
  const shown = changes.slice(0, limit);
  const older = changes[limit]?.revision ?? null;
  const [newest, oldest] = [shown[0], shown[shown.length - 1]];
  if (newest === undefined || oldest === undefined) {
    return { entries: [], next: null, older: null, weight: 0 };
  }
  const from = older ?? oldest.revision - 1;
  const altered = await archive.diff(from, newest.revision).catch((error: unknown) => {
    // The history does not reach back that far, or was thinned between the two requests.
    if (error instanceof RequestError && (error.status === 410 || error.status === 404)) {
      return null;
    }
    throw error;
  });
  return {
    entries: entriesOf(shown, altered, name),
    next: older === null ? null : oldest.revision,
    older,
    weight: weightOf([shown, altered], HEAVY * 8)
  };
}

export class ChangeList {
  constructor(
    private readonly client: Pick<SessionClient, 'getState' | 'subscribe'>,
    private readonly archive: Pick<Archive, 'changes' | 'diff'>,
    private readonly onChange: (listing: Listing) => void
  ) {}

  get listing(): Listing {
    return this._listing;
  }

  /** Begins to follow the session. */
  open(name: string | null): void {
    this._unsubscribe ??= this.client.subscribe(() => this._followed());
    if (name !== this._listing.name || !this._listing.isLoaded) {
      this._set({ name });
      this.reload();
    } else {
      this._followed();
    }
  }

  /** What is loaded stays. */
  close(): void {
    this._unsubscribe?.();
    this._unsubscribe = undefined;
  }

  reload(): void {
    this._generation++;
    this._limit = PAGE;
    const { name } = this._listing;
    this._set({ ...NO_CHANGES, name });
    if (this._unsubscribe === undefined) {
      return;
    }
    void this._fetch(async () => {
      const { meta, sessionId } = this.client.getState();
      this._history = `${sessionId} ${meta.epoch}`;
      this._known = meta.revision;
      const page = await this._page(undefined, this._limit);
      return { entries: page.entries, next: page.next, isLoaded: true };
    });
  }

  retry(): void {
    if (this._listing.isLoaded) {
      this._set({ problem: null });
      this._followed();
    } else {
      this.reload();
    }
  }

  /** The next page of earlier changes. */
  async more(): Promise<void> {
    const { next } = this._listing;
    if (next !== null) {
      await this._fetch(async () => {
        const page = await this._page(next, this._limit);
        return { entries: [...this._listing.entries, ...page.entries], next: page.next };
      });
    }
  }

  // Something happened to the client: it has heard of changes, lost the server or found it again.
  private _followed(): void {
    const { meta, status, sessionId } = this.client.getState();
    const { isLoaded, isLoading, problem } = this._listing;
    if (status.kind === 'offline' || meta.epoch === '' || isLoading) {
      return;
    }
    if (problem === '' || (isLoaded && this._history !== `${sessionId} ${meta.epoch}`)) {
      this.reload();
    } else if (isLoaded && problem === null && meta.revision > this._known) {
      void this._fetch(() => this._catchUp());
    }
  }

  /** What came since the newest that is here. */
  private async _catchUp(): Promise<Partial<Listing>> {
    const { meta } = this.client.getState();
    const behind = Math.min(meta.revision - this._known, MOST_CAUGHT_UP);
    this._known = meta.revision;
    const { entries } = this._listing;
    const newest = entries[0]?.revision ?? 0;
    const newer: Entry[] = [];
    let before: number | undefined;
    // More may have come meanwhile than was asked for.
    for (let pages = 0; pages < MOST_PAGES; pages++) {
      const page = await this._page(before, Math.max(1, behind));
      newer.push(...page.entries.filter(entry => entry.revision > newest));
      if (newer.length === 0 || page.older === null || page.older <= newest) {
        return { entries: [...newer, ...entries] };
      }
      before = page.next ?? undefined;
    }
    // A gap is left between them: the list begins anew.
    return { entries: newer, next: before ?? null };
  }

  /** One at a time; what an older list asked for is dropped. */
  private async _fetch(load: () => Promise<Partial<Listing>>): Promise<void> {
    if (this._listing.isLoading) {
      return;
    }
    const generation = this._generation;
    this._set({ isLoading: true, problem: null });
    let found: Partial<Listing>;
    try {
      found = await load();
    } catch (error) {
      found = { problem: problemOf(error) };
    }
    if (generation === this._generation) {
      this._set({ ...found, isLoading: false });
      if (this._unsubscribe !== undefined && found.problem === undefined) {
        this._followed();
      }
    }
  }

  private async _page(before: number | undefined, limit: number): Promise<ChangePage> {
    const { name } = this._listing;
    const page = await loadPage(this.archive, { before, limit, name });
    if (page.weight > HEAVY) {
      const fitting = Math.floor((page.entries.length * HEAVY) / page.weight);
      this._limit = Math.min(this._limit, Math.max(SMALLEST_PAGE, fitting));
    }
    return page;
  }

  private _set(more: Partial<Listing>): void {
    this._listing = { ...this._listing, ...more };
    this.onChange(this._listing);
  }

  private _listing: Listing = NO_CHANGES;
  private _unsubscribe: (() => void) | undefined;
  // The client's revision when the server was last asked.
  private _known = 0;
  // Session and epoch of what is loaded.
  private _history = '';
  private _limit = PAGE;
  private _generation = 0;
}

/** The server's sentence; '' where there was no answer. */
export function problemOf(error: unknown): string {
  return error instanceof RequestError && error.status === 0
    ? ''
    : error instanceof Error
      ? error.message
      : String(error);
}
