/**
 * The steps of a notebook: what its cells declare, merged with what the session's runs say.
 */
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
}

export type StepState = 'fresh' | 'stale' | 'running' | 'failed' | 'interrupted' | 'new';

export interface StepView {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The cell that declares it, or null where only the session knows the step. */
  readonly cell: string | null;
  readonly state: StepState;
  /** Inputs that changed since the last good run. */
  readonly changed: readonly string[];
  /** Its outputs that are gone, or that somebody else has written since. */
  readonly lost: readonly string[];
  /** A step before it that is not fresh. */
  readonly before: string | null;
  readonly run: Run | null;
}

const STEP = /^(?:%%session\s+step\b|#\|\s*step:)(.*)$/;
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

function declared(cell: CellSource): StepCell | null {
  const first = (cell.source.trimStart().split('\n', 1)[0] ?? '').trim();
  const line = STEP.exec(first)?.[1];
  if (line === undefined) {
    return null;
  }
  const [name = '', ...rest] = optionWords(line);
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
    cell: cell.id
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

function lostOutputs(run: Run, rows: Rows): string[] {
  return (run.written ?? []).filter(name => {
    const row = rows.get(name);
    return row === undefined || (row.revision > (run.revision ?? 0) && row.origin.run !== run.id);
  });
}

function stateOf(step: Step | undefined, rows: Rows, touched: boolean): StepState {
  const [run, done] = [step?.run, step?.done];
  // A run that read other values has left the outputs alone, as if it had not been.
  const without = (state: StepState): StepState =>
    done && run && (run.status === 'refused' || changedInputs(run, rows).length > 0) && !touched
      ? standing(done)
      : state;
  const standing = (one: Run): StepState =>
    changedInputs(one, rows).length + lostOutputs(one, rows).length > 0 ? 'stale' : 'fresh';
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
      return standing(run as Run);
  }
}

/** The names that a step reads in the kernel, of those that another one leaves there. */
function takes(after: Step | undefined, before: Step | undefined): boolean {
  const left = new Set([...(before?.done?.left ?? []), ...(before?.outputs ?? [])]);
  return Object.keys(after?.done?.needs ?? {}).some(name => left.has(name));
}

/** Steps of the notebook in its order, then those that only the session knows. */
export function mergeSteps(
  cells: readonly StepCell[],
  known: ReadonlyMap<string, Step>,
  rows: Rows
): StepView[] {
  const all = [...known.values()];
  const view = (name: string, cell: StepCell | null): StepView => {
    const step = known.get(name);
    const read = all.some(other => other !== step && takes(other, step));
    return {
      name,
      inputs: cell && cell.inputs.length > 0 ? cell.inputs : (step?.inputs ?? []),
      outputs: cell && cell.outputs.length > 0 ? cell.outputs : (step?.outputs ?? []),
      cell: cell?.cell ?? null,
      state: stateOf(step, rows, read && step?.run?.status !== 'refused'),
      changed: step?.done ? changedInputs(step.done, rows) : [],
      lost: step?.done ? lostOutputs(step.done, rows) : [],
      before: null,
      run: step?.run ?? null
    };
  };
  const inNotebook = new Set(cells.map(cell => cell.name));
  const views = [
    ...cells.map(cell => view(cell.name, cell)),
    ...[...known.keys()].filter(name => !inNotebook.has(name)).map(name => view(name, null))
  ];
  return afterOthers(views, known);
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
    takes(known.get(after.name), known.get(before.name))
  );
}

/** Those that Run starts: whatever is neither fresh nor running already, each after those before it. */
export function stepsToRun(steps: readonly StepView[]): StepView[] {
  const due = steps.filter(step => step.state !== 'fresh' && step.state !== 'running');
  const ready: StepView[] = [];
  let waiting = due.filter(step => step.cell !== null);
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
