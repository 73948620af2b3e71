import { useCallback, useMemo, useSyncExternalStore } from 'react';

import { useSelected, useSurroundings } from '../context';
import type { Rows } from '../model';
import type { RunnerState } from '../runner';
import { mergeSteps, scanCells, type CellSource, type StepView } from '../steps';

const NO_CELLS: readonly CellSource[] = [];
const NO_ROWS: Rows = new Map();

/** The notebook's steps and those of its session, as they stand now. */
export function useSteps(): StepView[] {
  const { notebook } = useSurroundings();
  const cells = useCells();
  const kernel = useSyncExternalStore(
    listener => notebook?.subscribe(listener) ?? (() => undefined),
    () => notebook?.kernelId ?? null
  );
  const known = useSelected(state => state.steps);
  const declared = useMemo(() => scanCells(cells), [cells]);
  // Without a step nothing here depends on a value, and nothing is drawn again when one changes.
  const variables = useSelected(state =>
    state.steps.size + declared.length === 0 ? NO_ROWS : state.variables
  );
  return useMemo(
    () => mergeSteps(declared, known, variables, kernel),
    [declared, known, variables, kernel]
  );
}

/** The cells of the notebook in front. */
export function useCells(): readonly CellSource[] {
  const { notebook } = useSurroundings();
  const subscribe = useCallback(
    (listener: () => void) => notebook?.subscribe(listener) ?? (() => undefined),
    [notebook]
  );
  return useSyncExternalStore(subscribe, () => notebook?.cells() ?? NO_CELLS);
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
