/** What the server did not take: it can be done again, corrected in its field, copied, put away. */
import { fireEvent, screen, within } from '@testing-library/react';

import { DEFAULT_LIMITS } from '../limits';
import type { Op } from '../model';
import { FakeServer } from './fakeserver';
import { click, doing, editor, light, pick, press, row, showSession, type } from './showsession';

let server: FakeServer;
let isLocked: boolean;

const set = (op: Op, value: unknown): boolean => op.op === 'set' && op.value === value;

beforeEach(() => {
  server = new FakeServer();
  isLocked = true;
  server.set('lr', 0.1);
});

const cards = (): HTMLElement[] => screen.queryAllByTestId('refused');

test('is done again once it is allowed', async () => {
  server.refuses = () => (isLocked ? { code: 'locked', message: 'lr is locked.' } : null);
  await showSession(server);
  await type('lr', '7');
  await press('lr', 'Enter');
  expect(cards()[0]?.textContent).toContain('lr is locked.');
  await click(screen.getByTestId('refused-again'));
  expect(cards()).toHaveLength(1);
  isLocked = false;
  await click(screen.getByTestId('refused-again'));
  expect(server.value('lr')).toBe(7);
  expect(cards()).toEqual([]);
});

test('of a variable that is locked waits for the lock to be taken away', async () => {
  server.refuses = op =>
    isLocked && op.op === 'set' ? { code: 'locked', message: 'lr is locked.' } : null;
  const { client } = await showSession(server);
  await doing(() => client.setVariable('lr', 7));
  await doing(() => void client.flush());
  await doing(() => server.declare('lr', { locked: true }));
  expect(screen.getByTestId<HTMLButtonElement>('refused-again').disabled).toBe(true);
  expect(screen.queryByTestId('refused-edit')).toBeNull();
  isLocked = false;
  await pick(within(row('lr')).getByTestId('row-menu'), 'lock');
  await click(screen.getByTestId('refused-again'));
  expect(server.value('lr')).toBe(7);
});

test('comes back into its field with the reason, is not sent, and goes once something else is', async () => {
  server.refuses = op =>
    set(op, 7) ? { code: 'invalid-value', message: 'lr must be below 1.' } : null;
  await showSession(server);
  await type('lr', '7');
  await press('lr', 'Enter');
  const sent = server.mutates.length;
  await click(screen.getByTestId('refused-edit'));
  expect(editor('lr').value).toBe('7');
  expect(within(row('lr')).getByTestId('problem').textContent).toBe('lr must be below 1.');
  await press('lr', 'Enter');
  expect(server.mutates).toHaveLength(sent);
  await type('lr', '0.7');
  await press('lr', 'Enter');
  expect(server.value('lr')).toBe(0.7);
  expect(cards()).toEqual([]);
  expect(light().state).toBe('saved');
});

test('an object comes back into the field for JSON', async () => {
  server.set('space', { a: 1 });
  server.refuses = () => ({ code: 'invalid-value', message: 'No.' });
  const { client } = await showSession(server);
  await doing(() => client.editVariable('space', { a: 1 }, { a: 2 }));
  await doing(() => void client.flush());
  await click(screen.getByTestId('refused-edit'));
  expect(editor('space').value).toContain('"a": 2');
  expect(within(row('space')).getByTestId('problem').textContent).toBe('No.');
  server.refuses = () => null;
  await doing(() => void fireEvent.change(editor('space'), { target: { value: '{"a": 3}' } }));
  await doing(() => void client.flush());
  expect(server.value('space')).toEqual({ a: 3 });
});

test.each([
  [
    'rename',
    (client: { renameVariable(from: string, to: string): void }) =>
      client.renameVariable('lr', 'rate'),
    'rate'
  ],
  [
    'delete',
    (client: { deleteVariable(name: string): void }) => client.deleteVariable('lr'),
    undefined
  ]
] as const)('a refused %s can be done again', async (_, edit, left) => {
  server.refuses = () => (isLocked ? { code: 'forbidden', message: 'Not now.' } : null);
  const { client } = await showSession(server);
  await doing(() => edit(client));
  await doing(() => void client.flush());
  isLocked = false;
  await click(screen.getByTestId('refused-again'));
  expect([...server.rows.keys()]).toEqual(left === undefined ? [] : [left]);
});

test.each([
  ['is gone', { code: 'gone', message: 'lr was deleted.' }, 'Set anew', 'lr'],
  [
    'has another name',
    { code: 'renamed', message: 'lr is rate now.', to: 'rate' },
    'Write to rate',
    'rate'
  ]
])('of a variable that %s it is written where that can be', async (_, refusal, words, name) => {
  server.refuses = op => (set(op, 7) && isLocked ? refusal : null);
  const { client } = await showSession(server);
  await doing(() => client.setVariable('lr', 7));
  await doing(() => void client.flush());
  isLocked = false;
  expect(screen.getByTestId('refused-again').textContent).toBe(words);
  await click(screen.getByTestId('refused-again'));
  expect(server.value(name)).toBe(7);
  expect(cards()).toEqual([]);
});

test('an edit that cannot be stored just now says so in the light, in the server’s words', async () => {
  await showSession(server);
  server.busy = 'The disk is full: make room.';
  await type('lr', '7');
  await press('lr', 'Enter');
  expect(light()).toEqual({ text: 'Not saved yet', state: 'saving' });
  expect(screen.getByTestId('sync-light').title).toBe('The disk is full: make room.');
});

test('a name as long as the server takes it can be added', async () => {
  server.limits = { ...DEFAULT_LIMITS, nameChars: 3 };
  await showSession(server);
  await click(screen.getByTestId('add-button'));
  await doing(
    () => void fireEvent.change(screen.getByTestId('add-name'), { target: { value: 'four' } })
  );
  expect(screen.getByTestId('add-form').textContent).toContain('A name can have 3 characters.');
});
