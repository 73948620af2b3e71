/** Whoever has no mouse stays in the panel, next to where they were, when what they pressed goes. */
import { ServerConnection } from '@jupyterlab/services';
import { act, fireEvent, screen, within } from '@testing-library/react';

import { History } from '../history';
import type { Run } from '../model';
import { FakeArchive } from './fakearchive';
import { FakeServer, settle } from './fakeserver';
import { click, doing, FakeNotebook, pick, row, showSession, type } from './showsession';

let server: FakeServer;

beforeEach(() => {
  server = new FakeServer();
  for (const name of ['a', 'b', 'c']) {
    server.set(name, 0.1, { kind: 'panel' });
  }
});

const place = (): string => {
  const { activeElement } = document;
  const of = activeElement?.closest<HTMLElement>('[data-testid="row"], [data-testid="step"]');
  const { testid, name = '' } = (activeElement as HTMLElement).dataset;
  return `${testid ?? activeElement?.className ?? ''} ${of?.dataset.name ?? name}`.trim();
};

async function press(node: HTMLElement): Promise<string> {
  node.focus();
  expect(document.activeElement).toBe(node);
  await click(node);
  await act(settle);
  return place();
}

test('a selection that ends, or is deleted, or locked', async () => {
  await showSession(server);
  await pick(within(row('b')).getByTestId('row-menu'), 'select');
  expect(await press(screen.getByTestId('selection-lock'))).toBe('selection-lock');
  await click(screen.getByTestId('selection-lock'));
  expect(await press(screen.getByTestId('selection-end'))).toBe('row-menu a');
  await pick(within(row('b')).getByTestId('row-menu'), 'select');
  expect(await press(screen.getByTestId('selection-delete'))).toBe('editor c');
});

test('a conflict that is decided, a refusal that is put away', async () => {
  vi.useFakeTimers();
  const { client } = await showSession(server);
  await type('b', '0.35');
  await doing(() => server.set('b', 0.28));
  await act(() => vi.advanceTimersByTimeAsync(500));
  expect(await press(screen.getByTestId('conflict-take'))).toBe('editor b');
  server.refuses = () => ({ code: 'invalid-value', message: 'No.' });
  await doing(() => client.setVariable('b', 7));
  await doing(() => void client.flush());
  expect(await press(screen.getByTestId('refused-dismiss'))).toBe('editor b');
});

test('a trace, a step that was to be tried again, one that is forgotten', async () => {
  const notebook = new FakeNotebook();
  notebook.sources = [{ id: 'c1', source: '%%session step train --in a --out loss' }];
  const run: Run = {
    id: 'r',
    step: 'old',
    status: 'done',
    start: 1,
    end: 2,
    cell: 'x',
    source: ''
  };
  server.record(run);
  server.record({ ...run, step: 'older' });
  const fetch = (): Promise<Response> => {
    server.record({ ...run, status: 'forgotten' });
    return Promise.resolve(new Response('{}'));
  };
  const settings = ServerConnection.makeSettings({ baseUrl: 'http://lab/', fetch });
  await showSession(server, notebook, () => ({ settings }));
  await pick(within(row('b')).getByTestId('row-menu'), 'trace');
  expect(await press(within(screen.getByTestId('trace')).getByRole('button'))).toBe('editor b');
  notebook.hasKernel = false;
  await click(screen.getByTestId('step-run'));
  notebook.hasKernel = true;
  notebook.effect = () => server.record({ ...run, id: 'new', step: 'train', cell: 'c1' });
  expect(await press(screen.getByTestId('step-retry'))).toBe('step-run train');
  await click(screen.getByTestId('steps-removed'));
  await press(screen.getAllByTestId('step-forget')[0]!);
  await vi.waitFor(() => expect(screen.getAllByTestId('step-forget')).toHaveLength(1));
  await vi.waitFor(() => expect(place()).toBe('step-forget'));
});

test('a table that is turned to its end keeps it, as does a Run that has nothing left to do', async () => {
  const notebook = new FakeNotebook();
  notebook.sources = [{ id: 'c1', source: '%%session step train --in a' }];
  server.set(
    'many',
    [...Array(20).keys()].map(n => ({ n }))
  );
  await showSession(server, notebook);
  await click(within(row('many')).getByTestId('editor'));
  expect(await press(screen.getByTestId('rows-after'))).toBe('rows-after many');
  expect(screen.getByTestId('rows-after').getAttribute('aria-disabled')).toBe('true');
  const run = { id: 'r', step: 'train', start: 1, end: 2, cell: 'c1', source: '' };
  screen.getByTestId('steps-run-stale').focus();
  await doing(() => server.record({ ...run, status: 'done' }));
  expect(place()).toBe('steps-run-stale');
});

test('the values that came with a notebook, and the line that installs the package', async () => {
  const notebook = Object.assign(new FakeNotebook(), { path: 'a.ipynb' });
  const found = { getState: () => 'missing', subscribe: () => () => undefined, kernelName: 'py' };
  notebook.kernelPackage = found as unknown as FakeNotebook['kernelPackage'];
  const answer = JSON.stringify({ keep: false, values: { lr: 1 }, offered: ['lr'] });
  const fetch = (): Promise<Response> => Promise.resolve(new Response(answer));
  const settings = ServerConnection.makeSettings({ baseUrl: 'http://lab/', fetch });
  await showSession(server, notebook, () => ({ settings }));
  await vi.waitFor(() => expect(screen.queryByTestId('kept')).not.toBeNull());
  expect(await press(screen.getByTestId('install-close'))).toBe('kept-use');
  expect(await press(screen.getByTestId('kept-decline'))).toBe('row-menu a');
});

test('what came while one was away, and the buttons of the history', async () => {
  const archive = new FakeArchive(server);
  const look = { revision: 1, epoch: 'e1', at: 1 };
  const shelf = { readLook: () => look, writeLook: () => undefined };
  await showSession(server, undefined, client => ({
    history: new History({ client, archive, shelf })
  }));
  await vi.waitFor(() => expect(screen.queryByTestId('news')).not.toBeNull());
  expect(await press(screen.getByTestId('news-dismiss'))).toBe('row-menu a');
  await click(screen.getByTestId('history-button'));
  screen.getByTestId('history-undo').focus();
  await doing(() => server.goDown());
  expect(place()).toBe('history-undo');
});

test('who left the panel is not called back to it', async () => {
  await showSession(server);
  const outside = document.body.appendChild(document.createElement('button'));
  within(row('b')).getByTestId('row-menu').focus();
  outside.focus();
  outside.blur();
  await act(settle);
  await doing(() => server.write([{ op: 'delete', name: 'b' }]));
  expect(document.activeElement).toBe(document.body);
  outside.remove();
});

test('a row that somebody deletes hands the focus on', async () => {
  await showSession(server);
  within(row('b')).getByTestId('editor').focus();
  await doing(() => server.write([{ op: 'delete', name: 'b' }]));
  await act(settle);
  expect(place()).toBe('row-menu c');
  fireEvent.blur(document.activeElement!);
});

test.each([
  ['b', 'row-menu c'],
  ['c', 'row-menu b']
])('%s is deleted in its menu, and the keys do not go into another’s field', async (name, next) => {
  await showSession(server);
  within(row(name)).getByTestId('row-menu').focus();
  await pick(within(row(name)).getByTestId('row-menu'), 'delete');
  await act(settle);
  expect(place()).toBe(next);
});

test('what is put elsewhere in the panel has it still', async () => {
  await showSession(server);
  within(row('b')).getByTestId('editor').focus();
  row('a').before(row('b'));
  expect(document.activeElement).toBe(document.body);
  await act(settle);
  expect(place()).toBe('editor b');
});
