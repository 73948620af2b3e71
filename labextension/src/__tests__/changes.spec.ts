import fc from 'fast-check';

import { recordRuns } from '../changes';
import type { EditOp, Origin, Row, Run, Step } from '../model';
import { overlay, type ViewRow } from '../overlay';

const me: Origin = { kind: 'panel', client: 'me' };
const row = (name: string, value: number): [string, Row] => [
  name,
  { name, value, revision: 1, updatedAt: 1, origin: { kind: 'api' } }
];
const confirmed = new Map([row('a', 1), row('b', 2), row('c', 3)]);
const nothing = new Map<string, ViewRow>();
const shown = (view: ReadonlyMap<string, ViewRow>): [string, unknown, boolean][] =>
  [...view.values()]
    .map((each): [string, unknown, boolean] => [each.name, each.value, each.pending])
    .sort((x, y) => (x[0] < y[0] ? -1 : 1));

test('pending edits lie on top of what is confirmed, in order', () => {
  const pending = [
    { op: { op: 'set', name: 'a', value: 10 }, at: 5 },
    { op: { op: 'rename', name: 'a', to: 'z' }, at: 6 },
    { op: { op: 'delete', name: 'b' }, at: 7 }
  ] as { op: EditOp; at: number }[];
  expect(shown(overlay(confirmed, pending, me, nothing))).toEqual([
    ['c', 3, false],
    ['z', 10, true]
  ]);
});

const names = fc.constantFrom('a', 'b', 'c', 'd', '__proto__x', 'constructor');
const op: fc.Arbitrary<EditOp> = fc.oneof(
  fc.record({
    op: fc.constant('set' as const),
    name: names,
    value: fc.integer({ max: 3, min: 0 })
  }),
  fc.record({ op: fc.constant('delete' as const), name: names }),
  fc.record({ op: fc.constant('rename' as const), name: names, to: names })
);

test('drawing only what may have changed comes to the same as drawing all', () => {
  fc.assert(
    fc.property(fc.array(fc.array(op, { maxLength: 4 }), { maxLength: 6 }), batches => {
      let view: ReadonlyMap<string, ViewRow> = overlay(confirmed, [], me, nothing);
      let suspects: string[] = [];
      for (const ops of batches) {
        const pending = ops.map((each, at) => ({ op: each, at }));
        view = overlay(confirmed, pending, me, view, suspects);
        suspects = ops.flatMap(each => (each.op === 'rename' ? [each.name, each.to] : [each.name]));
        expect(shown(view)).toEqual(shown(overlay(confirmed, pending, me, nothing)));
      }
    })
  );
});

test('the last good run stays known while a later one runs or fails', () => {
  const run = (id: string, status: Run['status']): { op: 'run'; run: Run } => ({
    op: 'run',
    run: {
      id,
      step: 'train',
      status,
      start: 0,
      inputs: { lr: { revision: 1 } },
      outputs: ['loss'],
      source: ''
    }
  });
  let steps: ReadonlyMap<string, Step> = new Map();
  steps = recordRuns(steps, [run('1', 'done')], 4);
  steps = recordRuns(steps, [run('2', 'running')], 5);
  steps = recordRuns(steps, [run('2', 'failed')], 6);
  expect(steps.get('train')).toMatchObject({
    inputs: ['lr'],
    outputs: ['loss'],
    run: { id: '2', status: 'failed', revision: 6 },
    done: { id: '1', revision: 4 }
  });
  // Warnings are no reason to do it again.
  steps = recordRuns(steps, [run('3', 'warned')], 7);
  expect(steps.get('train')?.done).toMatchObject({ id: '3', revision: 7 });
});

test('a row that looks as it did is the same object, whatever else changed', () => {
  const op: EditOp = { op: 'set', name: 'a', value: 9 };
  const before = overlay(confirmed, [], me, nothing);
  const after = overlay(confirmed, [{ op, at: 5 }], me, before);
  expect(after.get('a')).not.toBe(before.get('a'));
  expect(after.get('b')).toBe(before.get('b'));
  expect(after.get('c')).toBe(before.get('c'));
});
