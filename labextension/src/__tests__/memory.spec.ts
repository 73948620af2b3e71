import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';

import { Cellar } from '../cellar';
import { forgetOld, Memory, type KnownState } from '../memory';
import { Shelf } from '../shelf';

const LARGE = 'x'.repeat(600_000);

const state = (value: string): KnownState => ({
  v: 1,
  rows: [{ name: 'x', value, revision: 1, updatedAt: 0, origin: { kind: 'api' } }],
  steps: [],
  meta: { lastSyncedAt: 1, isDirty: false, revision: 1, epoch: 'e', name: null, paths: [] },
  tip: 't',
  limits: null
});

let shelf: Shelf;
let cellar: Cellar;

beforeEach(() => {
  indexedDB = new IDBFactory();
  shelf = new Shelf(localStorage, 'http://memory/', 'ada');
  cellar = Cellar.of(shelf.owner)!;
});

const remembered = async (of = cellar): Promise<unknown> =>
  (await Memory.of(shelf, of, 's')).known?.rows[0]?.value;

/** Until what is large has come where it is kept. */
const stowed = (): Promise<void> =>
  vi.waitFor(() => expect(shelf.readState('s')).toMatch(/^.{10,80}$/));

test('a small state is there at once', () => {
  new Memory(shelf, cellar, 's').now(() => state('small'));
  expect(new Memory(shelf, cellar, 's').known?.rows[0]?.value).toBe('small');
});

test('a large one goes to the cellar, with its id in local storage, and stays through a sweep', async () => {
  const memory = new Memory(shelf, cellar, 's');
  memory.now(() => state(LARGE));
  await stowed();
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 2 * 3600 * 1000);
  await cellar.sweep(shelf.texts());
  vi.restoreAllMocks();
  expect((await remembered()) === LARGE).toBe(true);
});

test('of several large ones the last is there in the end, and nothing of the others', async () => {
  const memory = new Memory(shelf, cellar, 's');
  for (const end of ['1', '2', '3']) {
    memory.now(() => state(LARGE + end));
  }
  await vi.waitFor(async () => expect((await remembered()) === `${LARGE}3`).toBe(true));
  const remove = vi.spyOn(cellar, 'remove');
  memory.now(() => state('small again'));
  expect(remove).toHaveBeenCalledTimes(1);
  expect(await remembered()).toBe('small again');
});

test('one that is not to be had is waited for, as by who comes for the first time', async () => {
  new Memory(shelf, cellar, 's').now(() => state(LARGE));
  await stowed();
  indexedDB = new IDBFactory();
  expect(await remembered(Cellar.of(shelf.owner)!)).toBeUndefined();
});

test('where there is no cellar a large one is not kept, nor is the older one in its place', () => {
  const memory = new Memory(shelf, null, 's');
  memory.now(() => state('small'));
  memory.now(() => state(LARGE));
  expect(shelf.readState('s')).toBeNull();
});

test('a logout leaves nothing, nor what was on its way to the cellar', async () => {
  const memory = new Memory(shelf, cellar, 's');
  const put = vi.spyOn(cellar, 'put');
  memory.now(() => state(LARGE));
  memory.drop();
  shelf.clear();
  await put.mock.results[0]!.value;
  await Promise.resolve();
  expect(shelf.statesOf()).toEqual([]);
});

test('a large one that nobody has looked at for long gives way', async () => {
  const memory = new Memory(shelf, cellar, 's');
  memory.now(() => state(LARGE));
  await stowed();
  forgetOld(shelf, Date.now() + 29 * 24 * 3600 * 1000);
  expect(shelf.readState('s')).not.toBeNull();
  forgetOld(shelf, Date.now() + 31 * 24 * 3600 * 1000);
  expect(shelf.readState('s')).toBeNull();
});
