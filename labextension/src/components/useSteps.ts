import { useMemo, useSyncExternalStore } from 'react';

import { useSelected, useSurroundings } from '../context';
import { mergeSteps, scanCells, type CellSource, type StepView } from '../steps';

const NO_CELLS: readonly CellSource[] = [];

/** The notebook's steps and those of its session, as they stand now. */
export function useSteps(): StepView[] {
  const { notebook } = useSurroundings();
  const cells = useSyncExternalStore(
    listener => notebook?.subscribe(listener) ?? (() => undefined),
    () => notebook?.cells() ?? NO_CELLS
  );
  const kernel = useSyncExternalStore(
    listener => notebook?.subscribe(listener) ?? (() => undefined),
    () => notebook?.kernelId ?? null
  );
  const known = useSelected(state => state.steps);
  const variables = useSelected(state => state.variables);
  const declared = useMemo(() => scanCells(cells), [cells]);
  return useMemo(
    () => mergeSteps(declared, known, variables, kernel),
    [declared, known, variables, kernel]
  );
}
