import { Shelf } from '../shelf';

test('two servers of one origin and two people at one computer never meet', () => {
  const mine = new Shelf(localStorage, 'http://hub/user/ada/', 'ada');
  mine.writeState('s', 'secret');
  localStorage.setItem(mine.outboxKey('s', 'tab1'), '{}');
  for (const other of [
    new Shelf(localStorage, 'http://hub/user/bob/', 'ada'),
    new Shelf(localStorage, 'http://hub/user/ada/', 'bob'),
    new Shelf(localStorage, 'http://hub/user/ada/|ada', '')
  ]) {
    expect(other.readState('s')).toBeNull();
    expect(other.tabsOf('s')).toEqual([]);
  }
  expect(mine.readState('s')).toBe('secret');
  expect(mine.tabsOf('s')).toEqual(['tab1']);
});

test('room is made of known states, never of outboxes', () => {
  const shelf = new Shelf(localStorage, 'http://lab/', '');
  shelf.writeState('s', 'x');
  localStorage.setItem(shelf.outboxKey('s', 'tab1'), 'precious');
  expect(shelf.makeRoom()).toBe(true);
  expect(shelf.makeRoom()).toBe(false);
  expect(shelf.readState('s')).toBeNull();
  expect(localStorage.getItem(shelf.outboxKey('s', 'tab1'))).toBe('precious');
});

test('a logout leaves nothing of this person, and what others have', () => {
  const mine = new Shelf(localStorage, 'http://hub/', 'ada');
  const theirs = new Shelf(localStorage, 'http://hub/', 'bob');
  for (const shelf of [mine, theirs]) {
    shelf.writeState('s', 'secret');
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
