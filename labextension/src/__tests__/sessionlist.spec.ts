import { ServerConnection } from '@jupyterlab/services';

import type { Listed } from '../model';
import type { RequestError } from '../rest';
import { GRACE, matching, SessionList } from '../sessionlist';
import { settle } from './fakeserver';

let asked: string[];
let stored: string[];
let status: number;

function make(): SessionList {
  asked = [];
  stored = ['one', 'two'];
  status = 200;
  return new SessionList(
    ServerConnection.makeSettings({
      baseUrl: 'http://lab/',
      wsUrl: 'ws://lab/',
      fetch: (request: RequestInfo) => {
        const { method, url, keepalive } = request as Request;
        // Without what keeps caches from answering.
        const path = new URL(url).pathname.replace('/api/session', '');
        asked.push(`${method} ${path}${keepalive ? ' !' : ''}`);
        if (status !== 200) {
          return Promise.resolve(new Response('{"message": "no", "code": "x"}', { status }));
        }
        if (method === 'DELETE') {
          stored = stored.filter(each => !path.endsWith(each));
          return Promise.resolve(new Response(null, { status: 204 }));
        }
        const sessions = stored.map(sessionId => ({ sessionId, name: sessionId, paths: [] }));
        return Promise.resolve(new Response(JSON.stringify({ sessions })));
      }
    })
  );
}

const ids = (list: SessionList): string[] =>
  (list.getState().sessions ?? []).map(each => each.sessionId);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('is asked for while somebody looks, and only then', async () => {
  const list = make();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(asked).toEqual([]);
  const stop = list.subscribe(() => undefined);
  await settle();
  expect(ids(list)).toEqual(['one', 'two']);
  stored.push('three');
  await vi.advanceTimersByTimeAsync(5000);
  expect(ids(list)).toEqual(['one', 'two', 'three']);
  stop();
  const before = asked.length;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(asked.length).toBe(before);
});

test('what is known stays while the server does not answer', async () => {
  const list = make();
  await list.refresh();
  status = 503;
  await list.refresh();
  expect(ids(list)).toEqual(['one', 'two']);
  expect(list.getState().problem?.status).toBe(503);
  status = 200;
  await list.refresh();
  expect(list.getState().problem).toBeNull();
});

describe('deleting', () => {
  test('waits for its undo to be over', async () => {
    const list = make();
    await list.refresh();
    list.remove('one', () => undefined);
    expect(ids(list)).toEqual(['two']);
    await vi.advanceTimersByTimeAsync(GRACE - 1);
    expect(stored).toEqual(['one', 'two']);
    await list.refresh();
    expect(ids(list)).toEqual(['two']);
    await vi.advanceTimersByTimeAsync(1);
    expect(stored).toEqual(['two']);
  });

  test('is undone without a trace', async () => {
    const list = make();
    await list.refresh();
    list.remove('one', () => undefined);
    expect(list.keep('one')).toBe(true);
    await vi.advanceTimersByTimeAsync(GRACE * 2);
    expect(ids(list)).toEqual(['one', 'two']);
    expect(asked.filter(each => each.startsWith('DELETE'))).toEqual([]);
    expect(list.keep('one')).toBe(false);
  });

  test('does not wait for a page that goes', async () => {
    const list = make();
    await list.refresh();
    list.remove('one', () => undefined);
    window.dispatchEvent(new Event('pagehide'));
    await settle();
    expect(asked).toContain('DELETE /one !');
    expect(stored).toEqual(['two']);
  });

  test('that is refused is said, and the session is there again', async () => {
    const list = make();
    await list.refresh();
    const why: RequestError[] = [];
    list.remove('one', error => why.push(error));
    status = 403;
    await vi.advanceTimersByTimeAsync(GRACE);
    status = 200;
    await list.refresh();
    expect(why.map(error => error.status)).toEqual([403]);
    expect(ids(list)).toEqual(['one', 'two']);
  });
});

test('search looks for all words in names and notebooks', () => {
  const named = (name: string | null, ...paths: string[]): Listed =>
    ({ sessionId: `${name}`, name, paths }) as Listed;
  const all = [named('Sweep of June', '/work/a.ipynb'), named(null, '/work/sweep.ipynb')];
  expect(matching(all, 'sweep').length).toBe(2);
  expect(matching(all, ' june  SWEEP ').length).toBe(1);
  expect(matching(all, 'work/sweep').map(each => each.name)).toEqual([null]);
  expect(matching(all, '').length).toBe(2);
  expect(matching(all, 'none')).toEqual([]);
});
