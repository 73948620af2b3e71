import { useMemo } from 'react';

import type { Sheet } from '../sheet';
import { inOrder, sortedRows, type Sorting } from '../sheetorder';
import { useRemembered } from './useRemembered';

interface SheetOrder {
  /** The table as it is seen. */
  sheet: Sheet;
  sorting: Sorting | null;
  sort(sorting: Sorting | null): void;
  /** Sorts by a column: up, down and not at all. */
  turn(column: number): void;
  /** Where a row that is seen stands in the value. */
  sourceOf(row: number): number;
}

/** The order in which a person looks at a table. */
export function useSheetOrder(name: string, whole: Sheet): SheetOrder {
  const [chosen, sort] = useRemembered<Sorting | null>(`sorting ${name}`, null);
  const sorting = chosen !== null && chosen.column < whole.columns.length ? chosen : null;
  const order = useMemo(
    () => (sorting === null ? null : sortedRows(whole, sorting)),
    // A row does not jump away while its cells are written: it is sorted anew when rows come or go.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [sorting, whole.rows]
  );
  const sheet = useMemo(() => (order === null ? whole : inOrder(whole, order)), [whole, order]);
  return {
    sheet,
    sorting,
    sort,
    turn: column => {
      const isBy = sorting?.column === column;
      sort(isBy && sorting.descends ? null : { column, descends: isBy });
    },
    sourceOf: row => order?.[row] ?? row
  };
}
