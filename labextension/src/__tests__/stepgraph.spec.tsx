import { screen, within } from '@testing-library/react';

import { Asks, type Ask } from '../asks';
import { History } from '../history';
import { FakeArchive } from './fakearchive';
import { FakeServer } from './fakeserver';
import { click, doing, FakeNotebook, pick, row, showSession } from './showsession';

const TRAIN = '%%session step train --in lr --out loss\nloss = lr';
const TEST = '%%session step test --in loss --out r2\nr2 = loss';

function record(server: FakeServer, step: string, status: 'done' | 'failed', cell: string): void {
  server.record({ id: `run-${step}`, step, status, start: 1, end: 2, cell, source: '' });
}

test('Run all runs what is fresh too, in order, and stops at what does not end well', async () => {
  const server = new FakeServer();
  const notebook = new FakeNotebook();
  notebook.sources = [
    { id: 'b', source: TEST },
    { id: 'a', source: TRAIN }
  ];
  let count = 0;
  notebook.effect = id => {
    const step = id === 'a' ? 'train' : 'test';
    const status = count < 2 ? 'done' : 'failed';
    server.record({ id: `run-${count++}`, step, status, start: 1, end: 2, cell: id, source: '' });
  };
  const { runner } = await showSession(server, notebook);
  await doing(() => void runner.runAll());
  expect(notebook.ran).toEqual(['a', 'b']);
  await click(screen.getByTestId('steps-run-every'));
  expect(notebook.ran).toEqual(['a', 'b', 'a']);
});

test('a step says when it ran last, or that it waits for its turn; its error leads to the line', async () => {
  const server = new FakeServer();
  const notebook = new FakeNotebook();
  notebook.sources = [
    { id: 'a', source: TRAIN },
    { id: 'b', source: TEST }
  ];
  const { runner } = await showSession(server, notebook);
  const end = Date.now() - 300_000;
  const run = { id: 'r', step: 'train', start: end - 200, end, cell: 'a', source: '' };
  await doing(() => server.record({ ...run, status: 'done' }));
  const details = (): (string | null)[] =>
    screen.getAllByTestId('step-detail').map(each => each.textContent);
  expect(details()[0]).toContain(' · 5 min');
  let finish: (outcome: 'ran') => void = () => undefined;
  notebook.runCell = () => new Promise(resolve => (finish = resolve));
  await doing(() => void runner.runAll());
  expect(details()[1]).toBe('waits for its turn');
  const error = { type: 'ValueError', message: 'no', line: 2 };
  await doing(() => {
    server.record({ ...run, id: 'r2', status: 'failed', error });
    finish('ran');
  });
  expect(details()[1]).toBe('');
  await click(screen.getByTestId('step-error'));
  expect(notebook.shown).toEqual(['a:2']);
});

test('steps that wait for one another are named, and left out by what runs several', async () => {
  const notebook = new FakeNotebook();
  notebook.sources = [
    { id: 'one', source: '#| step: one(b) -> a' },
    { id: 'two', source: '#| step: two(a) -> b' },
    { id: 'alone', source: '#| step: alone(lr) -> c' }
  ];
  const server = new FakeServer();
  notebook.effect = step =>
    server.record({ id: `run-${step}`, step, status: 'done', start: 1, end: 2, source: '' });
  await showSession(server, notebook);
  expect(screen.getByTestId('steps-circle').textContent).toMatch(
    /^one → two → one: .* Run stale and Run all leave out one, two\./
  );
  expect(screen.getByTestId('run-all').textContent).toContain('Run 1');
  await click(screen.getByTestId('steps-run-stale'));
  expect(notebook.ran).toEqual(['alone']);
  await click(screen.getByTestId('steps-run-every'));
  expect(notebook.ran).toEqual(['alone', 'alone']);
  await doing(() => notebook.write(notebook.sources.slice(1)));
  expect(screen.queryByTestId('steps-circle')).toBeNull();
});

test('what could not be stored is lost with its kernel, and marks the older variable', async () => {
  const server = new FakeServer();
  server.set('model', 1, { kind: 'panel' });
  server.set('other', 1, { kind: 'panel' });
  const notebook = new FakeNotebook();
  notebook.kernelId = 'k1';
  notebook.kernelLife = 'l1';
  notebook.sources = [{ id: 'a', source: '#| step: fit() -> model' }];
  await showSession(server, notebook);
  const made = {
    status: 'warned',
    start: 1,
    end: 2,
    kernel: 'k1',
    life: 'l1',
    source: ''
  } as const;
  await doing(() => server.record({ ...made, id: 'r', step: 'fit', outputs: ['model'] }));
  const state = (): string | null => screen.getByTestId('step').getAttribute('data-state');
  expect(state()).toBe('fresh');
  const mark = within(row('model')).getByTestId('older');
  expect(mark.title).toBe(
    'fit has made a newer model since, which could not be stored and is in its kernel only.'
  );
  expect(within(row('other')).queryByTestId('older')).toBeNull();
  // It was restarted.
  notebook.kernelLife = 'l2';
  await doing(() => notebook.write([...notebook.sources]));
  expect(state()).toBe('needs-kernel');
  await doing(() => server.set('model', 2, { kind: 'panel' }));
  expect(screen.queryByTestId('older')).toBeNull();
});

test('a step whose cell is gone is put away, one that a function is stays', async () => {
  const server = new FakeServer();
  const notebook = new FakeNotebook();
  notebook.sources = [
    { id: 'a', source: TRAIN },
    { id: 'f', source: '@session.step\ndef fit(): ...' }
  ];
  await showSession(server, notebook);
  await doing(() => {
    record(server, 'train', 'done', 'a');
    record(server, 'fit', 'done', 'f');
    record(server, 'old', 'done', 'gone');
    record(server, 'earlier_name', 'done', 'a');
  });
  const names = (): (string | null)[] =>
    screen.getAllByTestId('step').map(each => each.getAttribute('data-name'));
  expect(names()).toEqual(['train', 'fit']);
  await click(screen.getByTestId('steps-removed'));
  expect(names()).toEqual(['train', 'fit', 'old', 'earlier_name']);
  const fit = screen.getAllByTestId('step')[1]!;
  await click(within(fit).getByText('fit'));
  expect(notebook.shown).toEqual(['f']);
});

test('who asks for the steps gets the focus there, out of the history too, or hears that there are none', async () => {
  const asks = new Asks();
  const server = new FakeServer();
  const notebook = new FakeNotebook();
  const shelf = { readLook: () => null, writeLook: () => undefined };
  const archive = new FakeArchive(server);
  await showSession(server, notebook, client => ({
    asks,
    history: new History({ client, archive, shelf })
  }));
  await doing(() => asks.ask('steps'));
  expect(screen.getByTestId('notice').textContent).toContain('%%session step train');
  await doing(() => notebook.write([{ id: 'a', source: TRAIN }]));
  await click(screen.getByTestId('history-button'));
  await doing(() => ['present', 'steps'].forEach(each => asks.ask(each as Ask)));
  expect(screen.queryByTestId('history')).toBeNull();
  expect((document.activeElement as HTMLElement).dataset.testid).toBe('steps-list');
});

test('Stop is for what runs in this notebook; what runs in another one is said to', async () => {
  const server = new FakeServer();
  const notebook = new FakeNotebook();
  notebook.kernelId = 'kernel';
  notebook.sources = [
    { id: 'a', source: TRAIN },
    { id: 'b', source: TEST }
  ];
  await showSession(server, notebook);
  const run = (kernel: string): Promise<void> =>
    doing(() =>
      server.record({ id: kernel, step: 'train', status: 'running', start: 1, kernel, source: '' })
    );
  await run('another');
  expect(screen.queryByTestId('steps-stop')).toBeNull();
  expect(screen.getByTestId('steps-run-every')).toBeTruthy();
  expect(screen.getByTestId('step-elsewhere').textContent).toBe('runs in another notebook');
  await run('kernel');
  expect(screen.queryByTestId('step-elsewhere')).toBeNull();
  await click(screen.getByTestId('steps-stop'));
  expect(notebook.interrupts).toBe(1);
});

describe('where a value came from', () => {
  const server = (): FakeServer => {
    const made = new FakeServer();
    made.set('lr', 0.1, { kind: 'panel' });
    const run = { id: 'r1', step: 'train', start: 1, end: 2, cell: 'a', source: '' };
    const inputs = { lr: { revision: 1, value: 0.1 } };
    made.record({ ...run, status: 'running', inputs });
    made.set('loss', 1, { kind: 'step', step: 'train', run: 'r1' });
    made.record({ ...run, status: 'done', inputs, outputs: ['loss'], written: ['loss'] });
    return made;
  };
  const ask = async (name: string): Promise<HTMLElement> => {
    await pick(within(row(name)).getByTestId('row-menu'), 'trace');
    return screen.getByTestId('trace');
  };

  test('stands in its row, without steps or with them as a list', async () => {
    const plain = new FakeServer();
    plain.set('lr', 0.1, { kind: 'cli' });
    await showSession(plain);
    const trace = await ask('lr');
    expect(trace.textContent).toBe('lr was set by the command line, now.');
    expect(row('lr').contains(trace)).toBe(true);
  });

  test('says from what, there and where it is pointed at', async () => {
    const notebook = new FakeNotebook();
    notebook.sources = [{ id: 'a', source: TRAIN }];
    await showSession(server(), notebook);
    expect(within(row('loss')).getByTestId('written-by').title).toContain(
      'Written by step train from lr, '
    );
    const trace = await ask('loss');
    expect(trace.textContent).toBe('loss was written by train from lr, now.');
    expect(row('loss').contains(trace)).toBe(true);
    await click(screen.getByTestId('steps-graph'));
    expect(row('loss').contains(screen.getByTestId('trace'))).toBe(false);
  });
});

test('the list is what a screen reader has, and the choice says which it is', async () => {
  const notebook = new FakeNotebook();
  notebook.sources = [{ id: 'a', source: TRAIN }];
  await showSession(new FakeServer(), notebook);
  const pressed = (): (string | null)[] =>
    ['list', 'graph'].map(each => screen.getByTestId(`steps-${each}`).getAttribute('aria-pressed'));
  expect(pressed()).toEqual(['true', 'false']);
  await click(screen.getByTestId('steps-graph'));
  expect(pressed()).toEqual(['false', 'true']);
});
