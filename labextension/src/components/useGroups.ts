/**
 * Which rows stand where: Parameters, which people declare or set, and Results, which steps write.
 */
import { useMemo, useState } from 'react';

import { useSelected } from '../context';
import { differing } from '../layered';
import type { Step } from '../model';
import type { ViewRow } from '../overlay';
import { asksForRow, isLike, isNamed, readFilter, type RowFilter } from './rowfilter';
import { RowOrder, type Ordering } from './roworder';
import type { HeldRow } from './useHeldRow';

export type Group = 'parameters' | 'results';
export type { Order } from '../arrangement';

export interface Groups {
  readonly parameters: readonly string[];
  readonly results: readonly string[];
  /** Of all variables, the filtered ones too. */
  readonly count: number;
}

/** `made`: what steps write, whoever wrote last. */
function groupOf(row: ViewRow, made: ReadonlySet<string>): Group {
  const isMade = row.origin.kind === 'step' || made.has(row.name);
  return isMade && row.spec === undefined ? 'results' : 'parameters';
}

type Steps = ReadonlyMap<string, Step>;

function madeBy(steps: Steps): ReadonlySet<string> {
  return new Set(
    [...steps.values()].flatMap(({ outputs, run }) => [...outputs, ...(run?.written ?? [])])
  );
}

/** Finds the groups again after each change, by what has changed. */
class Grouping {
  groups(now: Ordering, filter: RowFilter, steps: Steps): Groups {
    const { variables, saved } = now;
    const seen = differing(variables, this._last?.now.variables);
    const stored = differing(saved, this._last?.now.saved);
    const changed = seen === null || stored === null ? null : new Set([...seen, ...stored]);
    const isNew = steps !== this._steps;
    if (isNew) {
      this._steps = steps;
      this._made = madeBy(steps);
    }
    const moved = this._place(
      variables,
      isNew && changed !== null ? new Set([...changed, ...this._made]) : changed
    );
    const sorted = this._order.sorted(now, changed);
    const before = this._last;
    const isOther = filter !== before?.filter;
    const liked = this._like(now, filter, isOther ? null : changed);
    let groups = before?.groups;
    if (
      groups === undefined ||
      moved ||
      liked ||
      isOther ||
      sorted !== before.sorted ||
      groups.count !== variables.size
    ) {
      const parameters: string[] = [];
      const results: string[] = [];
      for (const name of sorted) {
        if (isNamed(filter, name) && (this._liked?.has(name) ?? true)) {
          (this._placed.get(name) === 'results' ? results : parameters).push(name);
        }
      }
      groups = { parameters, results, count: variables.size };
    }
    this._last = { now, filter, sorted, groups };
    return groups;
  }

  /**
   * A result stays one until the page is loaded again.
   * @returns whether a row stands in another group than before
   */
  private _place(
    variables: ReadonlyMap<string, ViewRow>,
    changed: ReadonlySet<string> | null
  ): boolean {
    let moved = false;
    for (const name of changed ?? new Set([...variables.keys(), ...this._placed.keys()])) {
      const row = variables.get(name);
      const before = this._placed.get(name);
      if (row === undefined) {
        this._placed.delete(name);
      } else if (before !== 'results' && before !== groupOf(row, this._made)) {
        moved = true;
        this._placed.set(name, groupOf(row, this._made));
      }
    }
    return moved;
  }

  /**
   * Which rows are of the type and hold what is asked for. A row that is typed into stays.
   * @returns whether there are others than before
   */
  private _like(
    { variables, isHeld }: Ordering,
    filter: RowFilter,
    changed: ReadonlySet<string> | null
  ): boolean {
    if (!asksForRow(filter)) {
      this._liked = null;
      return false;
    }
    const liked = changed === null ? new Set<string>() : (this._liked ?? new Set<string>());
    const names = changed === null ? new Set(variables.keys()) : new Set(changed);
    if (isHeld && changed !== null) {
      changed.forEach(name => this._missed.add(name));
      return false;
    }
    this._missed.forEach(name => names.add(name));
    this._missed.clear();
    let isOther = changed === null;
    for (const name of names) {
      const row = variables.get(name);
      const isIn = row !== undefined && isLike(filter, row);
      if (isIn !== liked.has(name)) {
        isOther = true;
        if (isIn) {
          liked.add(name);
        } else {
          liked.delete(name);
        }
      }
    }
    this._liked = liked;
    return isOther;
  }

  /** null where the names alone decide. */
  private _liked: Set<string> | null = null;
  private readonly _missed = new Set<string>();
  private _steps: Steps | undefined;
  private _made: ReadonlySet<string> = new Set();
  private readonly _order = new RowOrder();
  private readonly _placed = new Map<string, Group>();
  private _last:
    { now: Ordering; filter: RowFilter; sorted: readonly string[]; groups: Groups } | undefined;
}

/**
 * The names of both groups in order, the same object as long as the same names stand in the same places. While a row is
 * held, none moves.
 */
export function useGroups(
  text: string,
  order: Ordering['order'],
  own: readonly string[],
  row: Pick<HeldRow, 'held' | 'current'> | null
): Groups {
  const [grouping] = useState(() => new Grouping());
  const held = row?.held ?? null;
  const filter = useMemo(() => readFilter(text), [text]);
  const select = useMemo(() => {
    let last: { now: Ordering; steps: Steps; groups: Groups } | undefined;
    return (variables: Ordering['variables'], saved: Ordering['saved'], steps: Steps): Groups => {
      if (last?.now.variables !== variables || last.now.saved !== saved || last.steps !== steps) {
        const held = row?.current.current ?? null;
        const isHeld = held !== null && variables.has(held);
        const now = { order, own, variables, saved, isHeld };
        last = { now, steps, groups: grouping.groups(now, filter, steps) };
      }
      return last.groups;
    };
    // What is held is another thing as soon as it is drawn.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [grouping, filter, order, own, held, row?.current]);
  return useSelected(state => select(state.variables, state.saved, state.steps));
}
