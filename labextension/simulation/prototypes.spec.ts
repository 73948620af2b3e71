/**
 * Names and members called __proto__, constructor and the like: what the server makes of merges is read here byte for
 * byte the same, whichever way it comes, and no object of the page is touched. SIMULATION_PROTOTYPES is a file that
 * tests/torture/test_prototypes.py wrote: one line a change, with its frame and the state after it.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

import { canonicalJson, parseJson, stringifyJson, type Json } from '../src/json';
import type { Welcome } from '../src/frames';
import type { Change, Rows } from '../src/model';
import { nameProblem } from '../src/names';
import { Outbox } from '../src/outbox';
import { Replica, UNKNOWN_META } from '../src/replica';

interface Line {
  frame: string;
  welcome: string | null;
  rows: { [name: string]: [text: string, canonical: string] };
}

const before = shapes();

/** Everything that an object has without having it. */
function shapes(): string {
  return [Object, Array, Function, Map, String, Number]
    .map(kind =>
      Reflect.ownKeys(kind.prototype as object)
        .map(String)
        .join()
    )
    .join(';');
}

function told(rows: Rows): [string, string, string][] {
  return [...rows.values()]
    .map(({ name, value }): [string, string, string] => [
      name,
      stringifyJson(value),
      canonicalJson(value)
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** What an outbox reads back of what it wrote down. */
function kept(value: Json): string {
  const items = new Map<string, string>();
  const storage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, text: string) => items.set(key, text)
  } as unknown as Storage;
  const make = (): Outbox =>
    new Outbox({
      storage,
      key: 'outbox',
      life: 'life',
      send: () => false,
      onAck: () => undefined,
      onRefused: () => undefined,
      onGap: () => undefined
    });
  make().add({ op: 'set', name: 'constructor', value }, 0, new Map(), 0);
  const [edit] = make().pending;
  return edit?.op.op === 'set' ? stringifyJson(edit.op.value) : '';
}

test('server and client are byte-equal, and nothing is polluted', async () => {
  const lines = createInterface({ input: createReadStream(process.env.SIMULATION_PROTOTYPES!) });
  const live = new Replica(UNKNOWN_META);
  let resumed = new Replica(UNKNOWN_META);
  let count = 0;
  for await (const text of lines) {
    // Not by the code that is looked at.
    const { frame, welcome, rows } = JSON.parse(text) as Line;
    const expected = Object.entries(rows)
      .map(([name, [exact, canonical]]) => [name, exact, canonical])
      .sort(([a], [b]) => (a! < b! ? -1 : 1));
    const change = parseJson(frame) as unknown as Change;
    live.change(change);
    expect(told(live.rows)).toEqual(expected);
    if (welcome !== null) {
      resumed = new Replica(UNKNOWN_META);
      resumed.welcome(parseJson(welcome) as unknown as Welcome);
      expect(told(resumed.rows)).toEqual(expected);
      for (const row of resumed.rows.values()) {
        expect(kept(row.value)).toBe(stringifyJson(row.value));
      }
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    count++;
  }
  expect(count).toBeGreaterThan(0);
  expect(shapes()).toBe(before);
  expect(nameProblem('__proto__')).not.toBeNull();
  expect(nameProblem('constructor')).toBeNull();
});

test('a merge by assignment would be found out', () => {
  const assign = (target: Record<string, unknown>, patch: Record<string, unknown>): void => {
    for (const [key, value] of Object.entries(patch)) {
      if (typeof value === 'object' && typeof target[key] === 'object') {
        assign(target[key] as Record<string, unknown>, value as Record<string, unknown>);
      } else {
        target[key] = value;
      }
    }
  };
  try {
    assign({}, JSON.parse('{"__proto__":{"polluted":1}}') as Record<string, unknown>);
    expect(({} as Record<string, unknown>).polluted).toBe(1);
    expect(shapes()).not.toBe(before);
  } finally {
    delete (Object.prototype as unknown as Record<string, unknown>).polluted;
  }
});
