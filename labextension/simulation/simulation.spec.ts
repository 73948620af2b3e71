/**
 * Whatever happens to five clients, they are equal in the end, and nothing that was typed is lost.
 *
 * SIMULATION_SEED is the first seed, SIMULATION_SEEDS how many, SIMULATION_STEPS of how many steps each,
 * SIMULATION_FAULT a rule to break. tests/torture/test_simulation.py calls this.
 */
import { Authority } from './authority';
import { chanceOf, shrink } from './chance';
import { breakRule, type Fault } from './faults';
import { stepOf, type Step } from './step';
import { World } from './world';

const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
const FIRST = number('SIMULATION_SEED', 1);
const SEEDS = number('SIMULATION_SEEDS', 10);
const STEPS = number('SIMULATION_STEPS', 200);
const FAULT = (process.env.SIMULATION_FAULT ?? '') as Fault | '';
// Shrinking asks this often at most.
// A list of steps, to look at closely.
const REPLAY = process.env.SIMULATION_REPLAY;
const TRIES = number('SIMULATION_TRIES', 150);

let world: World | null = null;
let server: Authority;
const figures = { steps: 0, typed: 0, patches: 0 };

beforeAll(() => {
  server = new Authority(said => world?.said(said));
});

afterAll(() => server.close());

/** @returns what is wrong at the end of one life of the world */
async function play(seed: number, steps: readonly Step[]): Promise<string[]> {
  vi.useFakeTimers({
    now: 1_700_000_000_000,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date']
  });
  const chance = chanceOf(~seed);
  vi.spyOn(Math, 'random').mockImplementation(chance);
  vi.spyOn(crypto, 'getRandomValues').mockImplementation(bytes => {
    (bytes as unknown as Uint8Array).forEach(
      (_, at, all) => (all[at] = Math.floor(chance() * 256))
    );
    return bytes;
  });
  world = new World(server, FAULT);
  breakRule(FAULT);
  try {
    await world.begin();
    for (const step of steps) {
      await world.take(step);
    }
    const wrong = await world.end();
    figures.typed += world.ledger.size;
    figures.patches += world.patches;
    return wrong;
  } catch (error) {
    return [String(error)];
  } finally {
    world.dispose();
    vi.useRealTimers();
    vi.restoreAllMocks();
  }
}

/** Shrinking must not come upon something else. */
function kindOf(wrong: readonly string[]): string {
  return (wrong[0] ?? '').replace(/[\dt]+/g, '').slice(0, 24);
}

test('clients are equal in the end, and nothing typed is lost', async () => {
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    const chance = chanceOf(seed);
    const steps = Array.from({ length: STEPS }, () => stepOf(chance));
    const wrong = await play(seed, REPLAY === undefined ? steps : (JSON.parse(REPLAY) as Step[]));
    if (wrong.length > 0) {
      const alike = async (some: readonly Step[]): Promise<boolean> =>
        kindOf(await play(seed, some)) === kindOf(wrong);
      const fewer = await shrink(steps, alike, TRIES);
      const told = fewer.map(step => JSON.stringify(step)).join('\n  ');
      const first = wrong.join('\n');
      const last = (await play(seed, fewer)).join('\n');
      throw new Error(
        `SIMULATION_SEED=${seed} SIMULATION_SEEDS=1 SIMULATION_STEPS=${STEPS}:\n${first}\n\n` +
          `Of ${STEPS} steps these ${fewer.length} will do:\n  ${told}\n${last}`
      );
    }
    figures.steps += steps.length;
  }
  console.warn(`SIMULATION ${JSON.stringify({ seeds: SEEDS, ...figures })}`);
});
