import { ServerConnection } from '@jupyterlab/services';
import { cleanup, screen } from '@testing-library/react';

import { FakeServer } from './fakeserver';
import { click, FakeNotebook, showSession } from './showsession';

class Notebook extends FakeNotebook {
  path = 'a.ipynb';
}

let values: { [name: string]: number };

async function show(path = 'a.ipynb'): Promise<void> {
  cleanup();
  const notebook = new Notebook();
  notebook.path = path;
  const settings = ServerConnection.makeSettings({
    baseUrl: 'http://lab/',
    fetch: () =>
      Promise.resolve(
        new Response(JSON.stringify({ keep: false, values, offered: Object.keys(values) }))
      )
  });
  await showSession(new FakeServer(), notebook, () => ({ settings }));
}

const isAsked = (): boolean => screen.queryByTestId('kept') !== null;
const comes = (): Promise<void> => vi.waitFor(() => expect(isAsked()).toBe(true));
const quiet = async (): Promise<void> => {
  await new Promise(resolve => setTimeout(resolve));
  await new Promise(resolve => setTimeout(resolve));
  expect(isAsked()).toBe(false);
};

test('who said not now is asked again once other values came with the notebook', async () => {
  values = { lr: 0.1 };
  await show();
  await comes();
  await click(screen.getByTestId('kept-decline'));
  expect(isAsked()).toBe(false);
  await show();
  await quiet();
  await show('other.ipynb');
  await comes();
  values = { lr: 0.2 };
  await show();
  await comes();
});

test('what was declined is not written down itself', async () => {
  values = { secret: 271828 };
  await show();
  await comes();
  await click(screen.getByTestId('kept-decline'));
  const written = Array.from({ length: localStorage.length }, (_, i) =>
    localStorage.getItem(localStorage.key(i)!)
  );
  expect(written.join()).not.toContain('271828');
});
