import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';

import { Cellar } from '../cellar';
import { textsOf } from '../drawer';
import type { Json } from '../json';
import type { Ack, ClientFrame } from '../frames';
import type { Row } from '../model';
import { Outbox, type OutboxOptions } from '../outbox';

const OWNER = 'http%3A%2F%2Flab%2F|ada';
const LONG = 'ä'.repeat(900_000);
const rows = new Map<string, Row>();

/** Local storage with so much room, counted as browsers do. */
class Small implements Storage {
  readonly items = new Map<string, string>();
  constructor(public room: number) {}
  get length(): number {
    return this.items.size;
  }
  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }
  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    const others = [...this.items].filter(([name]) => name !== key);
    const used = [...others, [key, value] as const].reduce(
      (sum, [k, v]) => sum + (k + v).length,
      0
    );
    const grows = value.length > (this.items.get(key)?.length ?? -1);
    if (used > this.room && grows) {
      throw new DOMException('There is no room.', 'QuotaExceededError');
    }
    this.items.set(key, value);
  }
  removeItem(key: string): void {
    this.items.delete(key);
  }
  clear(): void {
    this.items.clear();
  }
}

let cellar: Cellar;
let storage: Small;
let sent: ClientFrame[];

beforeEach(() => {
  indexedDB = new IDBFactory();
  cellar = Cellar.of(OWNER)!;
  storage = new Small(5_000_000);
  sent = [];
});

const plain = {
  life: 'now',
  send: (frame: ClientFrame) => sent.push(frame) > 0,
  onAck: () => undefined,
  onRefused: () => undefined,
  onGap: () => undefined
};

function make(options: Partial<OutboxOptions> = {}): Outbox {
  return new Outbox({ ...plain, storage, key: 'box', cellar, ...options });
}

/** The next page: it knows what was written down, and nothing else. */
async function next(life = 'later'): Promise<Outbox> {
  const other = Cellar.of(OWNER)!;
  const texts = await textsOf(storage, 'box', other);
  return make({ life, cellar: other, texts });
}

const set = (name: string, value: Json): { op: 'set'; name: string; value: Json } => ({
  op: 'set',
  name,
  value
});

const written = (): string => storage.getItem('box') ?? '';

function stored(): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('session-state');
    opening.onerror = () => reject(opening.error!);
    opening.onsuccess = () => {
      const names = opening.result.transaction('texts').objectStore('texts').getAllKeys();
      names.onsuccess = () => resolve(names.result as string[]);
    };
  });
}

const ack = (seq: number): Ack => ({ type: 'ack', seq, revision: 1, at: 0 });

test('a large edit is kept at once, and moves on to where there is more room', async () => {
  const box = make();
  box.add(set('text', LONG), 0, rows, 0);
  box.add(set('lr', 0.1), 0, rows, 0);
  expect(box.kept).toBe(true);
  expect((await next()).pending.map(({ op }) => op)).toEqual([set('text', LONG), set('lr', 0.1)]);
  await vi.waitFor(() => expect(written().length).toBeLessThan(1000));
  expect(box.kept).toBe(true);
  expect((await next()).pending.map(({ op }) => op)).toEqual([set('text', LONG), set('lr', 0.1)]);
});

test('so does what stood there before, for as long as somebody may want to see it', async () => {
  const row = { name: 'text', value: LONG, revision: 3, updatedAt: 0, origin: { kind: 'api' } };
  const box = make();
  box.add({ op: 'delete', name: 'text' }, 3, new Map([['text', row as Row]]), 0);
  await vi.waitFor(() => expect(written().length).toBeLessThan(1000));
  const [edit] = (await next()).unsent;
  expect(edit?.was?.value === LONG).toBe(true);
});

test('where local storage has no room for it, it is sent only once it is kept', async () => {
  storage.room = 1000;
  const box = make();
  box.resume(0, null, 0, false);
  box.add(set('text', LONG), 0, rows, 0);
  expect(box.dispatch()).toBe(true);
  expect(box.kept).toBe(false);
  expect(sent).toEqual([]);
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  expect(box.kept).toBe(true);
  expect((await next()).open).toEqual(sent[0]);
});

test('a full local storage has room for an id where it had room for an empty outbox', async () => {
  const box = make();
  box.resume(0, null, 0, false);
  storage.room = 0;
  box.add(set('lr', 0.1), 0, rows, 0);
  box.add(set('x', 1), 0, rows, 0);
  box.add(set('text', LONG), 0, rows, 0);
  const ops = [set('lr', 0.1), set('x', 1), set('text', LONG)];
  await vi.waitFor(() => expect(box.kept).toBe(true));
  expect((await next()).pending.map(({ op }) => op)).toEqual(ops);
  box.dispatch();
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  expect((await next()).open).toEqual(sent[0]);
  // Nothing is left of it when it is over.
  storage.room = 1000;
  box.answered(ack(1));
  expect(box.kept).toBe(true);
  await vi.waitFor(async () => expect(await stored()).toEqual([]));
  expect((await next()).isEmpty).toBe(true);
});

test('where nothing can be kept, it says so and is sent all the same', async () => {
  storage.room = 100;
  const settled = vi.fn();
  const box = make({ onSettled: settled });
  box.resume(0, null, 0, false);
  vi.spyOn(indexedDB, 'open').mockImplementation(() => {
    throw new DOMException('Not here.', 'SecurityError');
  });
  box.add(set('text', LONG), 0, rows, 0);
  box.dispatch();
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  expect(box.kept).toBe(false);
  expect(settled).toHaveBeenCalled();
  box.answered(ack(1));
  expect(box.kept).toBe(true);
});

test('what is typed while the cellar is busy is kept too', async () => {
  storage.room = 1000;
  const box = make();
  for (const end of ['', 'a', 'ab', 'abc']) {
    box.add(set('text', LONG + end), 0, rows, 0);
    await Promise.resolve();
  }
  await vi.waitFor(() => expect(box.kept).toBe(true));
  expect((await next()).pending[0]?.op).toEqual(set('text', `${LONG}abc`));
  await vi.waitFor(async () => expect(await stored()).toHaveLength(1));
});

test('a patch keeps the wholes that it is a part of, and a refused edit is kept until it is put away', async () => {
  storage.room = 3000;
  const box = make();
  const whole = { mine: { a: LONG, b: 1 }, before: { a: LONG, b: 0 } };
  const patch = [{ op: 'replace' as const, path: '/b', value: 1 }];
  box.add({ op: 'patch', name: 'p', patch }, 0, rows, 0, whole);
  expect(box.hasLarge).toBe(false);
  await vi.waitFor(() => expect(box.kept).toBe(true));
  expect((await next()).pending[0]).toMatchObject({ op: { op: 'patch', patch }, whole });
  box.resume(0, null, 0, false);
  box.dispatch();
  box.answered({ type: 'reject', seq: 1, code: 'conflict', message: 'No.', name: 'p' });
  const [refused] = (await next()).refused;
  expect(refused?.edit).toMatchObject({ op: { op: 'patch', patch }, whole });
  box.dismiss(box.refused[0]!.id);
  await vi.waitFor(async () => expect(await stored()).toEqual([]));
});

test('after a logout nothing is left, and what is typed then is kept anew', async () => {
  const box = make();
  box.add(set('text', LONG), 0, rows, 0);
  const other = Cellar.of('somebody else')!;
  await other.put('theirs');
  await vi.waitFor(() => expect(written().length).toBeLessThan(1000));
  cellar.clear();
  storage.clear();
  await vi.waitFor(async () => expect(await stored()).toHaveLength(1));
  box.add(set('lr', 1), 0, rows, 0);
  expect((await next()).pending.map(({ op }) => op)).toEqual([set('text', LONG), set('lr', 1)]);
  await vi.waitFor(() => expect(written().length).toBeLessThan(1000));
  expect((await next()).pending.map(({ op }) => op)).toEqual([set('text', LONG), set('lr', 1)]);
});

test('what nobody has written down is swept away, once it is old', async () => {
  const now = vi.spyOn(Date, 'now');
  const long = 24 * 3600 * 1000;
  now.mockReturnValue(1_700_000_000_000 - long);
  const [used, unused] = [await cellar.put('used'), await cellar.put('unused')];
  now.mockReturnValue(1_700_000_000_000);
  const recent = await cellar.put('recent');
  await cellar.sweep([`{"stowed":"${used}"}`]);
  expect(new Set(await stored())).toEqual(new Set([`${OWNER}|${used}`, `${OWNER}|${recent}`]));
  expect(unused).not.toBeNull();
});

test('a cellar that cannot be read is not taken for an empty one', async () => {
  const box = make();
  box.add(set('text', LONG), 0, rows, 0);
  await vi.waitFor(() => expect(written().length).toBeLessThan(1000));
  vi.spyOn(indexedDB, 'open').mockImplementation(() => {
    throw new DOMException('Not now.', 'UnknownError');
  });
  await expect(next()).rejects.toThrow('Not now.');
});
