/**
 * What a row may ask of the list in which it stands.
 */
import { createContext, useContext, useSyncExternalStore } from 'react';

import { Selection } from '../selection';

export interface Rows {
  selection: Selection;
  /** One place up or down among its neighbours. */
  move(name: string, by: -1 | 1): void;
  /** Before or after another row of the same group. */
  place(name: string, beside: string, where: 'before' | 'after'): void;
}

export const RowsContext = createContext<Rows>({
  selection: new Selection(),
  move: () => undefined,
  place: () => undefined
});

export function useRows(): Rows {
  return useContext(RowsContext);
}

/** null while nothing is being selected. Draws again the rows whose answer changed. */
export function useIsSelected(name: string): boolean | null {
  const { selection } = useRows();
  return useSyncExternalStore(selection.subscribe, () => {
    const { isOn, names } = selection.getState();
    return isOn ? names.has(name) : null;
  });
}
