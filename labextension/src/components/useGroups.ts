/**
 * Which rows stand where: Parameters, which people set, and Results, which steps and cells wrote.
 */
import { useRef } from 'react';

import { useSelected } from '../context';
import type { ViewRow } from '../model';

export type Group = 'parameters' | 'results';
export type Order = 'name' | 'changed';

export interface Groups {
  readonly parameters: readonly string[];
  readonly results: readonly string[];
}

export function groupOf(row: ViewRow): Group {
  const { kind } = row.origin;
  return kind === 'step' || kind === 'cell' ? 'results' : 'parameters';
}

const collator = new Intl.Collator(undefined, { numeric: true });

/**
 * The names of both groups in order, the same object as long as the same names stand in the same places. A result that a
 * person edits stays where it is until the page is loaded again: a row does not jump away from under one's hand.
 */
export function useGroups(filter: string, order: Order): Groups & { count: number } {
  const variables = useSelected(state => state.variables);
  const placed = useRef(new Map<string, Group>());
  const shown = useRef<{ key: string; groups: Groups }>();
  const needle = filter.trim().toLocaleLowerCase();

  let same = shown.current?.key === `${order}\n${needle}` && order === 'name';
  same &&= placed.current.size === variables.size;
  const now = new Map<string, Group>();
  for (const [name, row] of variables) {
    const before = placed.current.get(name);
    const group = before === 'results' ? before : groupOf(row);
    same &&= group === before;
    now.set(name, group);
  }
  placed.current = now;
  if (!same || shown.current === undefined) {
    const names = [...now.keys()].filter(name => name.toLocaleLowerCase().includes(needle));
    const changed = (name: string): number => variables.get(name)?.updatedAt ?? 0;
    names.sort((a, b) =>
      order === 'name' ? collator.compare(a, b) : changed(b) - changed(a) || collator.compare(a, b)
    );
    const groups = {
      parameters: names.filter(name => now.get(name) === 'parameters'),
      results: names.filter(name => now.get(name) === 'results')
    };
    shown.current = { key: `${order}\n${needle}`, groups };
  }
  return { ...shown.current.groups, count: variables.size };
}
