import { Shelf, type KnownState } from '../shelf';

const state = (value: string): KnownState => ({
  v: 1,
  rows: [{ name: 'x', value, revision: 1, updatedAt: 0, origin: { kind: 'api' } }],
  steps: [],
  meta: { lastSyncedAt: 1, isDirty: false, revision: 1, epoch: 'e', name: null, paths: [] },
  tip: 't',
  limits: null
});

test('two servers of one origin and two people at one computer never meet', () => {
  const mine = new Shelf(localStorage, 'http://hub/user/ada/', 'ada');
  mine.writeState('s', state('secret'));
  localStorage.setItem(mine.outboxKey('s', 'tab1'), '{}');
  for (const other of [
    new Shelf(localStorage, 'http://hub/user/bob/', 'ada'),
    new Shelf(localStorage, 'http://hub/user/ada/', 'bob'),
    new Shelf(localStorage, 'http://hub/user/ada/|ada', '')
  ]) {
    expect(other.readState('s')).toBeNull();
    expect(other.tabsOf('s')).toEqual([]);
  }
  expect(mine.readState('s')?.rows[0]?.value).toBe('secret');
  expect(mine.tabsOf('s')).toEqual(['tab1']);
});

test('room is made of known states, never of outboxes', () => {
  const shelf = new Shelf(localStorage, 'http://lab/', '');
  shelf.writeState('s', state('x'));
  localStorage.setItem(shelf.outboxKey('s', 'tab1'), 'precious');
  expect(shelf.makeRoom()).toBe(true);
  expect(shelf.makeRoom()).toBe(false);
  expect(shelf.readState('s')).toBeNull();
  expect(localStorage.getItem(shelf.outboxKey('s', 'tab1'))).toBe('precious');
});

test('a state that is too large is not kept, nor is the older one in its place', () => {
  const shelf = new Shelf(localStorage, 'http://lab/', '');
  shelf.writeState('s', state('small'));
  shelf.writeState('s', state('x'.repeat(600_000)));
  expect(shelf.readState('s')).toBeNull();
});

test('a logout leaves nothing of this person, and what others have', () => {
  const mine = new Shelf(localStorage, 'http://hub/', 'ada');
  const theirs = new Shelf(localStorage, 'http://hub/', 'bob');
  for (const shelf of [mine, theirs]) {
    shelf.writeState('s', state('secret'));
    shelf.writePath('n.ipynb', 's');
    localStorage.setItem(shelf.outboxKey('s', 'tab1'), '{}');
  }
  mine.clear();
  expect([mine.readState('s'), mine.readPath('n.ipynb'), ...mine.tabsOf('s')]).toEqual([
    null,
    null
  ]);
  expect(theirs.readState('s')).not.toBeNull();
  expect(theirs.readPath('n.ipynb')).toBe('s');
  expect(theirs.tabsOf('s')).toEqual(['tab1']);
});
