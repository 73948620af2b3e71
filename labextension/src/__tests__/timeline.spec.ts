import { nullTranslator } from '@jupyterlab/translation';

import { editWords, noteWords } from '../components/historywords';
import type { Op, Origin, Row, RunStatus } from '../model';
import {
  entriesOf,
  linesOf,
  partsOf,
  rowsBefore,
  toldOf,
  undoneBy,
  weightOf,
  type PastChange
} from '../timeline';

const panel: Origin = { kind: 'panel', client: 'A' };

function change(revision: number, ops: Op[], more: Partial<PastChange> = {}): PastChange {
  return { revision, tip: `t${revision}`, at: revision * 1000, origin: panel, ops, ...more };
}

function row(name: string, value: Row['value']): Row {
  return { name, value, revision: 1, updatedAt: 0, origin: panel };
}

const set = (name: string, value: Row['value']): Op => ({ op: 'set', name, value });

describe('what changes did', () => {
  test('is from what to what, oldest value from the difference', () => {
    const altered = [{ name: 'a', before: row('a', 1), after: row('a', 3) }];
    const entries = entriesOf([change(3, [set('a', 3)]), change(2, [set('a', 2)])], altered);
    expect(entries.map(entry => entry.edits)).toEqual([
      [{ name: 'a', path: [], before: { value: 2 }, after: { value: 3 } }],
      [{ name: 'a', path: [], before: { value: 1 }, after: { value: 2 } }]
    ]);
  });

  test('a variable that ends as it began is not in the difference, and known all the same', () => {
    const [newer, older] = entriesOf([change(3, [set('a', 1)]), change(2, [set('a', 2)])], []);
    expect(older?.edits[0]?.before).toEqual({ value: 1 });
    expect(newer?.edits[0]).toMatchObject({ before: { value: 2 }, after: { value: 1 } });
  });

  test('new, deleted and renamed', () => {
    const altered = [
      { name: 'a', before: null, after: null },
      { name: 'b', before: null, after: row('b', 1) }
    ];
    const entries = entriesOf(
      [change(3, [{ op: 'rename', name: 'a', to: 'b' }]), change(2, [set('a', 1)])],
      altered
    );
    expect(entries[1]?.edits).toEqual([
      { name: 'a', path: [], before: 'absent', after: { value: 1 } }
    ]);
    expect(entries[0]?.edits).toEqual([
      { name: 'b', path: [], before: 'absent', after: { value: 1 } },
      { name: 'a', path: [], before: { value: 1 }, after: 'absent' }
    ]);
    expect(entries[0]?.notes).toEqual([{ kind: 'renamed', name: 'a', to: 'b' }]);
  });

  test('where the history no longer says what was before', () => {
    const patch: Op = { op: 'patch', name: 'o', patch: [{ op: 'add', path: '/k', value: 1 }] };
    const entries = entriesOf([change(3, [patch]), change(2, [set('a', 2)])], null);
    expect(entries[1]?.edits[0]).toMatchObject({ before: 'unknown', after: { value: 2 } });
    expect(entries[0]?.edits[0]).toMatchObject({ before: 'unknown', after: 'unknown' });
  });

  test('of one variable alone', () => {
    const entries = entriesOf([change(2, [set('a', 2), set('b', 2)])], null, 'b');
    expect(entries[0]?.edits.map(edit => edit.name)).toEqual(['b']);
  });

  test('an undo that was taken back counts no more', () => {
    const entries = entriesOf(
      [
        change(4, [set('a', 2)], { undoes: 3, label: 'redo' }),
        change(3, [set('a', 1)], { undoes: 2, label: 'undo' }),
        change(2, [set('a', 2)])
      ],
      []
    );
    expect([...undoneBy(entries)]).toEqual([[3, 4]]);
  });
});

describe('lines', () => {
  const step = (run: string): Origin => ({ kind: 'step', step: 'train', run });

  test('a run is one line, from its first value to its last, with how it ended', () => {
    const run = { id: 'r', step: 'train', start: 0, source: '' };
    const entries = entriesOf(
      [
        change(6, [set('lr', 9)]),
        change(5, [{ op: 'run', run: { ...run, status: 'done' } }], { origin: step('r') }),
        change(4, [set('loss', 2)], { origin: step('r') }),
        change(3, [set('loss', 3)], { origin: step('r') }),
        change(2, [set('loss', 4)], { origin: step('other') })
      ],
      [
        { name: 'loss', before: null, after: row('loss', 2) },
        { name: 'lr', before: row('lr', 1), after: row('lr', 9) }
      ]
    );
    const lines = linesOf(entries);
    expect(lines.map(line => line.entries.length)).toEqual([1, 3, 1]);
    expect(lines.map(line => line.key)).toEqual(['6', '3', '2']);
    expect(lines[1]?.edits).toEqual([
      { name: 'loss', path: [], before: { value: 4 }, after: { value: 2 } }
    ]);
    expect(lines[1]?.notes).toEqual([{ kind: 'run', step: 'train', id: 'r', status: 'done' }]);
  });

  test('what began before somebody else changed something says how it ended', () => {
    const begun = (revision: number, id: string, status: RunStatus): PastChange =>
      change(revision, [{ op: 'run', run: { id, step: 'train', start: 0, source: '', status } }], {
        origin: step(id)
      });
    const words = (...changes: PastChange[]): string[] =>
      linesOf(entriesOf(changes, null)).flatMap(line =>
        line.notes.map(note => noteWords(note, nullTranslator.load('x')))
      );
    const between = change(3, [set('lr', 9)]);
    expect(words(begun(4, 'r', 'failed'), between, begun(2, 'r', 'running'))).toEqual([
      'step train failed',
      'step train started (failed)'
    ]);
    expect(words(begun(4, 's', 'done'), between, begun(2, 'r', 'running'))[1]).toBe(
      'step train running'
    );
  });

  test('a cell that writes in a loop is one line, until it pauses', () => {
    const origin: Origin = { kind: 'cell', cell: 'c1', kernel: 'k' };
    const at = (revision: number, ms: number): PastChange =>
      change(revision, [set('i', revision)], { origin, at: ms });
    const entries = entriesOf([at(4, 9000), at(3, 1100), at(2, 1000)], null);
    expect(linesOf(entries).map(line => line.entries.length)).toEqual([1, 2]);
  });

  test('an undo stands by itself', () => {
    const origin: Origin = { kind: 'cell', cell: 'c1', kernel: 'k' };
    const entries = entriesOf(
      [
        change(3, [set('a', 1)], { origin, undoes: 2, at: 1 }),
        change(2, [set('a', 2)], { origin, at: 0 })
      ],
      null
    );
    expect(linesOf(entries)).toHaveLength(2);
  });
});

test('members that differ stand by their places; short lists and typed values as a whole', () => {
  const edit = (before: Row['value'], after: Row['value']): ReturnType<typeof partsOf> =>
    partsOf({ name: 'o', path: [], before: { value: before }, after: { value: after } });
  expect(edit({ m: { d: 2, k: 'x' } }, { m: { d: 3, k: 'x' } })).toEqual([
    { name: 'o', path: ['m', 'd'], before: { value: 2 }, after: { value: 3 } }
  ]);
  expect(edit([1], [2])[0]?.path).toEqual([]);
  expect(edit({ $date: 'a' }, { $date: 'b' })[0]?.path).toEqual([]);
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, i]));
  expect(edit(many, {})).toHaveLength(1);
  expect(edit(JSON.parse('{"__proto__": 1}') as Row['value'], {})[0]?.path).toEqual(['__proto__']);
});

describe('in words', () => {
  const trans = nullTranslator.load('x');
  const words = (before: Row['value'], after: Row['value']): string[] =>
    partsOf({ name: 'o', path: [], before: { value: before }, after: { value: after } }).map(edit =>
      editWords(edit, trans)
    );
  const rows = Array.from({ length: 250 }, (_, i) => ({ name: `n${i}`, score: i / 4 }));

  test('a cell of a table, a row that came and one that went stand by their places', () => {
    expect(words(rows, rows.with(6, { name: 'x', score: 1.5 }))).toEqual(['o[6].name "n6" → "x"']);
    expect(words(rows, rows.toSpliced(6, 1))).toEqual([
      'o[6] deleted, was {"name": "n6", "score": 1.5}'
    ]);
    expect(words(rows, rows.toSpliced(6, 0, { name: 'x', score: 0 }))).toEqual([
      'o[6] new: {"name": "x", "score": 0}'
    ]);
    expect(words({ rows }, { rows: rows.with(6, { name: 'n6', score: 2 }) })).toEqual([
      'o.rows[6].score 1.5 → 2'
    ]);
  });

  test('a cell of a data frame, too', () => {
    const frame = (b: number): Row['value'] => ({
      $dataframe: {
        columns: [{ name: 'b', dtype: 'int64', data: [1, b, 3] }],
        index: { range: [0, 3, 1] }
      }
    });
    expect(words(frame(2), frame(5))).toEqual(['o[1].b 2 → 5']);
  });

  test('where too much differs one sees where it begins, or that it is changed', () => {
    const long = 'x'.repeat(100);
    expect(words(`${long}1`, `${long}2`)).toEqual(['o …xxxxxxxx1" → …xxxxxxxx2"']);
    const bytes = (base64: string): Row['value'] => ({ $binary: { base64, subType: '00' } });
    expect(words(bytes('AAAA'), bytes('AAAB'))).toEqual([
      'o bytes, 3 bytes → bytes, 3 bytes, changed'
    ]);
  });

  test('typed values and loops are said as their rows say them', () => {
    const loop = (done: number): Row['value'] => ({
      $progress: { done, total: 9, seconds: 1, state: 'running', rate: 1 }
    });
    const path = (text: string): Row['value'] => ({ $path: { type: 'PosixPath', path: text } });
    expect(words(path('a/b'), path('a/c'))).toEqual(['o a/b → a/c']);
    expect(words(loop(1), loop(2))).toEqual(['o 1 / 9 → 2 / 9']);
  });

  test('what was renamed is not also new and deleted', () => {
    const rename: Op = { op: 'rename', name: 'a', to: 'b' };
    const told = (ops: Op[], altered: Parameters<typeof entriesOf>[1]): string[] =>
      toldOf(entriesOf([change(2, ops)], altered)[0]!).map(edit => editWords(edit, trans));
    const altered = (to: number): Parameters<typeof entriesOf>[1] => [
      { name: 'a', before: row('a', 1), after: null },
      { name: 'b', before: null, after: row('b', to) }
    ];
    expect(told([rename], altered(1))).toEqual([]);
    expect(told([rename], null)).toEqual([]);
    expect(told([rename, set('b', 2)], altered(2))).toEqual(['b 1 → 2']);
  });
});

test('rows as they were', () => {
  const rows = new Map([
    ['a', row('a', 2)],
    ['new', row('new', 1)]
  ]);
  const then = rowsBefore(rows, [
    { name: 'a', before: row('a', 1), after: row('a', 2) },
    { name: 'new', before: null, after: row('new', 1) },
    { name: 'gone', before: row('gone', 0), after: null }
  ]);
  expect([...then].map(([name, each]) => [name, each.value])).toEqual([
    ['a', 1],
    ['gone', 0]
  ]);
  expect(rows.size).toBe(2);
});

test('weighing a large value ends when it is heavy enough', () => {
  const large = Array.from({ length: 1_000_000 }, (_, i) => i);
  expect(weightOf(large, 100)).toBeGreaterThanOrEqual(100);
  expect(weightOf({ a: 'xyz' }, 1000)).toBeLessThan(40);
});
