/** The scenarios of the channel that the kernel's tests replay too, against the panel's client. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Channel, type Socket } from '../channel';
import { SessionClient } from '../client';
import { canonicalJson, parseJson, stringifyJson, type Json } from '../json';
import { Drafts } from '../drafts';
import { Memory } from '../memory';
import { Shelf } from '../shelf';
import { settle } from './fakeserver';

type Frame = { [key: string]: Json };
type Step = { [what: string]: Json };
interface Golden {
  client: string;
  scenarios: { case: string; steps: Step[] }[];
}
const golden = parseJson(
  readFileSync(join('tests', 'frames', 'replica.json'), 'utf8')
) as unknown as Golden;
const { scenarios } = golden;

class Line implements Socket {
  onopen: Socket['onopen'] = null;
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  onerror: Socket['onerror'] = null;

  constructor(private readonly sent: Frame[]) {}

  send(text: string): void {
    this.sent.push(parseJson(text) as Frame);
  }

  close(): void {
    this.onmessage = null;
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function complete(frame: Frame, client: string): Frame {
  const origin = { kind: 'panel' };
  const whole = ((): Frame => {
    switch (frame.type) {
      case 'welcome': {
        const meta = {
          lastSyncedAt: null,
          isDirty: false,
          revision: 0,
          epoch: 'e',
          name: null,
          paths: []
        };
        const rows = ((frame.variables ?? []) as Frame[]).map(row => ({
          updatedAt: 1,
          origin,
          ...row
        }));
        return {
          session: 's',
          epoch: 'e',
          meta,
          steps: [],
          readOnly: false,
          ...frame,
          variables: rows
        };
      }
      case 'change':
        return { at: 1, origin, ...frame };
      default:
        return { at: 1, ...frame };
    }
  })();
  return whole.client === golden.client ? { ...whole, client } : whole;
}

test.each(scenarios.map(each => [each.case, each] as const))('%s', async (_, { steps }) => {
  let sent: Frame[] = [];
  let line: Line | undefined;
  const shelf = new Shelf(localStorage, 'http://lab/', 'ada');
  const client = new SessionClient({
    sessionId: 's',
    tab: 'tab1',
    life: 'life1',
    shelf,
    memory: new Memory(shelf, null, 's'),
    drafts: new Drafts(shelf, 's', 'tab1'),
    pace: () => ({ debounce: 500, maxWait: 2000 }),
    connect: rest =>
      new Channel({
        ...rest,
        open: () => (line = new Line(sent)),
        why: () => Promise.resolve('unreachable')
      })
  });
  const doStep = async (what: string, given: Json): Promise<void> => {
    const state = client.getState();
    switch (what) {
      case 'open':
        client.connect();
        await settle();
        line!.onopen?.(undefined as never);
        break;
      case 'lost':
        line!.onclose?.({ code: 1006, reason: '' } as never);
        break;
      case 'away':
        vi.setSystemTime(Date.now() + 1000 * (given as number));
        break;
      case 'receive':
        line!.onmessage?.({ data: stringifyJson(complete(given as Frame, client.clientId)) });
        break;
      case 'edit': {
        const {
          name,
          value = null,
          members,
          deleted
        } = given as { name: string; value?: Json; members?: boolean; deleted?: boolean };
        if (deleted === true) {
          client.deleteVariable(name);
        } else if (members === true) {
          client.editVariable(name, client.getVariable(name)!, value);
        } else {
          client.setVariable(name, value);
        }
        break;
      }
      case 'due':
        await vi.advanceTimersByTimeAsync(500);
        break;
      case 'again':
        await vi.advanceTimersByTimeAsync(1500);
        break;
      case 'waits':
        expect(state.status.waits).toBe(given);
        break;
      case 'sent': {
        const told = sent
          .filter(frame => frame.type === 'hello' || frame.type === 'mutate')
          .map((frame, i) => {
            const wanted = (given as Frame[])[i];
            const { base, origin, ...rest } = frame;
            expect(frame.type === 'hello' || origin !== undefined).toBe(true);
            const said = wanted !== undefined && 'base' in wanted ? { base, ...rest } : rest;
            return 'client' in said ? { ...said, client: golden.client } : said;
          });
        expect(told.map(frame => canonicalJson(frame as Json))).toEqual(
          (given as Frame[]).map(frame => canonicalJson(frame))
        );
        sent.length = 0;
        break;
      }
      case 'view':
        expect(
          canonicalJson(
            Object.fromEntries([...state.variables].map(([name, row]) => [name, row.value]))
          )
        ).toBe(canonicalJson(given));
        break;
      case 'pending':
        expect([...state.variables.values()].filter(row => row.pending)).toHaveLength(
          given as number
        );
        expect(state.meta.isDirty).toBe(given !== 0);
        break;
      case 'refused': {
        const conflicts = [...state.conflicts.values()].map(({ name, mine = null }) => ({
          name,
          value: mine,
          code: 'conflict'
        }));
        const others = state.refused.map(({ edit, code }) => ({
          name: edit.op.name,
          value: edit.whole?.mine ?? (edit.op.op === 'set' ? edit.op.value : null),
          code
        }));
        expect(canonicalJson([...conflicts, ...others])).toBe(canonicalJson(given));
        break;
      }
      case 'conflicts':
        expect([...state.conflicts.keys()]).toEqual(given);
        break;
      default:
        throw new Error(`What is ${what}?`);
    }
  };
  for (const step of steps) {
    for (const [what, given] of Object.entries(step)) {
      if (what !== 'panel') {
        await doStep(what, what === 'sent' && step.panel !== undefined ? step.panel : given);
      }
    }
  }
  sent = [];
  client.dispose();
});
