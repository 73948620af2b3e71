import { restArchive } from '../archive';
import { EditError } from '../editing';
import { History } from '../history';
import { RequestError } from '../rest';
import type { LastLook } from '../shelf';
import { FakeArchive } from './fakearchive';
import { FakeServer, openPage, settle } from './fakeserver';

let server: FakeServer;
let archive: FakeArchive;
let looks: Map<string, LastLook>;

async function begin(): Promise<History> {
  const client = openPage(server);
  await settle();
  const shelf = {
    readLook: (id: string) => looks.get(id) ?? null,
    writeLook: (id: string, look: LastLook) => void looks.set(id, look)
  };
  return new History({ client, archive, shelf });
}

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  archive = new FakeArchive(server);
  looks = new Map();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('the list', () => {
  test('is loaded by page, newest first, and follows what comes', async () => {
    for (let i = 1; i <= 60; i++) {
      server.set('a', i);
    }
    const history = await begin();
    history.open();
    await settle();
    const revisions = (): number[] => history.getState().listing.entries.map(e => e.revision);
    expect(revisions()).toEqual(Array.from({ length: 40 }, (_, i) => 60 - i));
    await history.more();
    expect(revisions()).toHaveLength(60);
    expect(history.getState().listing.next).toBeNull();
    server.set('b', 1);
    server.set('a', 99);
    await settle();
    await settle();
    expect(revisions().slice(0, 3)).toEqual([62, 61, 60]);
    const [newest] = history.getState().listing.entries;
    expect(newest?.edits[0]).toMatchObject({ before: { value: 60 }, after: { value: 99 } });
  });

  test('of one variable asks for its changes alone', async () => {
    server.set('a', 1);
    server.set('b', 1);
    const history = await begin();
    history.open('b');
    await settle();
    expect(history.getState().listing.entries.map(e => e.revision)).toEqual([2]);
    history.open();
    await settle();
    expect(history.getState().listing.entries.map(e => e.revision)).toEqual([2, 1]);
  });

  test('says nothing but that there is no answer, and can be tried again', async () => {
    server.set('a', 1);
    const history = await begin();
    archive.isUp = false;
    history.open();
    await settle();
    expect(history.getState().listing).toMatchObject({ problem: '', isLoading: false });
    archive.isUp = true;
    history.retry();
    await settle();
    expect(history.getState().listing).toMatchObject({ problem: null, isLoaded: true });
  });

  test('asks for nothing while it is closed', async () => {
    server.set('a', 1);
    const history = await begin();
    history.open();
    await settle();
    history.close();
    const { length } = archive.asked;
    server.set('a', 2);
    await settle();
    expect(archive.asked).toHaveLength(length);
    history.open();
    await settle();
    expect(history.getState().listing.entries[0]?.revision).toBe(2);
  });
});

test('a revision is looked at: its rows, read-only, whatever happens now', async () => {
  server.set('a', 1);
  server.set('a', 2);
  server.set('b', 3);
  const history = await begin();
  await history.look(1);
  const { client } = history.getState().looked!;
  expect([...client.getState().variables].map(([name, row]) => [name, row.value])).toEqual([
    ['a', 1]
  ]);
  expect(client.getState().readOnly).toBe(true);
  expect(() => client.setVariable('a', 5)).toThrow(EditError);
  server.set('a', 7);
  await settle();
  expect(client.getVariable('a')).toBe(1);
  expect(server.mutates).toEqual([]);
});

describe('undo', () => {
  test('sends what is typed first, says whose, and tells what it did', async () => {
    server.set('a', 1);
    const history = await begin();
    history.client.setVariable('a', 2);
    const moved = history.undo();
    await settle();
    expect(server.mutates).toHaveLength(1);
    expect(archive.asked[0]).toBe(`undo ${history.client.clientId} newest false`);
    expect((await moved)?.entry?.edits[0]).toMatchObject({
      before: { value: 2 },
      after: { value: 1 }
    });
  });

  test('that is refused for a conflict waits for a decision', async () => {
    server.set('a', 1);
    const history = await begin();
    archive.refuses = new RequestError(409, 'conflict', 'a was changed again after revision 1.');
    expect(await history.undo()).toBeNull();
    expect(history.getState().refusal).toEqual({
      verb: 'undo',
      revision: null,
      message: 'a was changed again after revision 1.'
    });
    await history.undo(undefined, true);
    expect(history.getState().refusal).toBeNull();
  });

  test('any other refusal is the caller’s to tell', async () => {
    server.set('a', 1);
    const history = await begin();
    archive.refuses = new RequestError(409, 'nothing-to-undo', 'There is none.');
    await expect(history.undo()).rejects.toThrow('There is none.');
    archive.refuses = null;
    // The next one is not held up by it.
    await expect(history.undo()).resolves.not.toBeNull();
  });
});

describe('news', () => {
  test('what changed since the last look, without one’s own, until it is dismissed', async () => {
    server.set('a', 1);
    server.set('b', 1);
    const first = await begin();
    first.news.show(true);
    first.news.show(false);
    server.set('a', 2);
    server.set('c', 3);
    await settle();
    first.news.show(true);
    await settle();
    const { away } = first.getState();
    expect([...(away?.names ?? [])]).toEqual([
      ['a', { value: 1 }],
      ['c', 'absent']
    ]);
    // What comes while one looks is no news.
    server.set('b', 9);
    await settle();
    expect(first.getState().away?.names.has('b')).toBe(false);
    first.news.dismiss();
    expect(first.getState().away).toBeNull();
    first.news.show(false);
    first.news.show(true);
    await settle();
    expect(first.getState().away).toBeNull();
  });

  test('of another history, or on the first look, there is none', async () => {
    server.set('a', 1);
    looks.set('s', { revision: 0, epoch: 'other', at: 0 });
    const history = await begin();
    history.news.show(true);
    await settle();
    expect(history.getState().away).toBeNull();
    expect(looks.get('s')).toMatchObject({ revision: 1, epoch: 'e1' });
  });
});

test('requests are put together as the contract has them', async () => {
  const asked: string[] = [];
  const fetch = (request: Request): Promise<Response> => {
    asked.push(`${request.method} ${request.url}`);
    return Promise.resolve(
      new Response('{"changes": [], "next": null, "meta": {"revision": 4}, "changed": []}')
    );
  };
  const settings = { baseUrl: 'http://host/', init: {}, fetch, Request, Headers };
  const past = restArchive(settings as unknown as Parameters<typeof restArchive>[0], () => 's 1');
  await past.changes({ before: 7, limit: 3, name: 'a b' });
  await past.diff(2, 5);
  expect(await past.undo({ client: 'A' })).toBe(4);
  await past.forgetSnapshot('x/y');
  expect(asked).toEqual([
    'GET http://host/api/session/s%201/changes?limit=3&before=7&name=a%20b',
    'GET http://host/api/session/s%201/diff?from=2&to=5',
    'POST http://host/api/session/s%201/undo',
    'DELETE http://host/api/session/s%201/snapshots/x%2Fy'
  ]);
});
