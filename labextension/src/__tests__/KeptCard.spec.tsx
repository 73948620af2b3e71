import { ServerConnection } from '@jupyterlab/services';
import { cleanup, screen } from '@testing-library/react';

import { FakeServer } from './fakeserver';
import { click, FakeNotebook, showSession } from './showsession';

class Notebook extends FakeNotebook {
  path = 'a.ipynb';
}

let server: FakeServer;
let values: { [name: string]: number };

beforeEach(() => {
  server = new FakeServer();
});

async function show(path = 'a.ipynb'): Promise<void> {
  cleanup();
  const notebook = new Notebook();
  notebook.path = path;
  const settings = ServerConnection.makeSettings({
    baseUrl: 'http://lab/',
    fetch: request => {
      if ((request as Request).method === 'POST') {
        Object.entries(values).forEach(each => server.set(...each));
      }
      return Promise.resolve(
        new Response(JSON.stringify({ keep: false, values, offered: Object.keys(values) }))
      );
    }
  });
  await showSession(server, notebook, () => ({ settings }));
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

test('says what the values are, and gives back what stood there', async () => {
  values = { lr: 0.2, n: 3 };
  server.set('lr', 0.1);
  await show();
  await comes();
  expect(screen.getByTestId('kept').textContent).toContain('lr 0.2n 3');
  await click(screen.getByTestId('kept-use'));
  await vi.waitFor(() => expect(screen.queryByTestId('notice')).not.toBeNull());
  expect([server.value('lr'), server.value('n')]).toEqual([0.2, 3]);
  await click(screen.getByTestId('notice-action'));
  expect([server.value('lr'), server.value('n')]).toEqual([0.1, undefined]);
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
