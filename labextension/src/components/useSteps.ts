import { useCallback, useMemo, useSyncExternalStore } from 'react';

import { useSelected, useSurroundings } from '../context';
import type { Row, Rows } from '../model';
import type { NotebookInFront } from '../notebook';
import type { RunnerState } from '../runner';
import { mergeSteps, scanCells, type CellSource, type StepView } from '../steps';

const NO_CELLS: readonly CellSource[] = [];
const NO_ROWS: Rows = new Map();

/** The notebook's steps and those of its session, as they stand now. */
export function useSteps(): StepView[] {
  const cells = useCells();
  const [kernel, life] = [useKernelId(), useKernelLife()];
  const known = useSelected(state => state.steps);
  const declared = useMemo(() => scanCells(cells), [cells]);
  // Without a step nothing here depends on a value, and nothing is drawn again when one changes.
  const variables = useSelected(state =>
    state.steps.size + declared.length === 0 ? NO_ROWS : state.variables
  );
  return useMemo(
    () => mergeSteps(declared, known, variables, kernel, life),
    [declared, known, variables, kernel, life]
  );
}

/** Variables that are of another run than the next one would be: what steps wrote at their end, and while they ran. */
export function useOutdated(steps: readonly StepView[]): ReadonlySet<string> {
  // What a run that did not end well has left there is an earlier run's, or half of its own.
  const outdated = steps.filter(({ state }) => ['stale', 'failed', 'interrupted'].includes(state));
  const by = new Set(outdated.map(step => step.name));
  const key = useSelected(({ saved }) => {
    const written = by.size === 0 ? [] : [...saved.values()].filter(isOf(by));
    const names = [...outdated.flatMap(step => step.outputs), ...written.map(row => row.name)];
    return JSON.stringify(names);
  });
  // The same set as long as it holds the same names: the list is drawn by it.
  return useMemo(() => new Set(JSON.parse(key) as string[]), [key]);
}

function isOf(steps: ReadonlySet<string>) {
  return ({ origin }: Row): boolean => origin.kind === 'step' && steps.has(origin.step ?? '');
}

/** What the notebook in front is now. */
function useNotebook<T>(read: (notebook: NotebookInFront | null) => T): T {
  const { notebook } = useSurroundings();
  const subscribe = useCallback(
    (listener: () => void) => notebook?.subscribe(listener) ?? (() => undefined),
    [notebook]
  );
  return useSyncExternalStore(subscribe, () => read(notebook));
}

/** The id of the kernel that runs it. */
export function useKernelId(): string | null {
  return useNotebook(notebook => notebook?.kernelId ?? null);
}

/** Which life of that kernel it is. */
function useKernelLife(): string | null {
  return useNotebook(notebook => notebook?.kernelLife ?? null);
}

/** Whether a step runs now in another kernel than this one: another notebook has the same session. */
export function runsElsewhere({ state, run }: StepView, kernel: string | null): boolean {
  return state === 'running' && run?.kernel !== undefined && run.kernel !== kernel;
}

/** Whether one of them runs in this kernel, or was started here and will. */
export function runsHere(
  steps: readonly StepView[],
  runs: RunnerState | null,
  kernel: string | null
): boolean {
  return (
    (runs?.starting.size ?? 0) > 0 ||
    steps.some(step => step.state === 'running' && !runsElsewhere(step, kernel))
  );
}

/** The cells of the notebook in front. */
export function useCells(): readonly CellSource[] {
  return useNotebook(notebook => notebook?.cells() ?? NO_CELLS);
}

/** The cell to show for a step: the one that declares it, or that ran it; null where that is gone. */
export function usePlace(step: StepView | null): string | null {
  const cells = useCells();
  const ran = step?.run?.cell ?? null;
  return step?.cell ?? (cells.some(cell => cell.id === ran) ? ran : null);
}

const never = (): (() => void) => () => undefined;

/** What was started from this panel; null without a notebook. */
export function useRuns(): RunnerState | null {
  const { runner } = useSurroundings();
  return useSyncExternalStore(runner?.subscribe ?? never, () => runner?.getState() ?? null);
}

/** Whether the cell that declared it, or that ran it, is gone from the notebook, or is another step now. */
export function isRemoved(step: StepView, cells: readonly CellSource[]): boolean {
  const ran = step.run?.cell;
  if (step.cell !== null || ran === undefined || cells.length === 0) {
    return false;
  }
  const cell = cells.find(each => each.id === ran);
  return cell === undefined || scanCells([cell]).length > 0;
}
