import { parseJson, stringifyJson, type Json } from '../json';
import {
  childPointer,
  grown,
  memberAt,
  moved,
  removed,
  renamed,
  replaced,
  treeRows,
  type TreeItem
} from '../treerows';

const VALUE = parseJson(
  '{"a": [1.0, {"b": 2}], "x/y~": {"$date": "2026-01-02T03:04:05"}, "n": null}'
);

function item(value: Json, pointer: string): TreeItem {
  const open = new Set(['/a', '/a/1', '/m']);
  const found = treeRows(value, open, new Map()).find(row => row.pointer === pointer);
  if (found?.kind !== 'item') {
    throw new Error(pointer);
  }
  return found;
}

test('lines are those of what is open, each with its place', () => {
  const rows = treeRows(VALUE, new Set(['/a']), new Map());
  expect(rows.map(row => [row.pointer, row.level])).toEqual([
    ['/a', 1],
    ['/a/0', 2],
    ['/a/1', 2],
    ['/x~1y~0', 1],
    ['/n', 1]
  ]);
  expect(item(VALUE, '/a')).toMatchObject({ isOpen: true, place: 1, count: 3, isInList: false });
  expect(item(VALUE, '/a/0')).toMatchObject({ isOpen: null, isInList: true });
});

test('a date is one thing', () => {
  expect(item(VALUE, '/x~1y~0').isOpen).toBeNull();
});

test('of very many members a page is listed, and how many are left', () => {
  const rows = treeRows([...Array(10_000).keys()], new Set(), new Map());
  expect(rows).toHaveLength(51);
  expect(rows[50]).toMatchObject({ kind: 'more', left: 9950 });
  expect(treeRows([...Array(60).keys()], new Set(), new Map([['', 100]]))).toHaveLength(60);
});

test('an edit changes its place, and every other digit stays', () => {
  expect(stringifyJson(replaced(VALUE, '/a/1/b', 3))).toBe(
    '{"a":[1.0,{"b":3}],"x/y~":{"$date":"2026-01-02T03:04:05"},"n":null}'
  );
  expect(stringifyJson(removed(VALUE, '/x~1y~0'))).toBe('{"a":[1.0,{"b":2}],"n":null}');
  expect(memberAt(renamed(VALUE, item(VALUE, '/n'), '__proto__'), '/__proto__')).toBeNull();
});

test('items move within their list, not beyond its ends', () => {
  const value: Json = { m: [1, 2, 3] };
  expect(moved(value, item(value, '/m/1'), -1)).toEqual({ m: [2, 1, 3] });
  expect(moved(value, item(value, '/m/1'), 1)).toEqual({ m: [1, 3, 2] });
  expect(moved(value, item(value, '/m/2'), 1)).toBe(value);
});

test('a new member is like its neighbours, or has a free key', () => {
  expect(grown([1, 2], '')).toEqual({ value: [1, 2, 0], pointer: '/2' });
  expect(grown({ l: ['x'] }, '/l').value).toEqual({ l: ['x', ''] });
  expect(grown({ key: 1, key_2: 2 }, '')).toEqual({
    value: { key: 1, key_2: 2, key_3: null },
    pointer: '/key_3'
  });
});

test('names that every object has are only keys', () => {
  const value = parseJson('{"__proto__": {"toString": 1}, "constructor": 2}');
  const rows = treeRows(value, new Set(['/__proto__']), new Map());
  expect(rows.map(row => row.pointer)).toEqual([
    '/__proto__',
    '/__proto__/toString',
    '/constructor'
  ]);
  expect(stringifyJson(replaced(value, '/__proto__/toString', 5))).toBe(
    '{"__proto__":{"toString":5},"constructor":2}'
  );
  expect(memberAt({}, childPointer('', 'toString'))).toBeUndefined();
});
