import { act, render, screen, within } from '@testing-library/react';
import React from 'react';

import { LargeValue } from '../components/LargeValue';
import { SessionProvider } from '../context';
import { FakeServer, openPage, settle } from './fakeserver';
import { doing, pick, row, showSession } from './showsession';

test('is opened from the menu of a row that has more to show', async () => {
  const server = new FakeServer();
  server.set('lr', 0.1);
  server.set('table', [{ a: 1 }]);
  const opened: string[] = [];
  await showSession(server, undefined, () => ({ larger: name => opened.push(name) }));
  const menu = (name: string): HTMLElement => within(row(name)).getByTestId('row-menu');
  await pick(menu('table'), 'larger');
  expect(opened).toEqual(['table']);
  await expect(pick(menu('lr'), 'larger')).rejects.toThrow('no menu entry');
});

test('follows its variable to another name, whoever gave it, and says when it is gone', async () => {
  const server = new FakeServer();
  server.set('table', [{ a: 1 }]);
  server.set('copy', [{ a: 1 }]);
  const client = openPage(server);
  await settle();
  const called: string[] = [];
  const onName = (name: string): void => void called.push(name);
  await act(async () => {
    render(
      <SessionProvider client={client}>
        <LargeValue name="table" onName={onName} onClose={() => undefined} />
      </SessionProvider>
    );
    await settle();
  });
  await doing(() => {
    client.renameVariable('table', 'mine');
    void client.flush();
  });
  await doing(() => server.write([{ op: 'rename', name: 'mine', to: 'theirs' }]));
  expect(called).toEqual(['mine', 'theirs']);
  expect(screen.getByTestId('large').dataset.name).toBe('theirs');
  await doing(() => client.deleteVariable('theirs'));
  expect(screen.getByText('This variable is no longer there.')).toBeTruthy();
});
