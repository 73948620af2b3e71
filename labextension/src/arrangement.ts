/**
 * How one person has the rows before them: their order, and which groups are closed. It is a matter of looking and not of
 * values: it is kept in this browser, by person and session, and makes no change that others would see or a history would
 * have.
 */
import { isObject, parseJson, stringifyJson, type Json } from './json';

export type Order = 'name' | 'changed' | 'type' | 'own';

export interface Arrangement {
  readonly order: Order;
  /** Whether names that begin alike stand together under a title. */
  readonly grouped: boolean;
  /** The person's own order; names that are not in it come after. */
  readonly own: readonly string[];
  /** The prefixes whose rows are put away. */
  readonly closed: readonly string[];
  readonly steps: 'list' | 'graph';
}

export const PLAIN: Arrangement = {
  order: 'name',
  grouped: true,
  own: [],
  closed: [],
  steps: 'list'
};

const ORDERS: readonly Order[] = ['name', 'changed', 'type', 'own'];

/** What was kept; the plain one where nothing or something else was. */
export function readArrangement(text: string | null): Arrangement {
  try {
    const kept = text === null ? null : parseJson(text);
    return kept !== null && isObject(kept)
      ? {
          order: ORDERS.find(each => each === kept.order) ?? PLAIN.order,
          grouped: kept.grouped !== false,
          own: textsOf(kept.own),
          closed: textsOf(kept.closed),
          steps: kept.steps === 'graph' ? 'graph' : 'list'
        }
      : PLAIN;
  } catch {
    return PLAIN;
  }
}

function textsOf(value: Json | undefined): string[] {
  return Array.isArray(value)
    ? value.filter((each): each is string => typeof each === 'string')
    : [];
}

export function writtenArrangement(arrangement: Arrangement): string {
  return stringifyJson(arrangement);
}

/** `names` with `name` before or after `beside`. */
export function placed(
  names: readonly string[],
  name: string,
  beside: string,
  where: 'before' | 'after'
): string[] {
  const others = names.filter(each => each !== name);
  const at = others.indexOf(beside);
  return at < 0 || name === beside
    ? [...names]
    : others.toSpliced(at + (where === 'after' ? 1 : 0), 0, name);
}

/** By a person's own order; those that it does not have come after, as they came. */
export function inOwnOrder(names: readonly string[], own: readonly string[]): string[] {
  const places = new Map(own.map((name, i) => [name, i]));
  const place = (name: string): number => places.get(name) ?? own.length;
  return [...names].sort((a, b) => place(a) - place(b));
}

export interface Section {
  /** `model.` or `model_`; null for names that stand by themselves. */
  readonly prefix: string | null;
  readonly names: readonly string[];
}

// A point says that names belong together; an underscore is in many a name, and two of a kind are no group yet.
const FEWEST_POINT = 2;
const FEWEST_UNDERSCORE = 3;

function prefixesOf(name: string): string[] {
  const [point, underscore] = [name.indexOf('.'), name.indexOf('_')];
  return [
    point > 0 ? name.slice(0, point + 1) : '',
    underscore > 0 ? name.slice(0, underscore + 1) : ''
  ].filter(each => each !== '' && each.length < name.length);
}

/** The names with those together that begin alike, where the first of them stands. */
export function sections(names: readonly string[]): Section[] {
  const counts = new Map<string, number>();
  const all = names.map(prefixesOf);
  all.flat().forEach(prefix => counts.set(prefix, (counts.get(prefix) ?? 0) + 1));
  const made = new Map<string, string[]>();
  const found: { prefix: string | null; names: string[] }[] = [];
  names.forEach((name, i) => {
    const prefix = all[i]!.find(
      each => (counts.get(each) ?? 0) >= (each.endsWith('.') ? FEWEST_POINT : FEWEST_UNDERSCORE)
    );
    const last = found[found.length - 1];
    const group = prefix === undefined ? undefined : made.get(prefix);
    if (group !== undefined) {
      group.push(name);
    } else if (prefix !== undefined) {
      const members = [name];
      made.set(prefix, members);
      found.push({ prefix, names: members });
    } else if (last?.prefix === null) {
      last.names.push(name);
    } else {
      found.push({ prefix: null, names: [name] });
    }
  });
  return found;
}
