/**
 * JSON patches (RFC 6902) of one value: applied, made of what differs, joined, and where they write. What a patch does not
 * touch is the same object, and keeps every digit.
 */
import { alikeJson, isObject, sameJson, type Json } from './json';

export interface PatchOperation {
  op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  path: string;
  value?: Json;
  from?: string;
}
export type Patch = readonly PatchOperation[];

/** A patch that is none, or does not fit the value. */
export class PatchError extends Error {}
/** The keys and indices on the way to it. */
export type Place = readonly string[];

const INDEX = /^(?:0|[1-9]\d{0,15})$/;
const POINTER = /^(?:\/(?:[^~]|~[01])*)?$/s;
const NEEDS = {
  add: 'value',
  replace: 'value',
  test: 'value',
  move: 'from',
  copy: 'from',
  remove: 'path'
} as const;

/** All of the operations, or none. @throws PatchError */
export function applyPatch(value: Json, patch: Patch): Json {
  const given: unknown = patch;
  if (!Array.isArray(given)) {
    throw new PatchError('A patch is a list of operations.');
  }
  // The whole is the one item of a list, so that it can be added, replaced and moved as any other.
  const result = patch.reduce<Json[]>(
    (whole, operation) => {
      check(operation);
      return step(whole, operation) as Json[];
    },
    [value]
  );
  if (result.length !== 1) {
    throw new PatchError('This patch takes away the value as a whole.');
  }
  return result[0]!;
}

/** The patched value; `otherwise`, where the patch does not fit. */
export function patchedOr(otherwise: Json, value: Json, patch: Patch): Json {
  try {
    return applyPatch(value, patch);
  } catch {
    return otherwise;
  }
}

function check(operation: PatchOperation): void {
  const given: unknown = operation;
  const needed = isObject(given as Json) ? NEEDS[operation.op] : undefined;
  if (needed === undefined || operation[needed] === undefined) {
    throw new PatchError('This is no operation of a patch.');
  }
  for (const pointer of [operation.path, operation.from ?? '']) {
    if (typeof pointer !== 'string' || !POINTER.test(pointer)) {
      throw new PatchError('This is no JSON pointer.');
    }
  }
}

function step(whole: Json, operation: PatchOperation): Json {
  const { op, value = null, from = '' } = operation;
  const path = ['0', ...tokensOf(operation.path)];
  const source = ['0', ...tokensOf(from)];
  switch (op) {
    case 'add':
      return add(whole, path, value);
    case 'remove':
      return remove(whole, path);
    case 'replace':
      at(whole, path);
      return changed(whole, path, (container, key) => withMember(container, key, value));
    case 'test':
      if (!alikeJson(at(whole, path), value)) {
        throw new PatchError(`Another value stands at ${operation.path}.`);
      }
      return whole;
    case 'copy':
      return add(whole, path, at(whole, source));
    case 'move': {
      const moved = at(whole, source);
      if (operation.path === from) {
        return whole;
      }
      if (operation.path.startsWith(`${from}/`)) {
        throw new PatchError('A value cannot be moved into itself.');
      }
      return add(remove(whole, source), path, moved);
    }
  }
}

function add(whole: Json, path: Place, value: Json): Json {
  // The whole has been taken away by a step before, or is replaced.
  if (path.length === 1) {
    return [value];
  }
  return changed(whole, path, (container, key) => {
    if (!Array.isArray(container)) {
      return withMember(container, key, value);
    }
    const index = key === '-' ? container.length : indexOf(key, container.length);
    return container.toSpliced(index, 0, value);
  });
}

function remove(whole: Json, path: Place): Json {
  at(whole, path);
  return changed(whole, path, (container, key) =>
    Array.isArray(container)
      ? container.toSpliced(Number(key), 1)
      : Object.fromEntries(Object.entries(container).filter(([name]) => name !== key))
  );
}

type Container = Json[] | { [key: string]: Json };

/** A copy of `node`, with the container of what stands at `path` replaced by what `edit` makes of it. */
function changed(node: Json, path: Place, edit: (container: Container, key: string) => Json): Json {
  const [token = '', ...rest] = path;
  if (!Array.isArray(node) && !isObject(node)) {
    throw new PatchError(`There is no place ${token}.`);
  }
  return rest.length === 0
    ? edit(node, token)
    : withMember(node, token, changed(at(node, [token]), rest, edit));
}

function withMember(container: Container, key: string, value: Json): Json {
  // A computed key is only a name, `__proto__` too.
  return Array.isArray(container)
    ? container.with(indexOf(key, container.length - 1), value)
    : { ...container, [key]: value };
}

function at(node: Json, path: Place): Json {
  return path.reduce((container, token) => {
    const member = memberOf(container, token);
    if (member === undefined) {
      throw new PatchError(`There is no place ${token}.`);
    }
    return member;
  }, node);
}

function memberOf(container: Json, token: string): Json | undefined {
  if (Array.isArray(container)) {
    return INDEX.test(token) ? container[Number(token)] : undefined;
  }
  return isObject(container) && Object.hasOwn(container, token) ? container[token] : undefined;
}

function indexOf(token: string, last: number): number {
  if (!INDEX.test(token) || Number(token) > last) {
    throw new PatchError(`There is no place ${token}.`);
  }
  return Number(token);
}

function tokensOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map(token => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function isIndex(token: string): boolean {
  return token === '-' || INDEX.test(token);
}

/**
 * What differs, member by member; null where only the whole value says it. An array, a typed value (`{"$date": ...}`) and
 * an object of which a member is written whose key could be a place in an array are written whole: so a patch never lands
 * on a neighbour, whatever has become of its variable by then.
 */
export function difference(before: Json, after: Json): PatchOperation[] | null {
  const found: PatchOperation[] = [];
  if (compare('', before, after, found)) {
    return found;
  }
  return sameJson(before, after) ? [] : null;
}

function compare(pointer: string, before: Json, after: Json, found: PatchOperation[]): boolean {
  if (!isPlain(before) || !isPlain(after)) {
    return false;
  }
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const written = keys.filter(key => {
    const [old, now] = [memberOf(before, key), memberOf(after, key)];
    return old === undefined || now === undefined || !sameJson(old, now);
  });
  if (written.some(isIndex)) {
    return false;
  }
  for (const key of written) {
    const path = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const [old, now] = [memberOf(before, key), memberOf(after, key)];
    if (now === undefined) {
      found.push({ op: 'remove', path });
    } else if (old === undefined) {
      found.push({ op: 'add', path, value: now });
    } else if (!compare(path, old, now, found)) {
      found.push({ op: 'replace', path, value: now });
    }
  }
  return true;
}

function isPlain(value: Json): value is { [key: string]: Json } {
  if (!isObject(value)) {
    return false;
  }
  const keys = Object.keys(value);
  return keys.length !== 1 || !keys[0]!.startsWith('$');
}

/** One patch that does what `first` and then `second` do; a member that both write is written once. */
export function composed(first: Patch, second: Patch): PatchOperation[] {
  const simple = [...first, ...second].every(
    ({ op, path }) => ['add', 'remove', 'replace'].includes(op) && !tokensOf(path).some(isIndex)
  );
  return second.reduce<PatchOperation[]>(
    (made, operation) => (simple && folded(made, operation)) || [...made, operation],
    [...first]
  );
}

/** `made` with `operation` as a part of it, or null where it has to follow. Takes out what it makes needless. */
function folded(made: PatchOperation[], operation: PatchOperation): PatchOperation[] | null {
  if (operation.op === 'add') {
    return null;
  }
  const needless = made.filter(each => each.path.startsWith(`${operation.path}/`));
  const left = made.filter(each => !needless.includes(each));
  const last = left.findLastIndex(
    each => operation.path === each.path || operation.path.startsWith(`${each.path}/`)
  );
  const before = left[last];
  const joins =
    before?.path === operation.path &&
    (before.op === 'replace' || (before.op === 'add' && operation.op === 'replace'));
  if (!joins) {
    return [...left, operation];
  }
  return left.with(
    last,
    operation.op === 'replace' ? { ...before, ...valueOf(operation) } : operation
  );
}

function valueOf({ value }: PatchOperation): { value: Json } {
  return { value: value ?? null };
}

/** Where a patch writes. */
export function placesOf(patch: Patch): Place[] {
  return patch.flatMap(({ op, path, from }) => {
    if (op === 'test') {
      return [];
    }
    return op === 'move' && from !== undefined
      ? [tokensOf(path), tokensOf(from)]
      : [tokensOf(path)];
  });
}

/** Whether two values differ at any of these places; an array is compared as a whole. */
export function differ(one: Json, other: Json, places: readonly Place[]): boolean {
  return places.some(place => {
    const [left, right] = [found(one, place), found(other, place)];
    return left === undefined || right === undefined ? left !== right : !sameJson(left, right);
  });
}

/** Whether one of these places is, or is within, one of those. */
export function overlap(some: readonly Place[], others: readonly Place[]): boolean {
  return some.some(one =>
    others.some(other => one.every((token, i) => i >= other.length || token === other[i]))
  );
}

function found(node: Json, place: Place): Json | undefined {
  let value: Json | undefined = node;
  for (const token of place) {
    if (value === undefined || Array.isArray(value)) {
      break;
    }
    value = memberOf(value, token);
  }
  return value;
}
