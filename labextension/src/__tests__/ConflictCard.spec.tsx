/** Two wrote one variable: what the panel shows of it, and what becomes of the one that is not chosen. */
import { act, screen, within } from '@testing-library/react';

import { History } from '../history';
import { FakeArchive } from './fakearchive';
import { FakeServer } from './fakeserver';
import { click, doing, FakeNotebook, row, showSession, type } from './showsession';

let server: FakeServer;

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
});

async function pass(ms: number): Promise<void> {
  await act(() => vi.advanceTimersByTimeAsync(ms));
}

test('what was not taken can be copied, and taken after all', async () => {
  const writeText = vi.fn(() => Promise.resolve());
  vi.stubGlobal('navigator', { clipboard: { writeText } });
  server.set('lr', 0.1);
  await showSession(server);
  await type('lr', '0.35');
  await doing(() => server.set('lr', 0.28));
  await pass(500);
  await click(screen.getByTestId('conflict-take'));
  expect(screen.getByTestId('notice').textContent).toContain('Yours was 0.35');
  await click(screen.getByTestId('notice-other'));
  expect(writeText).toHaveBeenCalledWith('0.35');
  await click(screen.getByTestId('notice-action'));
  expect(server.value('lr')).toBe(0.35);
  expect(screen.queryByTestId('notice')).toBeNull();
});

test('of two objects a conflict shows what differs, and what stood there before', async () => {
  const config = { kind: 'ridge', about: 'a long line that says nothing of the rest', lr: 0.1 };
  server.set('config', config);
  const { client } = await showSession(server);
  await doing(() => client.setVariable('config', { ...config, lr: 0.35 }));
  await pass(500);
  const lr = { ...config, lr: 0.28 };
  await doing(() =>
    server.write([{ op: 'set', name: 'config', value: lr }], { kind: 'cell' }, 'kernel', 1)
  );
  const values = (testid: string): string | null | undefined =>
    screen.getByTestId(`${testid}-side`).querySelector('code')?.textContent;
  expect(values('conflict-keep')).toBe('.lr 0.35');
  expect(values('conflict-take')).toBe('.lr 0.28');
  expect(values('conflict-before')).toBe('.lr 0.1');
});

test('of two long texts a conflict shows where they part', async () => {
  const text = 'the same beginning of a text that goes on for longer than a line, and then ';
  server.set('note', text);
  await showSession(server);
  await type('note', `${text}mine`);
  await doing(() => server.set('note', `${text}theirs`));
  await pass(500);
  const [mine, theirs] = within(screen.getByTestId('conflict')).getAllByText(/…/);
  expect([mine?.textContent, theirs?.textContent]).toEqual(['…nd then mine"', '…nd then theirs"']);
});

test('who wrote what is named as the history names them', async () => {
  server.set('lr', 0.1, { kind: 'panel', user: 'bob' });
  const notebook = new FakeNotebook();
  notebook.sources = [
    { id: 'c1', source: '1' },
    { id: 'c2', source: '2' }
  ];
  server.set('n', 1, { kind: 'cell', cell: 'c2', user: 'ada' });
  const shelf = { readLook: () => null, writeLook: () => undefined };
  const archive = new FakeArchive(server);
  await showSession(server, notebook, client => ({
    history: new History({ client, archive, shelf, hasPeople: true })
  }));
  const who = (name: string): HTMLElement => within(row(name)).getByTestId('written-by');
  expect(who('lr').textContent).toBe('bob · now');
  expect(who('lr').title).toContain('Written by bob, another panel');
  expect(who('n').textContent).toBe('cell 2 · now');
  expect(who('n').title).toContain('Written by ada, cell 2');
});
