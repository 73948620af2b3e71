import { Outbox, type OutboxOptions } from '../outbox';
import { wasOf } from '../edit';
import type { Ack, ClientFrame } from '../frames';
import type { Row } from '../model';

type Mutate = Extract<ClientFrame, { type: 'mutate' }>;

let sent: Mutate[];

function make(options: Partial<OutboxOptions> = {}): Outbox {
  sent = [];
  return new Outbox({
    storage: localStorage,
    key: 'box',
    life: 'now',
    send: frame => sent.push(frame as Mutate) > 0,
    onAck: () => undefined,
    onRefused: () => undefined,
    onGap: () => undefined,
    ...options
  });
}

const rows = new Map<string, Row>([
  ['lr', { name: 'lr', value: 0.1, revision: 3, updatedAt: 0, origin: { kind: 'api' } }]
]);
const ack = (seq: number, revision: number): Ack => ({ type: 'ack', seq, revision, at: 0 });
const set = (name: string, value: number): { op: 'set'; name: string; value: number } => ({
  op: 'set',
  name,
  value
});

test('number and body are written down before they are sent', () => {
  let written: string | null = null;
  const box = make({
    send: () => {
      written = localStorage.getItem('box');
      return false;
    }
  });
  box.resume(0, null, 5, false);
  box.add(set('lr', 0.2), 5, rows, 0);
  box.dispatch();
  expect(written).toContain('"open":{"seq":1');
  expect(written).toContain('0.2');
});

test('several edits of one variable are one op, with what the first one saw', () => {
  const box = make();
  box.resume(0, null, 5, false);
  box.add(set('lr', 0.2), 5, rows, 0);
  box.add(set('x', 1), 5, rows, 0);
  box.add(set('lr', 0.3), 9, rows, 0);
  box.dispatch();
  expect(sent[0]).toMatchObject({ seq: 1, base: 5, ops: [set('lr', 0.3), set('x', 1)] });
});

test('a rename between two edits keeps their order', () => {
  const box = make();
  box.resume(0, null, 5, false);
  box.add(set('lr', 0.2), 5, rows, 0);
  box.add({ op: 'rename', name: 'lr', to: 'rate' }, 5, rows, 0);
  box.add(set('rate', 0.3), 5, rows, 0);
  box.add(set('lr', 7), 5, rows, 0);
  box.dispatch();
  expect(sent[0]?.ops).toEqual([
    set('lr', 0.2),
    { op: 'rename', name: 'lr', to: 'rate' },
    set('rate', 0.3),
    set('lr', 7)
  ]);
});

test('another page goes on where this one stopped', () => {
  const box = make();
  box.resume(0, null, 5, false);
  box.add(set('lr', 0.2), 5, rows, 0);
  box.dispatch();
  box.add(set('x', 1), 5, rows, 0);
  const first = sent[0];
  const next = make({ life: 'later' });
  expect(next.client).toBe(box.client);
  expect(next.pending.map(edit => edit.op)).toEqual([set('lr', 0.2), set('x', 1)]);
  // It arrived: nothing is sent twice, and what was not sent goes with a condition.
  next.resume(1, ack(1, 6), 6, false);
  next.dispatch();
  expect(sent).toHaveLength(1);
  expect(sent[0]).toMatchObject({ seq: 2, ops: [{ ...set('x', 1), ifRevision: 0 }] });
  expect(first?.ops).toEqual([set('lr', 0.2)]);
});

test('what is typed on top of an acknowledged edit has seen it', () => {
  const box = make();
  box.resume(0, null, 5, false);
  box.add(set('lr', 0.2), 5, rows, 0);
  box.dispatch();
  box.add(set('lr', 0.3), 5, rows, 0);
  box.answered(ack(1, 6));
  box.suspend();
  box.resume(1, ack(1, 6), 6, true);
  box.dispatch();
  expect(sent[1]).toMatchObject({ seq: 2, base: 6, ops: [{ ...set('lr', 0.3), ifRevision: 6 }] });
});

test('a refused edit knows what stood there when it was made, and where its variable is now', () => {
  const box = make();
  box.resume(0, null, 5, false);
  box.add(set('lr', 0.2), 5, rows, 0);
  box.add(set('lr', 0.3), 6, new Map(), 0);
  box.add(set('new', 1), 5, rows, 0);
  // Not what somebody else has made of it since; after a reload, too.
  const next = make();
  expect(next.unsent.map(wasOf)).toEqual([{ value: 0.1 }, undefined]);
  next.resume(0, null, 7, true);
  next.dispatch(edit => edit.op.name === 'new');
  next.add(set('lr', 0.4), 7, rows, 0);
  next.answered(ack(1, 8));
  expect(next.unsent.map(({ op, seen, was }) => [op.name, seen, was?.value])).toEqual([
    ['new', 0, undefined],
    ['lr', 8, 0.3]
  ]);
  next.dispatch(edit => edit.op.name === 'new');
  const renamed = { code: 'renamed', message: 'lr was renamed to rate.', name: 'lr', to: 'rate' };
  next.answered({ type: 'reject', seq: 2, ...renamed });
  expect(next.refused).toMatchObject([
    { ...{ code: 'renamed', to: 'rate' }, edit: { was: { value: 0.3 } } }
  ]);
  expect(make().refused).toEqual(next.refused);
});

test('an answer to another number changes nothing', () => {
  const box = make();
  box.resume(0, null, 5, false);
  box.add(set('lr', 0.2), 5, rows, 0);
  box.dispatch();
  box.answered(ack(9, 6));
  expect(box.isWaiting).toBe(true);
});

test('a second gap in a row is refused, not repeated for ever', () => {
  const gaps = vi.fn();
  const box = make({ onGap: gaps });
  for (const seq of [1, 2]) {
    box.resume(seq - 1, null, 5, false);
    box.add(set('lr', 0.2), 5, rows, 0);
    box.dispatch();
    box.answered({ type: 'reject', seq, code: 'gap', message: 'gap' });
  }
  expect(gaps).toHaveBeenCalledTimes(1);
  expect(box.refused).toHaveLength(1);
});

test('a browser without storage keeps nothing, and says so', () => {
  const box = make({ storage: null });
  expect(box.kept).toBe(true);
  box.add(set('lr', 0.2), 5, rows, 0);
  expect(box.kept).toBe(false);
});

test('what another version wrote is left alone', () => {
  localStorage.setItem('box', '{"v":99}');
  expect(make().pending).toEqual([]);
  localStorage.setItem('box', 'no json');
  expect(make().pending).toEqual([]);
});
