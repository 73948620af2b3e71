/**
 * Rows as the person sees them: those that are confirmed, with pending edits on top.
 */
import { applyOp, namesOf, type RowStore } from './changes';
import { LayeredMap } from './layered';
import type { EditOp, Origin, Row, Rows } from './model';

/** A row as the person sees it: confirmed, or with a change of this client laid on top. */
export interface ViewRow extends Row {
  readonly pending: boolean;
}

/** A pending edit, as far as the view needs it. */
interface Pending {
  op: EditOp;
  at: number;
}

/**
 * What the person sees: confirmed rows with pending ops on top. A row that looks as it did in `before` is the same
 * object, so that only rows that changed are drawn again.
 *
 * `suspects` are the names that may look different from `before`, where that is known: a keystroke then costs by what is
 * being edited, not by what there is.
 */
export function overlay(
  confirmed: Rows,
  pending: readonly Pending[],
  origin: Origin,
  before: ReadonlyMap<string, ViewRow>,
  suspects?: Iterable<string>
): ReadonlyMap<string, ViewRow> {
  const edited = new Set(pending.flatMap(({ op }) => namesOf(op)));
  const names = suspects === undefined ? confirmed.keys() : suspects;
  const rows: RowStore & Map<string, Row> = new Map<string, Row>();
  for (const name of [...names, ...edited]) {
    const row = confirmed.get(name);
    if (row !== undefined) {
      rows.set(name, row);
    }
  }
  for (const { op, at } of pending) {
    try {
      applyOp(rows, op, { revision: -1, updatedAt: at, origin });
    } catch {
      // A patch that no longer fits shows what stands there; the server says so when it gets it.
    }
  }
  const view = new Map<string, ViewRow | undefined>();
  for (const name of suspects === undefined ? [] : [...suspects, ...edited]) {
    view.set(name, undefined);
  }
  for (const [name, row] of rows) {
    view.set(name, viewed(row, edited.has(name), before.get(name)));
  }
  // Of all rows there are none that are gone.
  return suspects === undefined
    ? LayeredMap.of(view as ReadonlyMap<string, ViewRow>)
    : LayeredMap.of(before).with(view);
}

function viewed(row: Row, pending: boolean, before: ViewRow | undefined): ViewRow {
  const same =
    before !== undefined &&
    before.value === row.value &&
    before.spec === row.spec &&
    before.updatedAt === row.updatedAt &&
    before.pending === pending &&
    before.origin === row.origin &&
    (pending || before.revision === row.revision);
  return same ? before : { ...row, pending };
}
