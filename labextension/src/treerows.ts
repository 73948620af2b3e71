/**
 * A nested value as the lines of a tree, and the changes that a person makes at one of them.
 */
import { isNumber, isObject, type Json } from './json';
import { applyPatch } from './patch';
import { specialText } from './scalartext';
import { typedOf } from './typed';

export interface TreeItem {
  readonly kind: 'item';
  /** Its JSON pointer. */
  readonly pointer: string;
  /** Its container's. */
  readonly parent: string;
  readonly key: string;
  readonly value: Json;
  readonly level: number;
  /** Its place among its container's members, from 1, and how many they are. */
  readonly place: number;
  readonly count: number;
  /** null for what cannot be opened. */
  readonly isOpen: boolean | null;
  readonly isInList: boolean;
}

/** Stands for members that are not listed yet. */
export interface TreeMore {
  readonly kind: 'more';
  readonly pointer: string;
  readonly parent: string;
  readonly level: number;
  readonly left: number;
}

export type TreeRow = TreeItem | TreeMore;

/** So many members of one container are listed at first, and with each click on what is left. */
export const TREE_PAGE = 50;

export function childPointer(parent: string, key: string): string {
  return `${parent}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** Whether it has members to show; a typed value is one thing. */
export function isBranch(value: Json): value is Json[] | { [key: string]: Json } {
  return (Array.isArray(value) || isObject(value)) && typedOf(value) === null;
}

/** The lines that are seen. `open` holds the pointers of opened branches, `shown` how many members more than a page. */
export function treeRows(
  value: Json,
  open: ReadonlySet<string>,
  shown: ReadonlyMap<string, number>
): TreeRow[] {
  const rows: TreeRow[] = [];
  const walk = (branch: Json, pointer: string, level: number): void => {
    if (!isBranch(branch)) {
      return;
    }
    const isInList = Array.isArray(branch);
    const keys = isInList ? null : Object.keys(branch);
    const count = keys?.length ?? (branch as Json[]).length;
    const listed = Math.min(count, shown.get(pointer) ?? TREE_PAGE);
    for (let i = 0; i < listed; i++) {
      const key = keys?.[i] ?? String(i);
      const member = isInList ? branch[i]! : branch[key]!;
      const at = childPointer(pointer, key);
      const isOpen = isBranch(member) ? open.has(at) : null;
      rows.push({
        kind: 'item',
        pointer: at,
        parent: pointer,
        key,
        value: member,
        level,
        place: i + 1,
        count,
        isOpen,
        isInList
      });
      if (isOpen === true) {
        walk(member, at, level + 1);
      }
    }
    if (listed < count) {
      const at = `${pointer}/\u0000more`;
      rows.push({ kind: 'more', pointer: at, parent: pointer, level, left: count - listed });
    }
  };
  walk(value, '', 1);
  return rows;
}

/** How a cell gets at a place: `session["space"]["model"][0]`. */
export function pathText(name: string, value: Json, pointer: string): string {
  const keys = pointer.split('/').slice(1);
  let text = `session[${JSON.stringify(name)}]`;
  let at = '';
  for (const token of keys) {
    const isInList = Array.isArray(memberAt(value, at));
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    text += isInList ? `[${key}]` : `[${JSON.stringify(key)}]`;
    at += `/${token}`;
  }
  return text;
}

export function memberAt(value: Json, pointer: string): Json | undefined {
  try {
    const places = pointer.split('/').slice(1);
    return places.reduce<Json>((node, token) => {
      const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
      const member = Array.isArray(node)
        ? node[Number(key)]
        : isObject(node) && Object.hasOwn(node, key)
          ? node[key]
          : undefined;
      if (member === undefined) {
        throw new RangeError(pointer);
      }
      return member;
    }, value);
  } catch {
    return undefined;
  }
}

export function replaced(value: Json, pointer: string, member: Json): Json {
  return applyPatch(value, [{ op: 'replace', path: pointer, value: member }]);
}

export function removed(value: Json, pointer: string): Json {
  return applyPatch(value, [{ op: 'remove', path: pointer }]);
}

/** Under another key of the same object. */
export function renamed(value: Json, { parent, pointer }: TreeItem, to: string): Json {
  return applyPatch(value, [{ op: 'move', from: pointer, path: childPointer(parent, to) }]);
}

/** One place up or down in its list. */
export function moved(value: Json, { parent, key }: TreeItem, by: -1 | 1): Json {
  const to = Number(key) + by;
  const branch = memberAt(value, parent);
  if (!Array.isArray(branch) || to < 0 || to >= branch.length) {
    return value;
  }
  return applyPatch(value, [
    { op: 'move', from: childPointer(parent, key), path: `${parent}/${to}` }
  ]);
}

/** A new member at the end: of a list like its last one, of an object under a free key. */
export function grown(value: Json, parent: string): { value: Json; pointer: string } {
  const branch = memberAt(value, parent) ?? null;
  if (Array.isArray(branch)) {
    const member = emptyLike(branch[branch.length - 1] ?? null);
    const pointer = `${parent}/${branch.length}`;
    return { value: applyPatch(value, [{ op: 'add', path: pointer, value: member }]), pointer };
  }
  const taken = isObject(branch) ? branch : {};
  let [key, number] = ['key', 2];
  while (Object.hasOwn(taken, key)) {
    key = `key_${number++}`;
  }
  const pointer = childPointer(parent, key);
  return { value: applyPatch(value, [{ op: 'add', path: pointer, value: null }]), pointer };
}

function emptyLike(member: Json): Json {
  if (isNumber(member) || specialText(member) !== null) {
    return 0;
  }
  return typeof member === 'string' ? '' : typeof member === 'boolean' ? false : null;
}
