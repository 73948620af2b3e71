import {
  inOwnOrder,
  placed,
  PLAIN,
  readArrangement,
  sections,
  writtenArrangement
} from '../arrangement';

test('names that begin alike stand together, where the first of them stood', () => {
  expect(sections(['alpha', 'model.depth', 'note', 'model.lr', 'z'])).toEqual([
    { prefix: null, names: ['alpha'] },
    { prefix: 'model.', names: ['model.depth', 'model.lr'] },
    { prefix: null, names: ['note', 'z'] }
  ]);
});

test.each([
  [['a_1', 'a_2'], [null]],
  [['a_1', 'a_2', 'a_3'], ['a_']],
  [['m.a', 'n.a'], [null]],
  [['_a', '_b', '_c'], [null]],
  [['.a', '.b'], [null]],
  [['a_', 'a_b', 'a_c'], [null]],
  [['m.a_1', 'm.a_2', 'm.a_3'], ['m.']],
  [['__proto.x', '__proto.y'], ['__proto.']]
])('%j has the titles %j', (names, prefixes) => {
  expect(sections(names).map(each => each.prefix)).toEqual(prefixes);
});

test('every name has one place', () => {
  const names = ['b_1', 'x', 'b_2', 'b.y', 'b_3', 'b.z', 'constructor'];
  expect(
    sections(names)
      .flatMap(each => each.names)
      .sort()
  ).toEqual([...names].sort());
});

test('a row moves before or after another', () => {
  expect(placed(['a', 'b', 'c'], 'c', 'a', 'before')).toEqual(['c', 'a', 'b']);
  expect(placed(['a', 'b', 'c'], 'a', 'b', 'after')).toEqual(['b', 'a', 'c']);
  expect(placed(['a', 'b'], 'a', 'gone', 'after')).toEqual(['a', 'b']);
});

test('new names come after those that were put in order', () => {
  expect(inOwnOrder(['a', 'b', 'c', 'd'], ['c', 'gone', 'a'])).toEqual(['c', 'a', 'b', 'd']);
});

test('what was kept comes back, and nonsense is the plain arrangement', () => {
  const kept = {
    order: 'own',
    grouped: false,
    own: ['b', 'a'],
    closed: ['m.'],
    steps: 'graph'
  } as const;
  expect(readArrangement(writtenArrangement(kept))).toEqual(kept);
  for (const text of [null, '', '[1]', '{"order": "up", "own": {"a": 1}, "closed": [1]}']) {
    expect(readArrangement(text)).toEqual(PLAIN);
  }
});
