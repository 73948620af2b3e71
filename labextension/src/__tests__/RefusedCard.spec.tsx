/** What the server did not take: it can be done again, corrected in its field, copied, put away. */
import { fireEvent, screen, within } from '@testing-library/react';

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
