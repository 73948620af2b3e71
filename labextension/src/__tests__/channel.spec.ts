import { Channel, type ChannelState } from '../channel';
import type { ServerFrame } from '../frames';
import { FakeServer, settle } from './fakeserver';

let server: FakeServer;
let states: ChannelState[];
let ends: (string | undefined)[];
let frames: ServerFrame[];
let tooLarge: number;

function make(): Channel {
  states = [];
  ends = [];
  frames = [];
  tooLarge = 0;
  return new Channel({
    open: () => server.open(),
    hello: () => ({
      type: 'hello',
      client: 'A',
      since: null,
      tip: null,
      epoch: null,
      dirty: false
    }),
    why: () => Promise.resolve(server.why),
    onFrame: frame => frames.push(frame),
    onState: (state, end) => {
      states.push(state);
      ends.push(end);
    },
    onTooLarge: () => tooLarge++,
    random: () => 1
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
});

afterEach(() => {
  vi.useRealTimers();
});

test('says hello, and is live from the welcome on', async () => {
  const channel = make();
  channel.connect();
  expect(channel.send({ type: 'dirty', dirty: true })).toBe(false);
  await settle();
  expect(states).toEqual(['connecting', 'greeting', 'live']);
  expect(frames.map(frame => frame.type)).toEqual(['welcome']);
  expect(channel.send({ type: 'dirty', dirty: true })).toBe(true);
});

test('comes back by itself, with longer and longer pauses that stay bounded', async () => {
  const channel = make();
  server.isUp = false;
  const tries: number[] = [];
  const open = server.open.bind(server);
  server.open = () => {
    tries.push(Date.now());
    return open();
  };
  channel.connect();
  await vi.advanceTimersByTimeAsync(200_000);
  const pauses = tries.slice(1).map((at, i) => at - tries[i]!);
  expect(pauses.slice(0, 4)).toEqual([400, 800, 1600, 3200]);
  expect(Math.max(...pauses)).toBe(30_000);
  server.isUp = true;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(channel.state).toBe('live');
});

test('does not wait when it is told to connect', async () => {
  const channel = make();
  server.isUp = false;
  channel.connect();
  await vi.advanceTimersByTimeAsync(10_000);
  server.isUp = true;
  channel.connect();
  await settle();
  expect(channel.state).toBe('live');
});

test.each([
  ['gone', 4404],
  ['forbidden', 4401]
])('a close that means %s is the end', async (end, code) => {
  const channel = make();
  channel.connect();
  await settle();
  server.cutAll(code);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(channel.state).toBe('ended');
  expect(ends.at(-1)).toBe(end);
});

test('a refused upgrade is looked into: a browser does not tell its status', async () => {
  const channel = make();
  server.isUp = false;
  server.why = 'gone';
  channel.connect();
  await settle();
  expect(states).toEqual(['connecting', 'asking', 'ended']);
});

test.each([1009, 4413])(
  'a close with %i says that a frame was too large, then goes on',
  async code => {
    const channel = make();
    channel.connect();
    await settle();
    server.cutAll(code);
    expect(tooLarge).toBe(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(channel.state).toBe('live');
  }
);

test('a server that opens and says nothing is left', async () => {
  const channel = make();
  server.receive = () => undefined;
  channel.connect();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(channel.state).toBe('waiting');
});

test('a server that closes right after the welcome is not hammered', async () => {
  const channel = make();
  let opened = 0;
  const open = server.open.bind(server);
  server.open = () => {
    opened++;
    return open();
  };
  channel.connect();
  for (let i = 0; i < 600; i++) {
    await vi.advanceTimersByTimeAsync(100);
    server.cutAll(4400);
  }
  expect(opened).toBeLessThan(12);
});

describe('a half-open socket', () => {
  async function live(): Promise<Channel> {
    const channel = make();
    channel.connect();
    await settle();
    return channel;
  }

  /** What is sent arrives nowhere, nothing comes, and nobody says so. */
  const silence = (): void => {
    server.receive = () => undefined;
  };

  test('is noticed while nothing happens', async () => {
    const channel = await live();
    const answer = server.receive.bind(server);
    silence();
    await vi.advanceTimersByTimeAsync(29_000);
    expect(channel.state).toBe('live');
    await vi.advanceTimersByTimeAsync(1100);
    expect(channel.state).toBe('waiting');
    server.receive = answer;
    await vi.advanceTimersByTimeAsync(1000);
    expect(channel.state).toBe('live');
  });

  test('is noticed sooner by somebody who is back', async () => {
    const channel = await live();
    silence();
    await vi.advanceTimersByTimeAsync(2000);
    channel.connect();
    channel.connect();
    expect(channel.state).toBe('live');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(channel.state).toBe('waiting');
  });

  test('is not seen in one that is only quiet, nor is one asked that speaks', async () => {
    const channel = await live();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(states).toEqual(['connecting', 'greeting', 'live']);
    expect(server.frames('ping').length).toBe(5);
    expect(frames.map(frame => frame.type)).toEqual(['welcome']);
    for (let i = 0; i < 10; i++) {
      await vi.advanceTimersByTimeAsync(15_000);
      server.set('lr', i);
    }
    channel.connect();
    expect(server.frames('ping').length).toBe(5);
    expect(channel.state).toBe('live');
  });
});

test('after close() it stays silent', async () => {
  const channel = make();
  channel.connect();
  await settle();
  channel.close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(server.sockets.size).toBe(0);
  expect(channel.send({ type: 'dirty', dirty: false })).toBe(false);
});
