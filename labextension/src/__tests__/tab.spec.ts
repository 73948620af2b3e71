import { Tab } from '../tab';

/** Locks as a browser has them: one holder a name, for all its pages. */
class FakeLocks {
  readonly held = new Set<string>();
  readonly waiting: (() => void)[] = [];

  request = async (
    name: string,
    options: LockOptions,
    body: (lock: object | null) => unknown
  ): Promise<unknown> => {
    while (this.held.has(name)) {
      if (options.ifAvailable) {
        return body(null);
      }
      await new Promise<void>((resolve, reject) => {
        this.waiting.push(resolve);
        options.signal?.addEventListener('abort', () => reject(new DOMException('', 'AbortError')));
      });
    }
    this.held.add(name);
    try {
      return await body({ name });
    } finally {
      this.release(name);
    }
  };

  /** What the browser does when a page goes. */
  release(name: string): void {
    this.held.delete(name);
    this.waiting.splice(0).forEach(wake => wake());
  }
}

const options = (locks: FakeLocks): Parameters<typeof Tab.claim>[0] => ({
  local: localStorage,
  session: sessionStorage,
  locks: locks as unknown as LockManager
});

test('a reloaded page is the same tab', async () => {
  const locks = new FakeLocks();
  const before = await Tab.claim(options(locks));
  locks.release(`session-state:tab:${before.id}`);
  const after = await Tab.claim(options(locks));
  expect(after.id).toBe(before.id);
});

test('a duplicated tab, born with a copy of the storage, is another one', async () => {
  const locks = new FakeLocks();
  const first = await Tab.claim(options(locks));
  const copy = await Tab.claim(options(locks));
  expect(copy.id).not.toBe(first.id);
});

test('only a dead tab can be taken over', async () => {
  const locks = new FakeLocks();
  const [a, b] = [
    await Tab.claim(options(locks)),
    await Tab.claim({ ...options(locks), session: null })
  ];
  expect(await b.takeOver(a.id)).toBeNull();
  expect(await b.takeOver(b.id)).toBeNull();
  locks.release(`session-state:tab:${a.id}`);
  const release = await b.takeOver(a.id);
  expect(release).not.toBeNull();
  release?.();
  await Promise.resolve();
});

describe('without Web Locks', () => {
  let now = 1_000_000;
  const leased = (session: Storage | null = sessionStorage): Promise<Tab> =>
    Tab.claim({ local: localStorage, session, locks: null, now: () => now });

  test('a lease tells a living tab from a dead one', async () => {
    const a = await leased();
    const b = await leased(null);
    expect(await b.takeOver(a.id)).toBeNull();
    now += 120_000;
    expect(await b.takeOver(a.id)).not.toBeNull();
  });

  test('a reload gives its lease back, so that the same tab has it again', async () => {
    const before = await leased();
    window.dispatchEvent(new Event('pagehide'));
    expect((await leased()).id).toBe(before.id);
  });
});
