/**
 * The steps of a notebook: what its cells declare, merged with what the session's runs say.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

import { alikeJson } from './json';
import type { Rows, Run, Step } from './model';

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

/** The inputs of a run whose variables no longer hold what it read; 1 and 1.0 are alike. */
export function changedInputs(run: Run, rows: Rows): string[] {
  return Object.entries(run.inputs ?? {})
    .filter(([name, read]) => {
      const row = rows.get(name);
      if (row === undefined) {
        return true;
      }
      // A step may write what it has read.
      if (row.revision === read.revision || row.origin.run === run.id) {
        return false;
      }
      // A large input is known by its hash only: another revision counts as another value.
      return read.value === undefined || !alikeJson(row.value, read.value);
    })
    .map(([name]) => name);
}

/** What the cell declares counts; without one, what the run did. */
function lostOutputs(run: Run, rows: Rows, outputs: readonly string[]): string[] {
  return outputs.filter(name => {
    if (!(run.written ?? []).includes(name)) {
      // What cannot be stored stays in the kernel; what it did not promise then is still to be made.
      return !(run.outputs ?? []).includes(name);
    }
    const row = rows.get(name);
    return row === undefined || (row.revision > (run.revision ?? 0) && row.origin.run !== run.id);
  });
}

/** Inputs that a cell declares, that are there, and that the run did not have. */
function newInputs(run: Run, rows: Rows, cell: StepCell | null): string[] {
  return (cell?.inputs ?? []).filter(name => !(name in (run.inputs ?? {})) && rows.has(name));
}

/** Why a run's results do not count any more. */
interface Aged {
  changed: string[];
  lost: string[];
  edited: boolean;
}

function aged(run: Run, rows: Rows, cell: StepCell | null): Aged {
  return {
    changed: [...changedInputs(run, rows), ...newInputs(run, rows, cell)],
    lost: lostOutputs(run, rows, cell?.outputs ?? run.outputs ?? []),
    edited: cell !== null && run.source !== '' && cell.body !== run.source
  };
}

function standing(run: Run, rows: Rows, cell: StepCell | null): StepState {
  const { changed, lost, edited } = aged(run, rows, cell);
  return edited || changed.length + lost.length > 0 ? 'stale' : 'fresh';
}

function stateOf(
  step: Step | undefined,
  rows: Rows,
  cell: StepCell | null,
  touched: boolean
): StepState {
  const [run, done] = [step?.run, step?.done];
  // A run that read other values has left the outputs alone, as if it had not been.
  const without = (state: StepState): StepState =>
    done && run && (run.status === 'refused' || changedInputs(run, rows).length > 0) && !touched
      ? standing(done, rows, cell)
      : state;
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
      return standing(run as Run, rows, cell);
  }
}

/** The names that a step reads in the kernel, of those that another one leaves there. */
function taken(after: Step | undefined, before: Step | undefined): string[] {
  const left = new Set([...(before?.done?.left ?? []), ...(before?.outputs ?? [])]);
  return Object.keys(after?.done?.needs ?? {}).filter(name => left.has(name));
}

/**
 * Steps of the notebook in its order, then those that only the session knows.
 *
 * @param kernel the id of the kernel that runs the notebook, or null where that is not known. What a step left in
 * another one is not there any more: *needs this kernel*. A kernel that was restarted keeps its id: that it has lost
 * its names, only itself can tell.
 */
export function mergeSteps(
  cells: readonly StepCell[],
  known: ReadonlyMap<string, Step>,
  rows: Rows,
  kernel: string | null = null
): StepView[] {
  const all = [...known.values()];
  const view = (name: string, cell: StepCell | null): StepView => {
    const step = known.get(name);
    const read = all.some(other => other !== step && taken(other, step).length > 0);
    const outputs = cell?.outputs ?? step?.outputs ?? [];
    const { changed, lost, edited } = step?.done
      ? aged(step.done, rows, cell)
      : { changed: [], lost: [], edited: false };
    return {
      name,
      inputs: cell && cell.inputs.length > 0 ? cell.inputs : (step?.inputs ?? []),
      outputs,
      cell: cell?.cell ?? null,
      state: stateOf(step, rows, cell, read && step?.run?.status !== 'refused'),
      changed,
      lost,
      edited,
      kernelOnly: [],
      before: null,
      run: step?.run ?? null
    };
  };
  const inNotebook = new Set(cells.map(cell => cell.name));
  const views = [
    ...cells.map(cell => view(cell.name, cell)),
    ...[...known.keys()].filter(name => !inNotebook.has(name)).map(name => view(name, null))
  ];
  return afterOthers(views, known).map(step => {
    if (step.state !== 'fresh') {
      return step;
    }
    return isElsewhere(step, known, kernel)
      ? { ...step, state: 'needs-kernel' }
      : { ...step, kernelOnly: unstored(step, known.get(step.name)?.done) };
  });
}

/** What its run could not store. */
function unstored(view: StepView, done: Run | null | undefined): string[] {
  const written = done?.written ?? [];
  return view.outputs.filter(name => !written.includes(name));
}

/** Whether what it left in a kernel, and what is needed of that, is in another one. */
function isElsewhere(
  view: StepView,
  known: ReadonlyMap<string, Step>,
  kernel: string | null
): boolean {
  const step = known.get(view.name);
  const done = step?.done;
  if (kernel === null || !done || (done.kernel ?? kernel) === kernel) {
    return false;
  }
  return (
    unstored(view, done).length > 0 ||
    [...known.values()].some(o => o !== step && taken(o, step).length > 0)
  );
}

/** A step is stale while one before it is not fresh. */
function afterOthers(views: StepView[], known: ReadonlyMap<string, Step>): StepView[] {
  const now = new Map(views.map(view => [view.name, view]));
  for (let moved = true; moved;) {
    moved = false;
    for (const view of now.values()) {
      const before = [...now.values()].find(
        other => other !== view && other.state !== 'fresh' && follows(view, other, known)
      );
      if (view.before === null && before !== undefined) {
        const state = view.state === 'fresh' ? 'stale' : view.state;
        now.set(view.name, { ...view, state, before: before.name });
        moved = true;
      }
    }
  }
  return [...now.values()];
}

function follows(after: StepView, before: StepView, known: ReadonlyMap<string, Step>): boolean {
  return (
    after.inputs.some(name => before.outputs.includes(name)) ||
    taken(known.get(after.name), known.get(before.name)).length > 0
  );
}

/** Those that Run starts: whatever is neither fresh nor running already, each after those before it. */
export function stepsToRun(steps: readonly StepView[]): StepView[] {
  return inOrder(steps.filter(step => step.state !== 'fresh' && step.state !== 'running'));
}

/** Those that a cell declares, each after those before it. */
export function inOrder(steps: readonly StepView[]): StepView[] {
  const ready: StepView[] = [];
  let waiting = steps.filter(step => step.cell !== null);
  while (waiting.length > 0) {
    const next = waiting.find(
      step =>
        !waiting.some(
          other => other !== step && other.outputs.some(name => step.inputs.includes(name))
        )
    );
    // In a circle none is the first.
    const first = next ?? waiting[0]!;
    ready.push(first);
    waiting = waiting.filter(step => step !== first);
  }
  return ready;
}
