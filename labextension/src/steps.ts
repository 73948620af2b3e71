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
  readonly run: Run | null;
}

const MAGIC = /^%%session\s+step\s+(.+)$/;
const COMMENT = /^#\|\s*step:\s*([^\s(]+)\s*\(([^)]*)\)\s*(?:->\s*(.*))?$/;

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter(word => word !== '');
}

function declared(cell: CellSource): StepCell | null {
  const first = (cell.source.trimStart().split('\n', 1)[0] ?? '').trim();
  const comment = COMMENT.exec(first);
  if (comment !== null) {
    const [, name = '', inputs = '', outputs = ''] = comment;
    return { name, inputs: words(inputs), outputs: words(outputs), cell: cell.id };
  }
  const magic = MAGIC.exec(first);
  if (magic === null) {
    return null;
  }
  const [name = '', ...rest] = words((magic[1] ?? '').replace(/(--\w+)=/g, '$1 '));
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
      if (row.revision === read.revision) {
        return false;
      }
      // A large input is known by its hash only: another revision counts as another value.
      return read.value === undefined || !alikeJson(row.value, read.value);
    })
    .map(([name]) => name);
}

function stateOf(step: Step | undefined, changed: readonly string[]): StepState {
  switch (step?.run?.status) {
    case undefined:
      return 'new';
    case 'running':
      return 'running';
    case 'interrupted':
      return 'interrupted';
    case 'failed':
    case 'refused':
      return 'failed';
    default:
      return changed.length > 0 ? 'stale' : 'fresh';
  }
}

/** Steps of the notebook in its order, then those that only the session knows. */
export function mergeSteps(
  cells: readonly StepCell[],
  known: ReadonlyMap<string, Step>,
  rows: Rows
): StepView[] {
  const view = (name: string, cell: StepCell | null): StepView => {
    const step = known.get(name);
    const changed = step?.done ? changedInputs(step.done, rows) : [];
    return {
      name,
      inputs: cell && cell.inputs.length > 0 ? cell.inputs : (step?.inputs ?? []),
      outputs: cell && cell.outputs.length > 0 ? cell.outputs : (step?.outputs ?? []),
      cell: cell?.cell ?? null,
      state: stateOf(step, changed),
      changed,
      run: step?.run ?? null
    };
  };
  const inNotebook = new Set(cells.map(cell => cell.name));
  return [
    ...cells.map(cell => view(cell.name, cell)),
    ...[...known.keys()].filter(name => !inNotebook.has(name)).map(name => view(name, null))
  ];
}

/** Those that Run starts: whatever is neither fresh nor running already, in notebook order. */
export function stepsToRun(steps: readonly StepView[]): StepView[] {
  return steps.filter(
    step => step.cell !== null && step.state !== 'fresh' && step.state !== 'running'
  );
}
