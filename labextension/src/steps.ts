/**
 * The steps of a notebook: what its cells declare, merged with what the session's runs say.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

import {
  aged,
  changedInputs,
  isOther,
  kernelOnly,
  unwritten,
  type Declared,
  type Newer
} from './freshness';
import type { Rows, Run, Step } from './model';
import { StepGraph, type Circle } from './stepgraph';

export interface CellSource {
  id: string;
  source: string;
}

/** A step as a cell declares it. */
export interface StepCell {
  name: string;
  inputs: string[];
  outputs: string[];
  cell: string;
  /** The hash of its body, as a run's record has it. */
  body: string;
}

export type StepState =
  'fresh' | 'stale' | 'running' | 'failed' | 'interrupted' | 'new' | 'needs-kernel';

export interface StepView {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The cell that declares it, or null where only the session knows the step. */
  readonly cell: string | null;
  readonly state: StepState;
  /** Inputs that changed since the last good run. */
  readonly changed: readonly string[];
  /** Its outputs that are gone, that somebody else has written since, or that it has not made yet. */
  readonly lost: readonly string[];
  /** Its cell is not what ran last. */
  readonly edited: boolean;
  /** Of one that is fresh: outputs that could not be stored, so that they are in the kernel only. */
  readonly kernelOnly: readonly string[];
  /** A step before it that is not fresh. */
  readonly before: string | null;
  readonly run: Run | null;
  /** The latest run that ended well. */
  readonly done: Run | null;
}

const MAGIC = /^%%session\s+step\b(.*)$/;
const COMMENT = /^#[ \t]*\|[ \t]*step:(.*)$/;
const SIGNATURE = /^([^\s()]+)\s*(?:\(([^()]*)\))?\s*(?:->\s*(.*))?$/;

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter(word => word !== '');
}

/** `train(lr, epochs) -> loss` in the words of options; a line of options as it is. */
function optionWords(line: string): string[] {
  const begins = line.search(/(^|\s)--[A-Za-z]/);
  const head = (begins < 0 ? line : line.slice(0, begins)).trim();
  const options = words((begins < 0 ? '' : line.slice(begins)).replace(/(--\w+)=/g, '$1 '));
  const signature = /->|\(/.test(head) ? SIGNATURE.exec(head) : null;
  if (signature === null) {
    return [...words(head), ...options];
  }
  const [, name = '', inputs = '', outputs = ''] = signature;
  return [name, '--in', ...words(inputs), '--out', ...words(outputs), ...options];
}

/** Hashes are asked for at each keystroke in a notebook, and few bodies have changed since. */
const hashes = new Map<string, string>();

function sourceHash(body: string): string {
  let hash = hashes.get(body);
  if (hash === undefined) {
    if (hashes.size > 1000) {
      hashes.clear();
    }
    hash = 'sha256:' + bytesToHex(sha256(utf8ToBytes(body)));
    hashes.set(body, hash);
  }
  return hash;
}

/** What the line says that makes a cell a step, and what follows it: the first line, or one of the comments it begins with. */
function stepLine(source: string): { line: string; body: string } | null {
  let commented = false;
  for (let start = 0; start <= source.length;) {
    const found = source.indexOf('\n', start);
    const end = found < 0 ? source.length : found;
    const text = source.slice(start, end).trim();
    const line = COMMENT.exec(text)?.[1] ?? (commented ? undefined : MAGIC.exec(text)?.[1]);
    if (line !== undefined) {
      return { line, body: source.slice(end + 1) };
    }
    if (text !== '' && !text.startsWith('#')) {
      return null;
    }
    commented ||= text !== '';
    start = end + 1;
  }
  return null;
}

function declared(cell: CellSource): StepCell | null {
  const step = stepLine(cell.source);
  if (step === null) {
    return null;
  }
  const [name = '', ...rest] = optionWords(step.line);
  if (name === '' || name.startsWith('-')) {
    return null;
  }
  const listed = new Map<string, string[]>();
  let option = '';
  for (const word of rest) {
    if (word.startsWith('--')) {
      option = word;
    } else {
      listed.set(option, [...(listed.get(option) ?? []), word]);
    }
  }
  return {
    name,
    inputs: listed.get('--in') ?? [],
    outputs: listed.get('--out') ?? [],
    cell: cell.id,
    body: sourceHash(step.body)
  };
}

/** The steps that cells declare, in notebook order; of two cells with one name the first counts. */
export function scanCells(cells: readonly CellSource[]): StepCell[] {
  const found = new Map<string, StepCell>();
  for (const cell of cells) {
    const step = declared(cell);
    if (step !== null && !found.has(step.name)) {
      found.set(step.name, step);
    }
  }
  return [...found.values()];
}

/** What is to be judged, beside cells and runs. */
interface Here {
  readonly rows: Rows;
  readonly newer: Newer;
}

function standing(run: Run, { rows, newer }: Here, declared: Declared): StepState {
  const { changed, lost, edited } = aged(run, rows, newer, declared);
  return edited || changed.length + lost.length > 0 ? 'stale' : 'fresh';
}

/** `touched`: a run that fails may have changed what is in the kernel. */
function stateOf(
  step: Step | undefined,
  here: Here,
  declared: Declared,
  touched: boolean
): StepState {
  const [run, done] = [step?.run, step?.done];
  // A run that read other values has left the outputs alone, as if it had not been.
  const isOver = (run: Run): boolean =>
    run.status === 'refused' || (!touched && changedInputs(run, here.rows, here.newer).length > 0);
  const without = (state: StepState): StepState =>
    done && run && isOver(run) ? standing(done, here, declared) : state;
  switch (run?.status) {
    case undefined:
      return 'new';
    case 'running':
      return 'running';
    case 'interrupted':
      return without('interrupted');
    case 'failed':
    case 'refused':
      return without('failed');
    default:
      return standing(run as Run, here, declared);
  }
}

/**
 * Steps of the notebook in its order, then those that only the session knows.
 *
 * @param kernel the id of the kernel that runs the notebook, or null where that is not known. What a step left in
 * another one is not there any more: *needs this kernel*.
 * @param life which process of that kernel it is, or null where that is not known. A kernel that was restarted keeps its
 * id, and has lost its names.
 */
export function mergeSteps(
  cells: readonly StepCell[],
  known: ReadonlyMap<string, Step>,
  rows: Rows,
  kernel: string | null = null,
  life: string | null = null
): StepView[] {
  const here = { rows, newer: kernelOnly(known.values(), rows) };
  const inNotebook = new Set(cells.map(cell => cell.name));
  const bare = [
    ...cells.map(cell => bareView(cell.name, cell, known.get(cell.name))),
    ...[...known.keys()]
      .filter(name => !inNotebook.has(name))
      .map(name => bareView(name, null, known.get(name)))
  ];
  const graph = new StepGraph(bare);
  const isRead = (name: string): boolean =>
    graph.edges.some(edge => edge.before === name && edge.names.length > 0);
  const bodies = new Map(cells.map(cell => [cell.name, cell]));
  const views = bare.map((view): StepView => {
    const { name, done, outputs } = view;
    const cell = bodies.get(name) ?? null;
    const declared = { inputs: cell?.inputs ?? [], outputs, body: cell?.body ?? null };
    const touched = isRead(name) || heldOf(view).length > 0;
    const state = stateOf(known.get(name), here, declared, touched);
    return { ...view, state, ...(done === null ? {} : aged(done, rows, here.newer, declared)) };
  });
  return afterOthers(views, graph).map(step => {
    if (step.state !== 'fresh') {
      return step;
    }
    const held = heldOf(step);
    const isNeeded = held.length > 0 || isRead(step.name);
    return isNeeded && isElsewhere(step.done, kernel, life)
      ? { ...step, state: 'needs-kernel' }
      : { ...step, kernelOnly: held };
  });
}

/** What cell and runs say of a step, before anything is judged. */
function bareView(name: string, cell: StepCell | null, step: Step | undefined): StepView {
  const done = step?.done ?? null;
  const declared = cell && cell.inputs.length > 0 ? cell.inputs : (step?.inputs ?? []);
  return {
    name,
    inputs: [...new Set([...declared, ...Object.keys(done?.inputs ?? {})])],
    outputs: cell?.outputs ?? step?.outputs ?? [],
    cell: cell?.cell ?? null,
    state: 'new',
    changed: [],
    lost: [],
    edited: false,
    kernelOnly: [],
    before: null,
    run: step?.run ?? null,
    done
  };
}

/** What its last good run could not store. */
function heldOf({ done, outputs }: StepView): string[] {
  return done === null ? [] : unwritten(done).filter(name => outputs.includes(name));
}

/** Whether what a run left in a kernel is in another one, or was in an earlier life of this one. */
function isElsewhere(done: Run | null, kernel: string | null, life: string | null): boolean {
  if (kernel === null || done?.kernel === undefined) {
    return false;
  }
  const isRestarted = life !== null && done.life !== undefined && done.life !== life;
  return done.kernel !== kernel || isRestarted;
}

/** A step is stale while one before it is not fresh, or has left a name in the kernel anew. */
function afterOthers(views: StepView[], graph: StepGraph): StepView[] {
  const now = new Map(views.map(view => [view.name, view]));
  const isLeftAnew = (name: string, view: StepView, other: StepView): boolean =>
    other.done !== null && isOther(view.done?.needs?.[name] ?? '', other.done);
  for (let moved = true; moved;) {
    moved = false;
    for (const view of now.values()) {
      const others = graph.before(view.name).map(edge => ({ edge, other: now.get(edge.before)! }));
      const before = others.find(({ other }) => other.state !== 'fresh')?.other;
      const state = view.state === 'fresh' ? 'stale' : view.state;
      if (view.before === null && before !== undefined) {
        now.set(view.name, { ...view, state, before: before.name });
        moved = true;
        continue;
      }
      const anew = others.flatMap(({ edge, other }) =>
        edge.names.filter(name => isLeftAnew(name, view, other))
      );
      if (view.state === 'fresh' && anew.length > 0) {
        now.set(view.name, { ...view, state, changed: anew });
        moved = true;
      }
    }
  }
  return [...now.values()];
}

/** Steps that wait for one another: none of them can be the first. */
export function circlesOf(steps: readonly StepView[]): Circle[] {
  return new StepGraph(steps).circles();
}

/** The steps of a circle and those after it: nothing but a run of one by itself starts them. */
export function stuckIn(circle: Circle, steps: readonly StepView[]): string[] {
  const stuck = new StepGraph(steps).downstream(circle.steps);
  return steps.filter(step => stuck.has(step.name)).map(step => step.name);
}

/** Those that Run starts: whatever is neither fresh nor running already, each after those before it. */
export function stepsToRun(steps: readonly StepView[]): StepView[] {
  const isFresh = new Map(steps.map(step => [step.name, step.state === 'fresh']));
  // A circle of which all is fresh is in nobody's way.
  const circles = circlesOf(steps).filter(({ steps }) => [...steps].some(n => !isFresh.get(n)));
  return inOrder(steps, circles).filter(step => step.state !== 'fresh' && step.state !== 'running');
}

/** Those that a cell declares, each after those before it; without circles and what comes after them. */
export function inOrder(
  steps: readonly StepView[],
  circles: readonly Circle[] = circlesOf(steps)
): StepView[] {
  const graph = new StepGraph(steps);
  const stuck = graph.downstream(circles.flatMap(circle => [...circle.steps]));
  const byName = new Map(steps.map(step => [step.name, step]));
  return graph
    .order()
    .filter(name => !stuck.has(name))
    .map(name => byName.get(name)!)
    .filter(step => step.cell !== null);
}
