import { screen, within } from '@testing-library/react';

import { parseJson } from '../json';
import { loopsOf, progressOf, silence } from '../progress';
import type { Row } from '../model';
import { FakeServer } from './fakeserver';
import { showSession } from './showsession';

const loop = (fields: object): object => ({
  $progress: { done: 37, total: 100, state: 'running', seconds: 4, rate: 9, kernel: 'k', ...fields }
});
const read = (value: object): ReturnType<typeof progressOf> =>
  progressOf(parseJson(JSON.stringify(value)));

test('what only looks like progress is plain JSON', () => {
  expect(read(loop({}))).toEqual({ done: 37, total: 100, state: 'running', seconds: 4, rate: 9 });
  expect(read(loop({ total: null, rate: null }))).toMatchObject({ total: null, rate: null });
  for (const value of [
    { $progress: 3 },
    loop({ state: 'gone' }),
    loop({ done: 'x' }),
    loop({ done: -1 }),
    { ...loop({}), more: 1 }
  ]) {
    expect(read(value)).toBeNull();
  }
});

test('a loop that runs and has long said nothing is silent, at its own pace', () => {
  const quick = read(loop({}))!;
  expect(silence(quick, 0, 29_000)).toBeNull();
  expect(silence(quick, 0, 31_000)).toBe(31_000);
  const slow = read(loop({ rate: 0.01 }))!;
  expect(silence(slow, 0, 400_000)).toBeNull();
  expect(silence(slow, 0, 600_000)).toBe(600_000);
  expect(silence(read(loop({ state: 'done' }))!, 0, 1e9)).toBeNull();
});

test('the loops of a run are those that it has on its way', () => {
  const row = (name: string, run: string, state: string): Row => ({
    name,
    value: parseJson(JSON.stringify(loop({ state }))),
    revision: 1,
    updatedAt: 0,
    origin: { kind: 'step', run }
  });
  const rows = [row('a', 'r1', 'running'), row('b', 'r2', 'running'), row('c', 'r1', 'done')];
  expect(loopsOf(rows, 'r1').map(each => each.name)).toEqual(['a']);
});

test('a row shows how many, how fast, how long still, and how it ended', async () => {
  const server = new FakeServer();
  const values = {
    training: loop({}),
    endless: loop({ total: null, rate: 0.5 }),
    finished: loop({ done: 100, state: 'done', seconds: 11 }),
    broken: loop({ state: 'failed' })
  };
  for (const [name, value] of Object.entries(values)) {
    server.set(name, parseJson(JSON.stringify(value)));
  }
  await showSession(server);
  const words = (name: string): string | null => {
    const row = screen.getByRole('group', { name });
    return within(row).getByTestId('progress').textContent;
  };
  expect(words('training')).toBe('37 of 100 · 9 a second · 7.0 s left');
  expect(words('endless')).toBe('37 so far · 2.0 s each');
  expect(words('finished')).toBe('100 of 100 · done in 11 s');
  expect(words('broken')).toBe('37 of 100 · failed after 4.0 s');
  const bar = screen.getByRole('progressbar', { name: 'training' });
  expect(bar.getAttribute('aria-valuenow')).toBe('37');
});
