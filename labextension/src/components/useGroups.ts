/**
 * Which rows stand where: Parameters, which people declare or set, and Results, which steps and cells wrote.
 */
import { useMemo, useState } from 'react';

import { useSelected } from '../context';
import { differing } from '../layered';
import type { ViewRow } from '../overlay';
import { RowOrder, type Ordering } from './roworder';

export type Group = 'parameters' | 'results';
export type { Order } from '../arrangement';

export interface Groups {
  readonly parameters: readonly string[];
  readonly results: readonly string[];
  /** Of all variables, the filtered ones too. */
  readonly count: number;
}

export function groupOf(row: ViewRow): Group {
  return row.origin.kind === 'step' && row.spec === undefined ? 'results' : 'parameters';
}

/** Finds the groups again after each change, by what has changed. */
class Grouping {
  groups(now: Ordering, needle: string): Groups {
    const { variables, saved } = now;
    const seen = differing(variables, this._last?.now.variables);
    const stored = differing(saved, this._last?.now.saved);
    const changed = seen === null || stored === null ? null : new Set([...seen, ...stored]);
    const moved = this._place(variables, changed);
    const sorted = this._order.sorted(now, changed);
    const before = this._last;
    let groups = before?.groups;
    if (
      groups === undefined ||
      moved ||
      needle !== before?.needle ||
      sorted !== before.sorted ||
      groups.count !== variables.size
    ) {
      const names = sorted.filter(name => name.toLocaleLowerCase().includes(needle));
      groups = {
        parameters: names.filter(name => this._placed.get(name) === 'parameters'),
        results: names.filter(name => this._placed.get(name) === 'results'),
        count: variables.size
      };
    }
    this._last = { now, needle, sorted, groups };
    return groups;
  }

  /**
   * A result that a person edits stays where it is until the page is loaded again.
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
      } else if (before !== 'results' && before !== groupOf(row)) {
        moved = true;
        this._placed.set(name, groupOf(row));
      }
    }
    return moved;
  }

  private readonly _order = new RowOrder();
  private readonly _placed = new Map<string, Group>();
  private _last:
    { now: Ordering; needle: string; sorted: readonly string[]; groups: Groups } | undefined;
}

/**
 * The names of both groups in order, the same object as long as the same names stand in the same places. While a row is
 * `held`, none moves.
 */
export function useGroups(
  filter: string,
  order: Ordering['order'],
  own: readonly string[],
  held: string | null
): Groups {
  const [grouping] = useState(() => new Grouping());
  const needle = filter.trim().toLocaleLowerCase();
  const select = useMemo(() => {
    let last: { now: Ordering; groups: Groups } | undefined;
    return (variables: Ordering['variables'], saved: Ordering['saved']): Groups => {
      if (last?.now.variables !== variables || last.now.saved !== saved) {
        const isHeld = held !== null && variables.has(held);
        const now = { order, own, variables, saved, isHeld };
        last = { now, groups: grouping.groups(now, needle) };
      }
      return last.groups;
    };
  }, [grouping, needle, order, own, held]);
  return useSelected(state => select(state.variables, state.saved));
}
