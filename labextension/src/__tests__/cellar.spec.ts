import { ServerConnection } from '@jupyterlab/services';
import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';

import { Cellar } from '../cellar';
import { Outbox } from '../outbox';
import { Sessions } from '../sessions';
import { Shelf } from '../shelf';
import { FakeServer } from './fakeserver';

// A failure need not be read digit by digit: tests ask whether it is this one.
const LONG = '7'.repeat(900_000);

let server: FakeServer;
let made: Sessions[];
let shelf: Shelf;

beforeEach(() => {
  indexedDB = new IDBFactory();
  server = new FakeServer();
  made = [];
  shelf = new Shelf(localStorage, 'http://lab/', 'ada');
});

afterEach(() => made.forEach(sessions => sessions.dispose()));

/** @param gone a session that the server does not have any more */
function make(gone = '?'): Sessions {
  const meta = { revision: 0, epoch: 'e1', paths: [], name: null };
  const answer = JSON.stringify({ sessionId: 's', variables: {}, meta });
  const answered = ({ url }: Request): Response =>
    url.includes(`/${gone}`) ? new Response('{}', { status: 404 }) : new Response(answer);
  const sessions = new Sessions({
    settings: ServerConnection.makeSettings({
      baseUrl: 'http://lab/',
      wsUrl: 'ws://lab/',
      fetch: request => Promise.resolve(answered(request as Request))
    }),
    user: 'ada',
    pace: () => ({ debounce: 60_000, maxWait: 60_000 }),
    locks: null,
    open: () => server.open()
  });
  made.push(sessions);
  return sessions;
}

/** A tab that died after its large edit had left local storage. */
async function leave(session: string): Promise<void> {
  const key = shelf.outboxKey(session, 'dead');
  const box = new Outbox({
    storage: localStorage,
    key,
    cellar: Cellar.of(shelf.owner),
    life: 'its',
    send: () => false,
    onAck: () => undefined,
    onRefused: () => undefined,
    onGap: () => undefined
  });
  box.add({ op: 'set', name: 'text', value: LONG }, 0, new Map(), Date.now());
  await vi.waitFor(() => expect(localStorage.getItem(key)!.length).toBeLessThan(1000));
  box.close();
}

const outboxes = (): string[] =>
  Object.keys(localStorage).filter(key => key.startsWith('session-state:outbox:'));

function stored(): Promise<number> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('session-state');
    opening.onerror = () => reject(opening.error!);
    opening.onsuccess = () => {
      const count = opening.result.transaction('texts').objectStore('texts').count();
      count.onsuccess = () => resolve(count.result);
    };
  });
}

test('a dead tab’s large edit is sent, and nothing of it stays', async () => {
  await leave('s');
  await make().open('n.ipynb');
  await vi.waitFor(() => expect(server.value('text') === LONG).toBe(true));
  await vi.waitFor(async () => expect(await stored()).toBe(0));
  expect(localStorage.getItem(shelf.outboxKey('s', 'dead'))).toBeNull();
});

test('a dead tab’s large edit that was refused is shown here, and kept here', async () => {
  await leave('s');
  server.set('text', 'theirs');
  const client = await make().open('n.ipynb');
  await vi.waitFor(() => expect(client.getState().conflicts.get('text')?.mine === LONG).toBe(true));
  await vi.waitFor(() =>
    expect(outboxes().map(key => localStorage.getItem(key)!.length < 1000)).toEqual([true])
  );
  // The page goes, and gives its tab's name free.
  client.dispose();
  globalThis.dispatchEvent(new Event('pagehide'));
  const later = await make().open('n.ipynb');
  await vi.waitFor(() => expect(later.getState().conflicts.get('text')?.mine === LONG).toBe(true));
});

test('a large edit for a session that ended with its server goes to the notebook’s next one', async () => {
  shelf.writeUnborn('n.ipynb', 'unborn', Date.now());
  await leave('unborn');
  await make('unborn').open('n.ipynb');
  await vi.waitFor(() => expect(server.value('text') === LONG).toBe(true));
  expect(shelf.tabsOf('unborn')).toEqual([]);
});

test('a large edit is sent without a pause in typing', async () => {
  const client = await make().open('n.ipynb');
  await vi.waitFor(() => expect(client.status.kind).toBe('saved'));
  client.setVariable('small', 1);
  expect(server.value('small')).toBeUndefined();
  client.setVariable('text', LONG);
  await vi.waitFor(() => expect(server.value('text') === LONG).toBe(true));
});

test('a logout leaves no large edit behind', async () => {
  const sessions = make();
  const client = await sessions.open('n.ipynb');
  server.isUp = false;
  [...server.sockets].forEach(socket => socket.cut());
  client.setVariable('text', LONG);
  await vi.waitFor(async () => expect(await stored()).toBe(1));
  sessions.leave(true);
  await vi.waitFor(async () => expect(await stored()).toBe(0));
  expect(outboxes()).toEqual([]);
});
