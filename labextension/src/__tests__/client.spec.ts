import { nullTranslator } from '@jupyterlab/translation';

import { FakeServer, openPage, settle } from './fakeserver';
import type { SessionClient } from '../client';
import { EditError } from '../client';
import { errorSentence } from '../components/sentences';
import { ExactNumber, parseJson, type Json } from '../json';
import { DEFAULT_LIMITS } from '../limits';
import type { Run } from '../model';
import type { MutateFrame } from '../edit';
import { Shelf } from '../shelf';

let server: FakeServer;

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
});

afterEach(() => {
  vi.useRealTimers();
});

async function page(options: Parameters<typeof openPage>[1] = {}): Promise<SessionClient> {
  const client = openPage(server, options);
  await settle();
  return client;
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

/** The page goes without a word: a crash, a reload. */
function die(client: SessionClient): void {
  server.cutAll();
  // Nothing of it may act any more.
  Object.assign(client, { _publish: () => undefined, _receive: () => undefined });
  (client as unknown as { _channel: { close(): void } })._channel.close();
  (client as unknown as { _sender: { dispose(): void } })._sender.dispose();
}

const run = (status: Run['status'], id = 'r1'): Run => ({
  id,
  step: 'train',
  status,
  start: 1,
  end: null,
  inputs: { lr: { revision: 1, value: 0.1 } },
  outputs: ['loss'],
  source: 'sha256:0'
});

describe('typing', () => {
  test('shows at once, says Saving, and is saved after a pause', async () => {
    const client = await page();
    expect(client.status.kind).toBe('saved');
    client.setVariable('lr', 0.1);
    expect(client.getVariable('lr')).toBe(0.1);
    expect(client.getState().variables.get('lr')?.pending).toBe(true);
    expect(client.status.kind).toBe('saving');
    await pass(499);
    expect(server.mutates).toHaveLength(0);
    await pass(1);
    expect(server.value('lr')).toBe(0.1);
    expect(client.status.kind).toBe('saved');
    expect(client.getState().variables.get('lr')).toMatchObject({ pending: false, revision: 1 });
  });

  test('100 keystrokes are one request, of the size of the value', async () => {
    const client = await page();
    for (let i = 1; i <= 100; i++) {
      client.setVariable('text', 'x'.repeat(i));
      await pass(10);
    }
    await pass(500);
    expect(server.mutates).toHaveLength(1);
    expect(server.value('text')).toBe('x'.repeat(100));
    const sent = server.received.filter(text => text.includes('mutate')).join('');
    expect(sent.length).toBeLessThan(100 + 200);
  });

  test('without a pause it is sent at the latest after maxWait', async () => {
    const client = await page();
    for (let i = 0; i < 30; i++) {
      client.setVariable('n', i);
      await pass(100);
    }
    expect(server.mutates.length).toBe(1);
    expect(server.value('n')).toBe(19);
  });

  test('back to what it was is no edit at all', async () => {
    server.set('lr', 0.1);
    const client = await page();
    client.setVariable('lr', 0.12);
    client.setVariable('lr', 0.1);
    await pass(3000);
    expect(server.mutates).toHaveLength(0);
    expect(client.status.kind).toBe('saved');
  });

  test('while an answer is owed later edits gather in the next mutate', async () => {
    server.losesAnswers = true;
    const client = await page();
    client.setVariable('a', 1);
    await pass(500);
    client.setVariable('b', 1);
    client.setVariable('a', 2);
    await pass(3000);
    expect(server.mutates).toHaveLength(1);
    server.losesAnswers = false;
    server.cutAll();
    await pass(1000);
    expect(server.mutates.map(each => each.seq)).toEqual([1, 2]);
    expect(server.mutates[1]?.ops).toHaveLength(2);
    expect(server.value('a')).toBe(2);
    expect(client.status.kind).toBe('saved');
  });

  test('a big integer goes and comes digit for digit', async () => {
    server.set('big', parseJson('9007199254740993'));
    const client = await page();
    expect(client.getVariable('big')).toEqual(new ExactNumber('9007199254740993'));
    client.setVariable('copy', client.getVariable('big')!);
    await client.flush();
    expect(server.received.at(-2)).toContain('9007199254740993');
  });

  test('names such as toString and constructor are only names', async () => {
    const client = await page();
    client.setVariable('constructor', { ['__proto__']: { polluted: true } });
    await client.flush();
    expect(client.getVariable('toString')).toBeUndefined();
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(() => client.setVariable('__proto__', 1)).toThrow(EditError);
  });

  test('what the server would refuse is not even tried', async () => {
    const client = await page();
    for (const value of ['\ud800', 'x'.repeat(1024 * 1024), { a: '\udc00' }]) {
      expect(() => client.setVariable('v', value)).toThrow(EditError);
    }
    expect(client.getVariable('v')).toBeUndefined();
    expect(client.status.kind).toBe('saved');
  });

  test('what fits is as the server says, and so it is told', async () => {
    server.limits = { ...DEFAULT_LIMITS, valueBytes: 2560, depth: 3, digits: 20, nameChars: 8 };
    const client = await page();
    const trans = nullTranslator.load('session_state_ext');
    const said = (name: string, value: Json): string => {
      try {
        client.setVariable(name, value);
        return '';
      } catch (error) {
        return errorSentence(error, trans);
      }
    };
    expect(said('v', 'x'.repeat(2558))).toBe('');
    expect(said('v', 'x'.repeat(2559))).toBe('Too large: a value can have 2.5 KiB.');
    expect(said('v', [[[[1]]]])).toBe('Too deep: a value can have 3 levels.');
    expect(said('v', parseJson('1'.repeat(21)))).toBe('Too long: a number can have 20 digits.');
    expect(said('variables', 1)).toBe('A name can have 8 characters.');
  });
});

describe('nothing typed is lost', () => {
  test('a reload in mid-debounce keeps the edit, shows it at once and sends it', async () => {
    const before = await page();
    before.setVariable('lr', 0.5);
    await pass(100);
    die(before);
    expect(server.value('lr')).toBeUndefined();
    const after = openPage(server);
    expect(after.getVariable('lr')).toBe(0.5);
    await pass(1000);
    expect(server.value('lr')).toBe(0.5);
    expect(after.status.kind).toBe('saved');
  });

  test('the last known state is there before the server answers, and says so', async () => {
    server.set('lr', 0.1);
    const before = await page();
    await pass(2000);
    die(before);
    server.isUp = false;
    const after = openPage(server);
    expect(after.getVariable('lr')).toBe(0.1);
    expect(after.getState().confirmed).toBe(false);
    await pass(1000);
    expect(after.status.kind).toBe('offline');
    after.setVariable('lr', 0.2);
    expect(after.status).toMatchObject({ kind: 'offline', edits: 1 });
  });

  test('a lost acknowledgement is made good by the welcome: applied once, and settled', async () => {
    server.losesAnswers = true;
    const client = await page();
    client.setVariable('n', 1);
    await pass(500);
    expect(server.revision).toBe(1);
    expect(client.status.kind).toBe('saving');
    server.losesAnswers = false;
    server.cutAll();
    await pass(1000);
    expect(client.status.kind).toBe('saved');
    expect(server.revision).toBe(1);
    expect(server.mutates).toHaveLength(1);
  });

  test('an answer that never comes is asked for again after a while', async () => {
    server.losesAnswers = true;
    const client = await page();
    client.setVariable('n', 1);
    await pass(500);
    server.losesAnswers = false;
    await pass(16_000);
    expect(client.status.kind).toBe('saved');
    expect(server.revision).toBe(1);
  });

  test('a mutate that never arrived is sent again with the same number and body', async () => {
    server.losesMutates = true;
    const client = await page();
    client.setVariable('n', 1);
    await pass(500);
    server.losesMutates = false;
    server.cutAll();
    await pass(1000);
    expect(server.mutates).toHaveLength(2);
    expect(server.mutates[1]).toEqual(server.mutates[0]);
    expect(server.revision).toBe(1);
  });

  test('what cannot be stored just now waits, says why, and is not asked for all the time', async () => {
    const client = await page();
    server.busy = 'Another process is writing the stored sessions; try again.';
    client.setVariable('lr', 0.1);
    await pass(60_000);
    expect(client.status).toMatchObject({ kind: 'saving', edits: 1, waits: server.busy });
    expect(client.getState().refused).toEqual([]);
    const { length } = server.mutates;
    expect(length).toBeGreaterThan(5);
    expect(length).toBeLessThan(15);
    expect(new Set(server.received.filter(text => text.includes('"mutate"'))).size).toBe(1);
    // A reload changes nothing of that.
    die(client);
    const next = await page({ life: 'next' });
    await pass(5000);
    expect(next.status.waits).toBe(server.busy);
    server.busy = null;
    await pass(15_000);
    expect(server.value('lr')).toBe(0.1);
    expect(next.status).toMatchObject({ kind: 'saved', waits: null, refused: 0 });
  });

  test('a full storage drops known states first, and says Not kept when that does not help', async () => {
    localStorage.setItem('session-state:state:other', 'x');
    let full = false;
    const storage = new Proxy(localStorage, {
      get: (target, key) => {
        if (key === 'setItem') {
          return (name: string, text: string): void => {
            if (full || target.getItem('session-state:state:other') !== null) {
              throw new DOMException('', 'QuotaExceededError');
            }
            target.setItem(name, text);
          };
        }
        const value = target[key as keyof Storage] as unknown;
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      }
    });
    const client = await page({ shelf: new Shelf(storage, 'http://lab/', 'ada') });
    client.setVariable('a', 1);
    expect(localStorage.getItem('session-state:state:other')).toBeNull();
    expect(client.status.kind).toBe('saving');
    full = true;
    client.setVariable('a', 2);
    expect(client.status.kind).toBe('notkept');
    await client.flush();
    expect(client.status.kind).toBe('saved');
  });

  test('after a backup was restored the edit is numbered anew', async () => {
    const client = await page();
    for (const n of [1, 2, 3]) {
      client.setVariable('n', n);
      await client.flush();
    }
    server.goDown();
    client.setVariable('n', 4);
    server.epoch = 'e2';
    const known = [...server.clients.values()][0]!;
    known.lastSeq = 1;
    server.isUp = true;
    await pass(30_000);
    expect(server.mutates.at(-1)?.seq).toBe(2);
    expect(server.value('n')).toBe(4);
  });

  test('what was typed for a session the server forgot goes to the one that takes its place', async () => {
    const replace = vi.fn(() => {
      server.isUp = true;
      return Promise.resolve({
        sessionId: 'new',
        meta: { lastSyncedAt: null, isDirty: false, revision: 0, epoch: 'e', name: null, paths: [] }
      });
    });
    const client = await page({ replace });
    client.setVariable('lr', 0.1);
    server.why = 'gone';
    server.goDown();
    await pass(3000);
    expect(replace).toHaveBeenCalledTimes(1);
    expect(client.getState().sessionId).toBe('new');
    expect(server.value('lr')).toBe(0.1);
  });

  test('a session that is forgotten before it was heard of has one that takes its place, too', async () => {
    const meta = {
      lastSyncedAt: null,
      isDirty: false,
      revision: 0,
      epoch: 'e',
      name: null,
      paths: []
    };
    let number = 0;
    const replace = vi.fn(() => {
      server.isUp = ++number === 2;
      return Promise.resolve({ sessionId: `new${number}`, meta });
    });
    const client = await page({ replace });
    client.setVariable('lr', 0.1);
    server.why = 'gone';
    server.goDown();
    await pass(10_000);
    expect(client.getState().sessionId).toBe('new2');
    expect(server.value('lr')).toBe(0.1);
  });

  test('a server that goes again before it has said which session takes the place is asked anew', async () => {
    const meta = {
      lastSyncedAt: null,
      isDirty: false,
      revision: 0,
      epoch: 'e',
      name: null,
      paths: []
    };
    const replace = vi
      .fn(() => {
        server.isUp = true;
        return Promise.resolve({ sessionId: 'new', meta });
      })
      .mockRejectedValueOnce(new Error('Failed to fetch'));
    const client = await page({ replace });
    client.setVariable('lr', 0.1);
    server.why = 'gone';
    server.goDown();
    await pass(10_000);
    expect(client.getState().sessionId).toBe('new');
    expect(server.value('lr')).toBe(0.1);
  });
});

describe('others write too', () => {
  test('their change shows, under mine where I have typed', async () => {
    const client = await page();
    client.setVariable('mine', 1);
    server.set('theirs', 2);
    expect(client.getVariable('theirs')).toBe(2);
    server.set('mine', 7);
    expect(client.getVariable('mine')).toBe(1);
    await client.flush();
    expect(server.value('mine')).toBe(1);
  });

  test('a person who writes again has decided', async () => {
    server.set('lr', 0.1);
    const client = await page();
    client.setVariable('lr', 0.35);
    server.set('lr', 0.28, { kind: 'step', step: 'tune' });
    await client.flush();
    expect(client.getState().conflicts.size).toBe(1);
    client.setVariable('lr', 0.4);
    expect(client.getState().conflicts.size).toBe(0);
    await client.flush();
    expect(client.status.kind).toBe('saved');
    expect(server.value('lr')).toBe(0.4);
  });

  test('the later one wins and both are shown; Take takes theirs back', async () => {
    server.set('lr', 0.1);
    const client = await page();
    const mineAt = Date.now();
    client.setVariable('lr', 0.35);
    await pass(100);
    server.set('lr', 0.28, { kind: 'step', step: 'tune' });
    await pass(100);
    await client.flush();
    expect(client.status).toMatchObject({ kind: 'conflict', conflicts: 1 });
    const conflict = client.getState().conflicts.get('lr');
    expect(conflict).toMatchObject({ mine: 0.35, theirs: 0.28, stands: 'mine' });
    expect(conflict).toMatchObject({ mineAt, theirsAt: mineAt + 100 });
    client.takeTheirs('lr');
    await pass(100);
    expect(server.value('lr')).toBe(0.28);
    expect(client.status.kind).toBe('saved');
  });

  test('whoever is overwritten unseen is told; Keep puts mine back', async () => {
    server.set('lr', 0.1);
    const client = await page();
    client.setVariable('lr', 0.3);
    await client.flush();
    const seen = server.revision;
    client.setVariable('lr', 0.35);
    await client.flush();
    const mineAt = Date.now();
    await pass(5000);
    server.write([{ op: 'set', name: 'lr', value: 0.9 }], { kind: 'cell' }, 'kernel', seen);
    const conflict = client.getState().conflicts.get('lr');
    expect(conflict).toMatchObject({ mine: 0.35, theirs: 0.9, base: 0.3, stands: 'theirs' });
    expect(conflict).toMatchObject({ mineAt, theirsAt: mineAt + 5000 });
    client.keepMine('lr');
    await pass(100);
    expect(server.value('lr')).toBe(0.35);
    expect(client.status.kind).toBe('saved');
  });

  test('what is written before somebody has decided is theirs, and Keep still keeps mine', async () => {
    server.set('lr', 0.1);
    const client = await page();
    client.setVariable('lr', 0.35);
    server.set('lr', 0.28);
    await client.flush();
    expect(client.getState().conflicts.get('lr')).toMatchObject({ stands: 'mine' });
    server.set('lr', 0.5);
    const conflict = client.getState().conflicts.get('lr');
    expect(conflict).toMatchObject({ mine: 0.35, theirs: 0.5, stands: 'theirs' });
    client.keepMine('lr');
    await pass(100);
    expect(server.value('lr')).toBe(0.35);
  });

  test('a conflict is over once others have written what I did', async () => {
    server.set('lr', 0.1);
    const client = await page();
    client.setVariable('lr', 0.35);
    await client.flush();
    server.write([{ op: 'set', name: 'lr', value: 0.9 }], { kind: 'cell' }, 'kernel', 1);
    expect(client.status.kind).toBe('conflict');
    server.set('lr', 0.35);
    expect(client.status.kind).toBe('saved');
  });

  test('and what is written elsewhere in the same object both sides have', async () => {
    server.set('config', { lr: 0.1, n: 1 });
    const client = await page();
    client.editVariable('config', { lr: 0.1, n: 1 }, { lr: 0.35, n: 1 });
    const patch = (path: string, value: number): void =>
      server.write([{ op: 'patch', name: 'config', patch: [{ op: 'replace', path, value }] }]);
    patch('/lr', 0.28);
    await client.flush();
    patch('/n', 7);
    expect(client.getState().conflicts.get('config')).toMatchObject({
      mine: { lr: 0.35, n: 7 },
      theirs: { lr: 0.28, n: 7 },
      stands: 'mine'
    });
    client.takeTheirs('config');
    await pass(100);
    expect(server.value('config')).toEqual({ lr: 0.28, n: 7 });
  });

  test('a change that had seen mine is no conflict', async () => {
    const client = await page();
    client.setVariable('lr', 0.35);
    await client.flush();
    server.set('lr', 0.9);
    expect(client.status.kind).toBe('saved');
  });

  test('an edit from before a reload never silently overwrites what came since', async () => {
    server.set('lr', 0.1);
    const before = await page();
    before.setVariable('lr', 0.5);
    die(before);
    server.set('lr', 0.7);
    const after = openPage(server);
    await pass(1000);
    expect(server.mutates.at(-1)?.ops[0]).toMatchObject({ ifRevision: 1 });
    expect(server.value('lr')).toBe(0.7);
    expect(after.getVariable('lr')).toBe(0.7);
    const sides = { mine: 0.5, theirs: 0.7, base: 0.1 };
    expect(after.getState().conflicts.get('lr')).toMatchObject(sides);
    after.keepMine('lr');
    await pass(100);
    expect(server.value('lr')).toBe(0.5);
    expect(after.status.kind).toBe('saved');
  });

  test('offline for long asks, offline for a moment does not', async () => {
    server.set('lr', 0.1);
    const client = await page();
    for (const [away, condition] of [
      [5_000, undefined],
      [120_000, 2]
    ] as const) {
      server.goDown();
      client.setVariable('lr', away);
      await pass(away);
      server.isUp = true;
      client.connect();
      await pass(1000);
      const [op] = server.mutates.at(-1)!.ops;
      expect(op && 'ifRevision' in op ? op.ifRevision : undefined).toBe(condition);
      expect(server.value('lr')).toBe(away);
    }
  });
});

describe('two people in one object', () => {
  const config = { lr: 0.1, momentum: 0.9, layers: [64, 64] };
  const theirs = (
    op: 'add' | 'replace' | 'remove',
    path: string,
    value?: Json,
    base?: number
  ): void =>
    server.write(
      [{ op: 'patch', name: 'config', patch: [{ op, path, value }] }],
      { kind: 'panel' },
      'bob',
      base
    );

  test('different members: both stay, a member travels alone, and nobody is asked', async () => {
    server.set('config', config);
    const client = await page();
    client.editVariable('config', config, { ...config, lr: 0.2 });
    theirs('replace', '/momentum', 0.8);
    expect(client.getVariable('config')).toEqual({ ...config, lr: 0.2, momentum: 0.8 });
    await client.flush();
    expect(server.mutates.at(-1)?.ops).toEqual([
      { op: 'patch', name: 'config', patch: [{ op: 'replace', path: '/lr', value: 0.2 }] }
    ]);
    expect(server.value('config')).toEqual({ ...config, lr: 0.2, momentum: 0.8 });
    expect(client.status.kind).toBe('saved');
  });

  test('the same member: the later one wins, and both are shown', async () => {
    server.set('config', config);
    const client = await page();
    client.editVariable('config', config, { ...config, lr: 0.2 });
    theirs('replace', '/lr', 0.3);
    await client.flush();
    expect(client.getState().conflicts.get('config')).toMatchObject({
      mine: { ...config, lr: 0.2 },
      theirs: { ...config, lr: 0.3 },
      stands: 'mine'
    });
  });

  test('whoever is overwritten is told, of the same member only', async () => {
    server.set('config', config);
    const client = await page();
    client.editVariable('config', config, { ...config, lr: 0.2 });
    await client.flush();
    theirs('replace', '/momentum', 0.8, 1);
    expect(client.status.kind).toBe('saved');
    theirs('replace', '/lr', 0.3, 1);
    expect(client.getState().conflicts.get('config')).toMatchObject({
      mine: { ...config, lr: 0.2, momentum: 0.8 },
      theirs: { ...config, lr: 0.3, momentum: 0.8 }
    });
  });

  test('several edits are one op; what is back as it was is none', async () => {
    server.set('config', config);
    const client = await page();
    const [a, b] = [
      { ...config, lr: 0.2 },
      { ...config, lr: 0.25, layers: [1] }
    ];
    client.editVariable('config', config, a);
    client.editVariable('config', a, b);
    await client.flush();
    expect(server.mutates.at(-1)?.ops).toEqual([
      {
        op: 'patch',
        name: 'config',
        patch: [
          { op: 'replace', path: '/lr', value: 0.25 },
          { op: 'replace', path: '/layers', value: [1] }
        ]
      }
    ]);
    client.editVariable('config', b, a);
    client.editVariable('config', a, b);
    await pass(3000);
    expect(server.mutates).toHaveLength(1);
    client.setVariable('config', { x: 1 });
    client.editVariable('config', { x: 1 }, { x: 2 });
    await client.flush();
    expect(server.mutates.at(-1)?.ops).toEqual([{ op: 'set', name: 'config', value: { x: 2 } }]);
  });

  test('an edit that no longer fits is never sent: mine, theirs and before are shown', async () => {
    server.set('config', { m: { lr: 0.1 }, x: 1 });
    const client = await page();
    client.editVariable('config', { m: { lr: 0.1 }, x: 1 }, { m: { lr: 0.2 }, x: 1 });
    theirs('remove', '/m');
    expect(client.getVariable('config')).toEqual({ x: 1 });
    expect(client.getState().conflicts.get('config')).toMatchObject({
      mine: { m: { lr: 0.2 }, x: 1 },
      theirs: { x: 1 },
      base: { m: { lr: 0.1 }, x: 1 },
      stands: 'theirs'
    });
    await pass(3000);
    expect(server.mutates).toHaveLength(0);
    client.keepMine('config');
    await pass(100);
    expect(server.value('config')).toEqual({ m: { lr: 0.2 }, x: 1 });
    expect(client.status.kind).toBe('saved');
  });

  test('one that was sent and does not fit any more is refused and shown', async () => {
    server.set('config', config);
    const client = await page();
    server.losesMutates = true;
    client.editVariable('config', config, { ...config, lr: 0.2 });
    await pass(500);
    theirs('remove', '/lr');
    server.losesMutates = false;
    server.cutAll();
    await pass(1000);
    expect(server.value('config')).toEqual({ momentum: 0.9, layers: [64, 64] });
    expect(client.getState().conflicts.get('config')).toMatchObject({
      mine: { ...config, lr: 0.2 },
      base: config
    });
  });

  test('of a variable that is gone the edit is refused, its value kept', async () => {
    server.set('config', config);
    const client = await page();
    client.editVariable('config', config, { ...config, lr: 0.2 });
    server.write([{ op: 'delete', name: 'config' }]);
    expect(client.getVariable('config')).toBeUndefined();
    await client.flush();
    expect(server.value('config')).toBeUndefined();
    const [refused] = client.getState().refused;
    expect([refused?.code, refused?.edit.whole?.mine]).toEqual(['gone', { ...config, lr: 0.2 }]);
  });

  test('an edit outlives a reload, and asks before it lands on what came since', async () => {
    server.set('config', config);
    const before = await page();
    before.editVariable('config', config, { ...config, lr: 0.2 });
    die(before);
    theirs('replace', '/momentum', 0.8);
    const after = openPage(server);
    await pass(1000);
    expect(server.mutates.at(-1)?.ops[0]).toMatchObject({ op: 'patch', ifRevision: 1 });
    expect(after.getState().conflicts.get('config')).toMatchObject({
      mine: { ...config, lr: 0.2 },
      base: config
    });
  });

  test('a change that does not fit what is known here asks for the whole state', async () => {
    server.set('config', config);
    const client = await page();
    server.deliver({
      type: 'change',
      revision: 2,
      tip: 't2',
      at: 1,
      origin: { kind: 'cell' },
      ops: [{ op: 'patch', name: 'config', patch: [{ op: 'remove', path: '/never' }] }]
    });
    server.set('other', 1);
    await pass(1000);
    expect(client.getVariable('other')).toBe(1);
    expect(server.frames('hello').at(-1)).toMatchObject({ since: null });
  });
});

describe('a final answer always unblocks', () => {
  test('of several edits only the offender is refused, its value is kept, and sending goes on', async () => {
    server.refuses = op =>
      op.op === 'set' && op.name === 'bad' ? { code: 'invalid-value', message: 'No.' } : null;
    const client = await page();
    client.setVariable('good', 1);
    client.setVariable('bad', 2);
    client.setVariable('fine', 3);
    const result = await client.flush();
    expect(result.ok).toBe(false);
    expect(result.refused[0]?.edit.op).toMatchObject({ name: 'bad', value: 2 });
    expect([server.value('good'), server.value('fine')]).toEqual([1, 3]);
    expect(client.getVariable('bad')).toBeUndefined();
    expect(client.getState().refused).toHaveLength(1);
    client.setVariable('later', 4);
    expect((await client.flush()).ok).toBe(true);
    const [refused] = client.getState().refused;
    client.dismissRefused(refused!.id);
    expect(client.status.kind).toBe('saved');
  });

  test('a refused value outlives a reload', async () => {
    server.refuses = () => ({ code: 'invalid-value', message: 'No.' });
    const before = await page();
    before.setVariable('bad', 'typed with love');
    await before.flush();
    die(before);
    const after = await page();
    expect(after.getState().refused[0]?.edit.op).toMatchObject({ value: 'typed with love' });
  });

  test('a close for size refuses what was open and goes on', async () => {
    const client = await page();
    server.losesMutates = true;
    client.setVariable('huge', 1);
    await pass(500);
    server.losesMutates = false;
    server.cutAll(1009);
    await pass(2000);
    expect(client.getState().refused[0]?.code).toBe('too-large');
    client.setVariable('small', 1);
    await client.flush();
    expect(server.value('small')).toBe(1);
  });

  test('numbers that do not fit are put right by a new welcome', async () => {
    const client = await page();
    client.setVariable('n', 1);
    await client.flush();
    server.clients.get(client.clientId)!.lastSeq = 7;
    client.setVariable('n', 2);
    await pass(3000);
    expect(server.mutates.at(-1)?.seq).toBe(8);
    expect(server.value('n')).toBe(2);
    expect(client.status.kind).toBe('saved');
  });
});

describe('flush', () => {
  test('sends at once and resolves when all is acknowledged', async () => {
    const client = await page();
    client.setVariable('n', 1);
    expect(await client.flush()).toEqual({ ok: true, late: [], refused: [], invalid: [] });
    expect(server.value('n')).toBe(1);
  });

  test('names what is late, and what is invalid', async () => {
    const client = await page();
    server.losesMutates = true;
    client.setVariable('n', 1);
    client.setInvalid('lr', '0,01');
    const waiting = client.flush({ timeout: 700 });
    await pass(700);
    expect(await waiting).toMatchObject({
      ok: false,
      late: ['n'],
      invalid: [{ name: 'lr', text: '0,01' }]
    });
  });

  test('the server is told of unsent edits once, and answered after the last mutate', async () => {
    const client = await page();
    client.setVariable('n', 1);
    client.setVariable('n', 2);
    expect(server.frames('dirty')).toEqual([{ type: 'dirty', dirty: true }]);
    server.deliver({ type: 'flush', id: 'q' });
    const order = server.received.map(text => /"type":"(\w+)"/.exec(text)?.[1]);
    expect(order).toEqual(['hello', 'dirty', 'mutate', 'flushed', 'dirty']);
    expect(server.value('n')).toBe(2);
  });

  test('an invalid field makes its editor worth asking, and is named in the answer', async () => {
    const client = await page();
    client.setInvalid('lr', '0,01');
    expect(server.frames('dirty')).toEqual([{ type: 'dirty', dirty: true }]);
    server.deliver({ type: 'flush', id: 'q' });
    expect(server.frames('flushed')).toEqual([
      { type: 'flushed', id: 'q', invalid: [{ name: 'lr', text: '0,01' }] }
    ]);
    client.setInvalid('lr', null);
    expect(server.frames('dirty').at(-1)).toEqual({ type: 'dirty', dirty: false });
  });

  test('while an answer is owed, the flush is answered when the rest is on its way', async () => {
    const client = await page();
    server.losesAnswers = true;
    client.setVariable('a', 1);
    await pass(500);
    client.setVariable('b', 2);
    server.deliver({ type: 'flush', id: 'q' });
    expect(server.frames('flushed')).toHaveLength(0);
    server.losesAnswers = false;
    server.deliver(server.clients.get(client.clientId)!.answer!);
    expect(server.value('b')).toBe(2);
    expect(server.frames('flushed')).toHaveLength(1);
  });
});

describe('while a step runs', () => {
  test('what it reads is sent on Enter or blur only, or once it has ended', async () => {
    server.set('lr', 0.1);
    server.record(run('running'));
    const client = await page();
    client.setVariable('lr', 0.2);
    client.setVariable('other', 1);
    await pass(5000);
    expect(server.value('lr')).toBe(0.1);
    expect(server.value('other')).toBe(1);
    expect([...client.getState().held]).toEqual([['lr', 'train']]);
    expect(client.status.kind).toBe('waiting');
    await client.flush();
    expect(server.value('lr')).toBe(0.2);
    expect(client.getState().held.size).toBe(0);
    expect(client.status.kind).toBe('saved');
    client.setVariable('lr', 0.3);
    await pass(5000);
    expect(server.value('lr')).toBe(0.2);
    server.record(run('done'));
    await pass(1000);
    expect(server.value('lr')).toBe(0.3);
  });
});

describe('the end', () => {
  let fresh: FakeServer;

  /** A page whose session is deleted, and that gets another one of `fresh`. */
  async function deleted(): Promise<SessionClient> {
    fresh = new FakeServer();
    let at = server;
    const client = openPage(server, {
      replace: () => {
        at = fresh;
        return Promise.resolve({
          sessionId: 'new',
          meta: {
            lastSyncedAt: null,
            isDirty: false,
            revision: 0,
            epoch: '',
            name: null,
            paths: []
          }
        });
      }
    });
    await settle();
    server.open = () => (at === server ? FakeServer.prototype.open.call(server) : fresh.open());
    server.deliver({ type: 'deleted' });
    expect(client.status).toMatchObject({ kind: 'offline', end: 'gone' });
    return client;
  }

  test('a session that was deleted keeps what is shown; a new one takes what was pending', async () => {
    server.set('lr', 0.1);
    server.set('space', { a: 1, b: 2 });
    const client = await deleted();
    client.setVariable('n', 1);
    client.editVariable('space', { a: 1, b: 2 }, { a: 5, b: 2 });
    await pass(5000);
    expect(client.getVariable('lr')).toBe(0.1);
    await client.startAnew();
    await pass(1000);
    expect(client.status.kind).toBe('saved');
    expect(client.getState().refused).toEqual([]);
    expect([...fresh.rows].map(([name, row]) => [name, row.value])).toEqual([
      ['n', 1],
      ['space', { a: 5, b: 2 }]
    ]);
  });

  test('who types on, or looks again, is not told for a moment that it is there', async () => {
    server.set('lr', 0.1);
    const client = await deleted();
    server.why = 'gone';
    server.isUp = false;
    const ends = new Set<unknown>();
    client.subscribe(() => ends.add(client.status.end));
    client.setVariable('lr', 0.2);
    void client.flush();
    await pass(5000);
    expect([...ends]).toEqual(['gone']);
    expect(client.status.edits).toBe(1);
  });

  test('or all that is shown, declarations too, as one sees it', async () => {
    server.set('lr', 0.1);
    server.declare('lr', { schema: { maximum: 1 }, locked: true });
    server.set('space', { a: 1 });
    server.set('old', 0);
    const client = await deleted();
    client.editVariable('space', { a: 1 }, { a: 5 });
    client.deleteVariable('old');
    client.renameVariable('space', 'grid');
    fresh.refuses = op =>
      op.op === 'set' && fresh.rows.get(op.name)?.spec?.locked === true
        ? { code: 'locked', message: 'It is locked.' }
        : null;
    await client.startAnew(true);
    await pass(1000);
    expect(client.status.kind).toBe('saved');
    expect([...fresh.rows].map(([name, { value, spec }]) => [name, value, spec?.locked])).toEqual([
      ['lr', 0.1, true],
      ['grid', { a: 5 }, undefined]
    ]);
  });

  test('and what somebody wrote into the new one before is not overwritten', async () => {
    server.set('lr', 0.1);
    server.set('n', 1);
    server.set('same', 2);
    const client = await deleted();
    fresh.set('lr', 0.5);
    fresh.set('same', 2);
    await client.startAnew(true);
    await pass(1000);
    expect([fresh.value('lr'), fresh.value('n')]).toEqual([0.5, 1]);
    expect([...client.getState().conflicts.values()]).toMatchObject([
      { name: 'lr', mine: 0.1, theirs: 0.5, stands: 'theirs' }
    ]);
  });

  test('a reader is told so and cannot write', async () => {
    server.readOnly = true;
    const client = await page();
    expect(client.status.kind).toBe('readonly');
    expect(() => client.setVariable('n', 1)).toThrow('read-only');
  });
});

describe('what stays the same object', () => {
  test('a row that did not change, so that only one row is drawn again', async () => {
    server.set('a', 1);
    server.set('b', 2);
    const client = await page();
    const { variables } = client.getState();
    client.setVariable('a', 5);
    const next = client.getState().variables;
    expect(next.get('b')).toBe(variables.get('b'));
    expect(next.get('a')).not.toBe(variables.get('a'));
    client.setInvalid('b', 'x');
    expect(client.getState().variables).toBe(next);
  });
});

describe('a page that goes', () => {
  test('posts what was not sent under its own number, once, and nothing when all is saved', async () => {
    const posted: [string, MutateFrame][] = [];
    const client = await page({ post: (_, id, frame) => posted.push([id, frame]) });
    server.losesAnswers = true;
    client.setVariable('lr', 0.5);
    // It is hidden before it goes.
    client.leave();
    client.leave();
    expect(posted).toHaveLength(1);
    expect(posted[0]).toEqual([client.clientId, server.mutates[0]]);
    server.deliver(server.post(...posted[0]!));
    await settle();
    expect(client.status.kind).toBe('saved');
    client.leave();
    expect(posted).toHaveLength(1);
  });

  test('posts nothing while the server is away: its number may be another one by then', async () => {
    const post = vi.fn();
    const client = await page({ post });
    server.goDown();
    client.setVariable('lr', 0.5);
    client.leave();
    expect(post).not.toHaveBeenCalled();
  });

  test('that is back before its post hears how that fared', async () => {
    const late: [string, MutateFrame][] = [];
    const client = await page({ post: (_, id, frame) => late.push([id, frame]) });
    server.losesMutates = true;
    client.setVariable('lr', 0.5);
    client.leave();
    die(client);
    const next = openPage(server);
    // The new page has its welcome, and has sent the edit with a condition, when the post comes in.
    await settle();
    server.losesMutates = false;
    server.post(...late[0]!);
    server.receive(
      [...server.sockets][0]!,
      server.received.filter(text => text.includes('mutate')).at(-1)!
    );
    await pass(1000);
    expect(next.status).toMatchObject({ kind: 'saved', refused: 0, edits: 0 });
    expect(server.value('lr')).toBe(0.5);
    expect(server.revision).toBe(1);
  });
});
