import { nullTranslator } from '@jupyterlab/translation';
import { fireEvent, render, screen } from '@testing-library/react';
import React from 'react';

import type { Current } from '../current';
import { StatusItem } from '../statusbar';
import { FakeServer, openPage, settle } from './fakeserver';
import { doing, FakeNotebook } from './showsession';

function show(state: Current): string | null {
  const current = { getState: () => state, subscribe: () => () => undefined };
  const trans = nullTranslator.load('session_state_ext');
  const { container } = render(
    <StatusItem current={current} trans={trans} onOpen={() => opened++} />
  );
  return container.textContent;
}

let opened: number;
beforeEach(() => void (opened = 0));

test('says which session it is and how it stands, and opens the panel', async () => {
  const server = new FakeServer();
  const client = openPage(server);
  await settle();
  const notebook = new FakeNotebook();
  const open = { kind: 'open', client, notebook, runner: null } as unknown as Current;
  expect(show(open)).toBe('diabetes-tuningSaved');
  fireEvent.click(screen.getByRole('button'));
  expect(opened).toBe(1);
  await doing(() => server.goDown());
  expect(screen.getByRole('button').textContent).toBe('diabetes-tuningOffline');
});

test('says where somebody has to choose, and nothing where there is no session', () => {
  expect(show({ kind: 'none' })).toBe('');
  expect(show({ kind: 'asked' } as Current)).toBe('Session: choose');
});
