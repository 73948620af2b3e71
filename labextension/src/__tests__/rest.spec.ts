import { ServerConnection } from '@jupyterlab/services';

import { ExactNumber } from '../json';
import { askWhy, attach, channelUrl, RequestError } from '../rest';

function settings(
  answer: () => Promise<Response> | Response,
  more = {}
): ServerConnection.ISettings {
  return ServerConnection.makeSettings({
    baseUrl: 'http://lab/base/',
    wsUrl: 'ws://lab/base/',
    token: 'secret',
    appendToken: false,
    fetch: () => Promise.resolve(answer()),
    ...more
  });
}

const json = (status: number, body: string, headers = {}): Response =>
  new Response(body, { status, headers });

test('attach asks for the notebook’s session and reads numbers exactly', async () => {
  let asked: Request | undefined;
  const answer = json(200, '{"sessionId":"s","variables":{"big":9007199254740993},"meta":{}}');
  const state = await attach(
    settings(() => answer, {
      fetch: (request: Request) => {
        asked = request;
        return Promise.resolve(answer);
      }
    }),
    'dir/n.ipynb'
  );
  // The query keeps caches out; it is JupyterLab's.
  expect(asked?.url.split('?')[0]).toBe('http://lab/base/api/session/attach');
  expect(await asked?.text()).toBe('{"path":"dir/n.ipynb"}');
  expect(state.variables['big']).toEqual(new ExactNumber('9007199254740993'));
});

test('a refusal carries its status, code and sentence', async () => {
  const refused = settings(() =>
    json(503, '{"code":"unavailable","message":"Not yet."}', { 'Retry-After': '1' })
  );
  await expect(attach(refused, 'n.ipynb')).rejects.toMatchObject({
    status: 503,
    code: 'unavailable',
    message: 'Not yet.',
    retryAfter: 1
  });
  const page = settings(() => json(502, '<html>'));
  await expect(attach(page, 'n.ipynb')).rejects.toBeInstanceOf(RequestError);
});

test.each([
  [404, 'gone'],
  [403, 'forbidden'],
  [502, 'unreachable'],
  [200, 'there']
])('a GET that answers %i means %s', async (status, meaning) => {
  expect(
    await askWhy(
      settings(() => json(status, '{}')),
      's'
    )
  ).toBe(meaning);
});

test('no answer at all means unreachable', async () => {
  const dead = settings(() => Promise.reject(new TypeError('Failed to fetch')));
  expect(await askWhy(dead, 's')).toBe('unreachable');
});

test('no token in an address, except where there is no cookie', () => {
  const of = (appendToken: boolean): string =>
    channelUrl(
      settings(() => json(200, '{}'), { appendToken }),
      'a b/c'
    );
  expect(of(false)).toBe('ws://lab/base/api/session/a%20b%2Fc/channel');
  expect(of(true)).toBe('ws://lab/base/api/session/a%20b%2Fc/channel?token=secret');
});
