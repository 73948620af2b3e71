/**
 * Which rows stand where: Parameters, which people declare or set, and Results, which steps and cells wrote.
 */
import { useRef } from 'react';

import { inOwnOrder, type Order } from '../arrangement';
import { useSelected } from '../context';
import type { ViewRow } from '../overlay';
import { typeWords } from '../typed';
import { kindOf } from './kinds';

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

const collator = new Intl.Collator(undefined, { numeric: true });

/**
 * The names of both groups in order, the same object as long as the same names stand in the same places. A result that a
 * person edits stays where it is until the page is loaded again: a row does not jump away from under one's hand.
 */
export function useGroups(filter: string, order: Order, own: readonly string[]): Groups {
  const variables = useSelected(state => state.variables);
  const placed = useRef(new Map<string, Group>());
  const shown = useRef<{ key: string; own: readonly string[]; groups: Groups }>();
  const needle = filter.trim().toLocaleLowerCase();
  const key = `${order}\n${needle}`;
  const place = (name: string, row: ViewRow): Group =>
    placed.current.get(name) === 'results' ? 'results' : groupOf(row);

  let same = shown.current?.key === key && shown.current.own === own;
  same &&= order === 'name' || order === 'own';
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
    const names = [...variables.keys()].filter(name => name.toLocaleLowerCase().includes(needle));
    const sorted = inOrder(names, order, own, variables);
    const groups = {
      parameters: sorted.filter(name => placed.current.get(name) === 'parameters'),
      results: sorted.filter(name => placed.current.get(name) === 'results'),
      count: variables.size
    };
    shown.current = { key, own, groups };
  }
  return shown.current.groups;
}

function inOrder(
  names: readonly string[],
  order: Order,
  own: readonly string[],
  variables: ReadonlyMap<string, ViewRow>
): string[] {
  const byName = [...names].sort(collator.compare);
  switch (order) {
    case 'own':
      return inOwnOrder(byName, own);
    case 'changed': {
      const changed = (name: string): number => variables.get(name)?.updatedAt ?? 0;
      return byName.sort((a, b) => changed(b) - changed(a));
    }
    case 'type': {
      const types = new Map(byName.map(name => [name, typeOf(variables.get(name))]));
      return byName.sort((a, b) => collator.compare(types.get(a)!, types.get(b)!));
    }
    default:
      return byName;
  }
}

function typeOf(row: ViewRow | undefined): string {
  if (row === undefined) {
    return '';
  }
  return typeWords(row.value) ?? kindOf(row.value);
}
