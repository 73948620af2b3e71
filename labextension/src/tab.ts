/**
 * Which tab this is, and which tabs are dead.
 *
 * A tab's id survives its reload (session storage) and is locked while the tab lives, so that a duplicated tab, which
 * starts with a copy of that storage, takes an id of its own, and so that a dead tab's outbox can be told from a busy one's.
 * Web Locks end with their page. Where there are none (plain http to another host), a lease with a heartbeat does.
 */
import { randomId } from './ids';

const TAB = 'session-state:tab';
const LEASE = 'session-state:lease:';
const LOCK = 'session-state:tab:';
const HEARTBEAT = 5000;
// Browsers wake a hidden tab's timers once a minute.
const LEASE_LASTS = 90_000;
// On a reload the old page's lock may take a moment to end.
const RELOAD_PATIENCE = 700;

/** @returns what gives the lock back, or null where another page holds it. */
type Lock = () => void;

export interface TabOptions {
  local: Storage | null;
  session: Storage | null;
  locks: LockManager | null;
  now?(): number;
}

function withLocks(locks: LockManager, name: string, patience: number): Promise<Lock | null> {
  return new Promise(resolve => {
    const signal = patience > 0 ? AbortSignal.timeout(patience) : undefined;
    void locks
      .request(LOCK + name, signal ? { signal } : { ifAvailable: true }, lock =>
        lock === null ? resolve(null) : new Promise<void>(release => resolve(release))
      )
      .catch(() => resolve(null));
  });
}

function withLease(local: Storage, name: string, now: () => number): Lock | null {
  const key = LEASE + name;
  if (now() - Number(local.getItem(key) ?? 0) < LEASE_LASTS) {
    return null;
  }
  const beat = (): void => {
    try {
      local.setItem(key, String(now()));
    } catch {
      // A full storage: at worst another tab sends the same numbered change, which the server takes once.
    }
  };
  beat();
  const timer = setInterval(beat, HEARTBEAT);
  const release = (): void => {
    clearInterval(timer);
    local.removeItem(key);
  };
  globalThis.addEventListener?.('pagehide', release, { once: true });
  return release;
}

export class Tab {
  private constructor(
    readonly id: string,
    private readonly options: TabOptions
  ) {}

  static async claim(options: TabOptions): Promise<Tab> {
    const known = options.session?.getItem(TAB) ?? null;
    if (known !== null && (await lock(options, known, RELOAD_PATIENCE)) !== null) {
      return new Tab(known, options);
    }
    const id = randomId();
    await lock(options, id, 0);
    try {
      options.session?.setItem(TAB, id);
    } catch {
      // The next page of this tab will then drain this one's outbox as a dead tab's.
    }
    return new Tab(id, options);
  }

  /** Takes over a dead tab's name. @returns null while that tab lives, or where nobody can tell. */
  async takeOver(id: string): Promise<Lock | null> {
    return id === this.id ? null : lock(this.options, id, 0);
  }
}

async function lock(options: TabOptions, name: string, patience: number): Promise<Lock | null> {
  if (options.locks !== null) {
    return withLocks(options.locks, name, patience);
  }
  return options.local === null
    ? () => undefined
    : withLease(options.local, name, options.now ?? Date.now);
}
