import { FakeServer, openPage, settle } from './fakeserver';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('what was refused together with another edit is sent by itself, without a further keystroke', async () => {
  const server = new FakeServer();
  // An answer takes a moment, as it does everywhere but here.
  const receive = server.receive.bind(server);
  server.receive = (...frame) => void Promise.resolve().then(() => receive(...frame));
  const page = openPage(server);
  await settle();
  server.refuses = op =>
    op.op === 'set' && op.name === 'bad' ? { code: 'invalid-value', message: 'Not this.' } : null;
  page.setVariable('bad', 1);
  page.setVariable('good', 2);
  page.setVariable('better', 3);
  vi.advanceTimersByTime(600);
  await settle();
  expect(server.value('good')).toBe(2);
  expect(server.value('better')).toBe(3);
  expect(page.getState().refused.map(({ edit }) => edit.op.name)).toEqual(['bad']);
  expect(page.status.edits).toBe(0);
  page.dispose();
});

test('what the last run read on its way is held while the step runs again', async () => {
  const server = new FakeServer();
  const page = openPage(server);
  await settle();
  const run = { id: 'r', step: 'train', start: 1, source: '' };
  server.record({ ...run, status: 'done', inputs: { seed: { revision: 0, value: 7 } } });
  server.record({ ...run, id: 's', status: 'running' });
  await settle();
  page.setVariable('seed', 8);
  page.setVariable('other', 1);
  vi.advanceTimersByTime(600);
  await settle();
  expect([server.value('seed'), server.value('other')]).toEqual([undefined, 1]);
  server.record({ ...run, id: 's', status: 'done' });
  await settle();
  vi.advanceTimersByTime(600);
  await settle();
  expect(server.value('seed')).toBe(8);
  page.dispose();
});
