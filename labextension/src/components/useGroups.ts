/**
 * Which rows stand where: Parameters, which people declare or set, and Results, which steps and cells wrote.
 */
import { useRef, useState } from 'react';

import type { Order } from '../arrangement';
import { useSelected } from '../context';
import type { ViewRow } from '../overlay';
import { RowOrder } from './roworder';

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

/**
 * The names of both groups in order, the same object as long as the same names stand in the same places. A result that a
 * person edits stays where it is until the page is loaded again. While a row is `held`, none moves.
 */
export function useGroups(
  filter: string,
  order: Order,
  own: readonly string[],
  held: string | null
): Groups {
  const variables = useSelected(state => state.variables);
  const saved = useSelected(state => state.saved);
  const placed = useRef(new Map<string, Group>());
  const [rowOrder] = useState(() => new RowOrder());
  const shown = useRef<{ needle: string; sorted: readonly string[]; groups: Groups }>();
  const needle = filter.trim().toLocaleLowerCase();
  const isHeld = held !== null && variables.has(held);
  const sorted = rowOrder.sorted(order, own, variables, saved, isHeld);
  const place = (name: string, row: ViewRow): Group =>
    placed.current.get(name) === 'results' ? 'results' : groupOf(row);

  let same = shown.current?.needle === needle && shown.current.sorted === sorted;
  same &&= placed.current.size === variables.size;
  if (same) {
    for (const [name, row] of variables) {
      if (placed.current.get(name) !== place(name, row)) {
        same = false;
        break;
      }
    }
  }
  if (!same || shown.current === undefined) {
    placed.current = new Map([...variables].map(([name, row]) => [name, place(name, row)]));
    const names = sorted.filter(name => name.toLocaleLowerCase().includes(needle));
    const groups = {
      parameters: names.filter(name => placed.current.get(name) === 'parameters'),
      results: names.filter(name => placed.current.get(name) === 'results'),
      count: variables.size
    };
    shown.current = { needle, sorted, groups };
  }
  return shown.current.groups;
}
