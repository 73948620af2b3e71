/**
 * Which step comes before which: by what they read, write, and leave in the kernel; as stepgraph.py says it.
 */
import type { Run } from './model';

/** What is known of one step. */
export interface Known {
  readonly name: string;
  /** Variables. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Its last run that ended well. */
  readonly done: Run | null;
}

/** One step before another, and because of which names. */
export interface Edge {
  readonly before: string;
  readonly after: string;
  readonly variables: readonly string[];
  /** Names that stay in the kernel. */
  readonly names: readonly string[];
}

/** Steps that wait for one another, so that none can be the first. */
export interface Circle {
  /** One way round, its first step at both ends. */
  readonly way: readonly string[];
  /** All of them. */
  readonly steps: ReadonlySet<string>;
}

export class StepGraph {
  /** `steps` in the order in which the notebook has them. */
  constructor(private readonly steps: readonly Known[]) {
    this.edges = edgesOf(steps);
    for (const { name } of steps) {
      this._before.set(
        name,
        this.edges.filter(edge => edge.after === name)
      );
    }
  }

  readonly edges: readonly Edge[];

  /** The edges that end at a step. */
  before(name: string): readonly Edge[] {
    return this._before.get(name) ?? [];
  }

  /** These steps and all that come before them. */
  upstream(names: Iterable<string>): Set<string> {
    return reached(names, name => this.before(name).map(edge => edge.before));
  }

  /** These steps and all that come after them. */
  downstream(names: Iterable<string>): Set<string> {
    return reached(names, name =>
      this.edges.filter(edge => edge.before === name).map(edge => edge.after)
    );
  }

  /** Every step after those that it reads from; else, and round a circle, as the notebook has them. */
  order(): string[] {
    const order: string[] = [];
    let waiting = this.steps.map(step => step.name);
    while (waiting.length > 0) {
      const left = new Set(waiting);
      const isReady = (name: string): boolean => !this.before(name).some(e => left.has(e.before));
      const next = waiting.find(isReady) ?? this._ofCircle(waiting);
      order.push(next);
      waiting = waiting.filter(name => name !== next);
    }
    return order;
  }

  /** Those that wait for one another, group by group. */
  circles(): Circle[] {
    const before = new Map(
      this.steps.map(({ name }) => [
        name,
        this.upstream(this.before(name).map(edge => edge.before))
      ])
    );
    const found: Circle[] = [];
    for (const [name, all] of before) {
      if (all.has(name) && !found.some(circle => circle.steps.has(name))) {
        const steps = new Set([...all].filter(other => before.get(other)?.has(name)));
        found.push({ way: this._wayRound(name, steps), steps });
      }
    }
    return found;
  }

  /** One of a circle that waits for nothing but itself: what waits for it has more before it. */
  private _ofCircle(waiting: readonly string[]): string {
    const count = (name: string): number => {
      const before = this.upstream([name]);
      return waiting.filter(other => before.has(other)).length;
    };
    return waiting.reduce((least, name) => (count(name) < count(least) ? name : least));
  }

  /** From a step of a circle, by its edges, the shortest way back to it. */
  private _wayRound(first: string, steps: ReadonlySet<string>): string[] {
    const ways = [[first]];
    for (const way of ways) {
      const here = way[way.length - 1];
      for (const { after } of this.edges.filter(edge => edge.before === here)) {
        if (after === first) {
          return [...way, first];
        }
        if (steps.has(after) && !ways.some(other => other.includes(after))) {
          ways.push([...way, after]);
        }
      }
    }
    return [first];
  }

  private readonly _before = new Map<string, readonly Edge[]>();
}

interface Growing {
  before: string;
  after: string;
  variables: string[];
  names: string[];
}

function edgesOf(steps: readonly Known[]): Edge[] {
  const found: Growing[] = [];
  for (const after of steps) {
    for (const before of steps) {
      const variables = after.inputs.filter(name => before.outputs.includes(name));
      if (variables.length > 0 && before !== after) {
        found.push({ before: before.name, after: after.name, variables, names: [] });
      }
    }
  }
  const follow = (from: string): string[] =>
    found.filter(edge => edge.before === from).map(edge => edge.after);
  for (const { name: after, ...reader } of steps) {
    for (const name of needsOf(reader)) {
      const before = leaverOf(name, after, steps);
      // A name in the kernel never closes a circle.
      if (before === null || reached([after], follow).has(before)) {
        continue;
      }
      const edge = found.find(each => each.before === before && each.after === after);
      if (edge === undefined) {
        found.push({ before, after, variables: [], names: [name] });
      } else {
        edge.names.push(name);
      }
    }
  }
  return found;
}

/** The names that it read in the kernel when it ran last. */
function needsOf({ inputs, done }: Omit<Known, 'name'>): string[] {
  return Object.keys(done?.needs ?? {})
    .filter(name => !inputs.includes(name))
    .sort();
}

/** The step whose `name` another one reads; of several that leave it the likeliest. */
function leaverOf(name: string, reader: string, steps: readonly Known[]): string | null {
  const leavers = steps.filter(
    step =>
      step.name !== reader &&
      (step.outputs.includes(name) || step.done?.left?.includes(name) === true)
  );
  const at = steps.findIndex(step => step.name === reader);
  const read = steps[at]?.done?.needs?.[name] ?? '';
  const told = leavers.find(({ done }) => read !== '' && done?.fingerprint === read);
  const earlier = leavers.filter(step => steps.indexOf(step) < at);
  return (told ?? earlier[earlier.length - 1] ?? leavers[0])?.name ?? null;
}

function reached(start: Iterable<string>, next: (name: string) => readonly string[]): Set<string> {
  const found = new Set<string>();
  const waiting = [...start];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (!found.has(name)) {
      found.add(name);
      waiting.push(...next(name));
    }
  }
  return found;
}
