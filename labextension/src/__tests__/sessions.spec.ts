import { ServerConnection } from '@jupyterlab/services';

import { Outbox } from '../outbox';
import { Sessions } from '../sessions';
import { Shelf } from '../shelf';
import { FakeServer, settle } from './fakeserver';

let server: FakeServer;
let attached: string[];
let status: number;
let gone: string[];
let made: Sessions[];
let listed: string[] | null;

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  attached = [];
  status = 200;
  gone = [];
  made = [];
  listed = null;
});

afterEach(() => {
  made.forEach(sessions => sessions.dispose());
  vi.useRealTimers();
});

function make(): Sessions {
  const sessions = new Sessions({
    settings: ServerConnection.makeSettings({
      baseUrl: 'http://lab/',
      wsUrl: 'ws://lab/',
      fetch: async (request: RequestInfo) => {
        if (status === 0) {
          throw new TypeError('Failed to fetch');
        }
        if (gone.some(session => (request as Request).url.includes(`/${session}`))) {
          return new Response('{}', { status: 404 });
        }
        if (listed !== null && (request as Request).url.includes('?path=n.ipynb')) {
          return new Response(
            JSON.stringify({ sessions: listed.map(sessionId => ({ sessionId })) })
          );
        }
        attached.push(await (request as Request).text());
        const meta = { revision: 0, epoch: 'e1', paths: [], name: null };
        return new Response(JSON.stringify({ sessionId: 's', variables: {}, meta }), { status });
      }
    }),
    user: 'ada',
    pace: () => ({ debounce: 500, maxWait: 2000 }),
    locks: null,
    open: () => server.open()
  });
  made.push(sessions);
  return sessions;
}

/** What a tab that died left behind. */
function leave(tab: string, value: number): Outbox {
  const box = new Outbox({
    storage: localStorage,
    key: new Shelf(localStorage, 'http://lab/', 'ada').outboxKey('s', tab),
    life: 'its',
    send: () => false,
    onAck: () => undefined,
    onRefused: () => undefined,
    onGap: () => undefined
  });
  box.add({ op: 'set', name: 'lr', value }, server.revision, server.rows, Date.now());
  return box;
}

test('a notebook has one client, however often it is opened', async () => {
  const sessions = make();
  const client = await sessions.open('n.ipynb');
  expect(attached).toEqual(['{"path":"n.ipynb"}']);
  expect(await sessions.open('n.ipynb')).toBe(client);
  expect(server.sockets.size).toBe(1);
});

test('what a dead tab left is sent under its own name, on a connection of its own', async () => {
  const dead = leave('dead', 0.5);
  const client = await make().open('n.ipynb');
  await vi.advanceTimersByTimeAsync(100);
  expect(server.value('lr')).toBe(0.5);
  expect(client.getVariable('lr')).toBe(0.5);
  expect(server.rows.get('lr')?.origin.client).toBe(dead.client);
  expect(
    localStorage.getItem(new Shelf(localStorage, 'http://lab/', 'ada').outboxKey('s', 'dead'))
  ).toBeNull();
  expect(server.sockets.size).toBe(1);
});

test('what a dead tab left waits for a server that cannot store just now', async () => {
  leave('dead', 0.5);
  server.busy = 'Another process is writing.';
  const client = await make().open('n.ipynb');
  await vi.advanceTimersByTimeAsync(5000);
  expect(server.value('lr')).toBeUndefined();
  server.busy = null;
  await vi.advanceTimersByTimeAsync(3000);
  expect(server.value('lr')).toBe(0.5);
  expect(client.getState().refused).toEqual([]);
});

test('what a living tab is about to send is left to it', async () => {
  leave('alive', 0.5);
  localStorage.setItem('session-state:lease:alive', String(Date.now()));
  await make().open('n.ipynb');
  await vi.advanceTimersByTimeAsync(100);
  expect(server.value('lr')).toBeUndefined();
  // It died without a word: its lease ends.
  await vi.advanceTimersByTimeAsync(150_000);
  expect(server.value('lr')).toBe(0.5);
});

test('a dead tab’s edit never silently overwrites: here it becomes a conflict', async () => {
  server.set('lr', 0.1);
  leave('dead', 0.5);
  server.set('lr', 0.7);
  const client = await make().open('n.ipynb');
  await vi.advanceTimersByTimeAsync(100);
  expect(server.value('lr')).toBe(0.7);
  expect(client.getState().conflicts.get('lr')).toMatchObject({ mine: 0.5, theirs: 0.7 });
});

test('who may only read sees the session that a notebook has, and makes none', async () => {
  status = 403;
  listed = ['s'];
  server.set('lr', 0.1);
  const client = await make().open('n.ipynb');
  await settle();
  expect(client.getVariable('lr')).toBe(0.1);
  listed = [];
  await expect(make().open('n.ipynb')).rejects.toMatchObject({ status: 403 });
  listed = null;
  await expect(make().open('n.ipynb')).rejects.toMatchObject({ status: 403 });
});

test('while the server is away a known notebook opens with what is remembered', async () => {
  const first = make();
  const client = await first.open('n.ipynb');
  await settle();
  client.setVariable('lr', 0.1);
  await client.flush();
  first.dispose();
  status = 0;
  server.isUp = false;
  const later = await make().open('n.ipynb');
  expect(later.getVariable('lr')).toBe(0.1);
  expect(later.getState().confirmed).toBe(false);
  await expect(make().open('unknown.ipynb')).rejects.toMatchObject({ status: 0 });
});

test('a server that refuses is not papered over with what is remembered', async () => {
  const first = make();
  await first.open('n.ipynb');
  status = 403;
  await expect(make().open('n.ipynb')).rejects.toMatchObject({ status: 403 });
});

test('a closed notebook sends what is pending, then hangs up', async () => {
  const sessions = make();
  const client = await sessions.open('n.ipynb');
  await settle();
  client.setVariable('lr', 0.1);
  await sessions.close(client);
  expect(server.value('lr')).toBe(0.1);
  expect(server.sockets.size).toBe(0);
});

test('what a tab would have been the first to write outlives a session that ended with its server', async () => {
  // Nobody had written to this session; its server forgot it, and its tab died, before the edit was sent.
  const shelf = new Shelf(localStorage, 'http://lab/', 'ada');
  shelf.writeUnborn('n.ipynb', 'unborn', Date.now());
  const box = new Outbox({
    storage: localStorage,
    key: shelf.outboxKey('unborn', 'dead'),
    life: 'its',
    send: () => false,
    onAck: () => undefined,
    onRefused: () => undefined,
    onGap: () => undefined
  });
  box.add({ op: 'set', name: 'lr', value: 0.5 }, 0, new Map(), Date.now());
  gone = ['unborn'];
  const client = await make().open('n.ipynb');
  await vi.waitFor(() => expect(server.value('lr')).toBe(0.5));
  expect(client.getVariable('lr')).toBe(0.5);
  expect(shelf.tabsOf('unborn')).toEqual([]);
});

test('edits for a session that was stored, and then deleted, go to no other one', async () => {
  const shelf = new Shelf(localStorage, 'http://lab/', 'ada');
  shelf.writeUnborn('n.ipynb', 'stored', Date.now());
  shelf.writeState('stored', '{"v":1,"rows":[]}');
  localStorage.setItem(shelf.outboxKey('stored', 'dead'), '{"v":1,"edits":[]}');
  gone = ['stored'];
  await make().open('n.ipynb');
  await vi.advanceTimersByTimeAsync(100);
  expect(shelf.tabsOf('stored')).toEqual(['dead']);
});

describe('a person chooses another session', () => {
  test('what was typed goes to the one before, and that is remembered as the notebook’s own', async () => {
    const sessions = make();
    const client = await sessions.open('n.ipynb');
    await vi.advanceTimersByTimeAsync(100);
    client.setVariable('lr', 0.5);
    expect(sessions.ownOf('n.ipynb')).toBeNull();
    await sessions.choose('n.ipynb', 'other', client, false);
    expect(server.value('lr')).toBe(0.5);
    expect(attached.at(-1)).toBe('{"path":"n.ipynb","sessionId":"other"}');
    expect(sessions.ownOf('n.ipynb')).toBe('s');
    expect(sessions.lastOf('s')).toEqual({ path: 'n.ipynb', isOwn: true });
    expect(server.sockets.size).toBe(0);
    expect(sessions.all()).toEqual([]);
    await sessions.choose('n.ipynb', 'third', null, false);
    expect(sessions.ownOf('n.ipynb')).toBe('s');
    await sessions.choose('n.ipynb', 's', null, false);
    expect(sessions.ownOf('n.ipynb')).toBeNull();
    expect(sessions.lastOf('s')?.isOwn).toBe(false);
  });

  test('a session that nobody had written to is none to go back to', async () => {
    const sessions = make();
    const client = await sessions.open('n.ipynb');
    await vi.advanceTimersByTimeAsync(100);
    await sessions.choose('n.ipynb', 'other', client, false);
    expect(sessions.ownOf('n.ipynb')).toBe('');
    await sessions.choose('n.ipynb', null, null, false);
    expect(sessions.ownOf('n.ipynb')).toBeNull();
  });

  test('other notebooks of this tab go on with the one before', async () => {
    const sessions = make();
    const client = await sessions.open('n.ipynb');
    await vi.advanceTimersByTimeAsync(100);
    await sessions.choose('n.ipynb', 'other', client, true);
    expect(server.sockets.size).toBe(1);
    expect(sessions.all()).toEqual([client]);
  });
});
