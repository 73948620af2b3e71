import { createContext, useContext, useMemo, useSyncExternalStore } from 'react';

import { useClient, useSurroundings } from '../context';
import type { History, HistoryState, Looked } from '../history';
import type { CellSource } from '../steps';
import type { Onlooker } from './historywords';
import { useCells } from './useSteps';

const never = (): (() => void) => () => undefined;
const none = (): null => null;

/** null where there is no history: a panel put together for a test. */
export function useHistory(): { history: History; state: HistoryState } | null {
  const { history } = useSurroundings();
  const state = useSyncExternalStore(
    history?.subscribe ?? never,
    history?.getState ?? (none as () => HistoryState | null)
  );
  return history == null || state === null ? null : { history, state };
}

/** What the picker draws of it changes rarely: rows are drawn again when the picked thing is another one. */
export function useHistoryPart<T>(pick: (state: HistoryState) => T): T | null {
  const { history } = useSurroundings();
  return useSyncExternalStore(
    history?.subscribe ?? never,
    history == null ? (none as () => T | null) : () => pick(history.getState())
  );
}

/** The revision that these rows are of; null for the session as it is now. */
export const LookedContext = createContext<Looked | null>(null);

export function useLooked(): Looked | null {
  return useContext(LookedContext);
}

/** Counted once for each list of cells, however many rows ask. */
const places = new WeakMap<readonly CellSource[], ReadonlyMap<string, number>>();

function placesOf(cells: readonly CellSource[]): ReadonlyMap<string, number> {
  const found = places.get(cells) ?? new Map(cells.map((cell, i) => [cell.id, i + 1]));
  places.set(cells, found);
  return found;
}

export function useOnlooker(): Onlooker {
  const client = useClient();
  const { history } = useSurroundings();
  const cells = useCells();
  const hasPeople = history?.hasPeople ?? false;
  return useMemo(
    () => ({
      client: client.clientId,
      hasPeople,
      cellNumber: id => placesOf(cells).get(id) ?? null
    }),
    [client, cells, hasPeople]
  );
}
