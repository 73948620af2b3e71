/** The golden files that the server's tests read too: one language cannot drift from the other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { canonicalJson, parseJson, sameJson, stringifyJson, type Json } from '../json';
import { valueProblem } from '../limits';
import { applyOps } from '../changes';
import type { Op, Origin, Row } from '../model';
import { isPythonName, nameProblem, RESERVED } from '../names';
import { specProblem } from '../specs';
import {
  applyPatch,
  composed,
  differ,
  difference,
  PatchError,
  placesOf,
  type Patch,
  type PatchOperation
} from '../patch';

function golden(name: string): unknown {
  return parseJson(readFileSync(join('tests', 'frames', name), 'utf8'));
}

interface Canonical {
  canonical: { text: string; canonical: string }[];
  same: { one: string; other: string; same: boolean }[];
  refused: { text: string; code: string }[];
}
const canonical = golden('canonical.json') as Canonical;

test.each(canonical.canonical)('$text is $canonical', ({ text, canonical: expected }) => {
  expect(canonicalJson(parseJson(text))).toBe(expected);
});

test.each(canonical.same)('$one and $other: same is $same', ({ one, other, same }) => {
  expect(sameJson(parseJson(one), parseJson(other))).toBe(same);
});

// A duplicate key is gone after JSON.parse; what a person types is read in full by the server all the same.
const readable = canonical.refused.filter(({ text }) => !/"a":1,/.test(text));

test.each(readable)('$text is refused', ({ text }) => {
  const refused = ((): boolean => {
    try {
      return valueProblem(parseJson(text)) !== null;
    } catch {
      return true;
    }
  })();
  expect(refused).toBe(true);
});

interface Apply {
  change: { revision: number; at: number; origin: Origin };
  cases: { case: string; rows: Row[]; ops: Op[]; effective: Op[]; after: Partial<Row>[] }[];
}
const apply = golden('apply.json') as Apply;

test.each(apply.cases)('$case', ({ rows, ops, after }) => {
  const { revision, at, origin } = apply.change;
  const before = new Map(
    rows.map(row => [row.name, { ...row, origin: row.origin ?? { kind: 'api' } }])
  );
  const next = applyOps(before, ops, { revision, updatedAt: at, origin });
  const byName = (a: { name?: string }, b: { name?: string }): number =>
    (a.name ?? '') < (b.name ?? '') ? -1 : 1;
  const told = (row: Partial<Row>): string =>
    stringifyJson({
      name: row.name,
      value: row.value,
      revision: row.revision,
      spec: (row.spec as Json | undefined) ?? null
    });
  expect([...next.values()].sort(byName).map(told)).toEqual([...after].sort(byName).map(told));
});

interface Patches {
  patch: { case: string; document: Json; patch: Patch; result?: Json; error?: string }[];
  difference: { case: string; before: Json; after: Json; patch: PatchOperation[] | null }[];
  composed: { case: string; first: Patch; second: Patch; patch: Patch }[];
  differ: { case: string; one: Json; other: Json; patch: Patch; differ: boolean }[];
}
const patches = golden('patches.json') as Patches;

test.each(patches.patch)('a patch: $case', ({ document, patch, result, error }) => {
  if (error === undefined) {
    expect(canonicalJson(applyPatch(document, patch))).toBe(canonicalJson(result!));
  } else {
    expect(() => applyPatch(document, patch)).toThrow(PatchError);
  }
});

test.each(patches.difference)('a difference: $case', ({ before, after, patch }) => {
  const found = difference(before, after);
  expect(stringifyJson(found)).toBe(stringifyJson(patch));
  if (found !== null) {
    expect(canonicalJson(applyPatch(before, found))).toBe(canonicalJson(after));
  }
});

test.each(patches.composed)('two patches: $case', ({ first, second, patch }) => {
  expect(stringifyJson(composed(first, second))).toBe(stringifyJson(patch));
});

test.each(patches.differ)('places: $case', ({ one, other, patch, differ: expected }) => {
  expect(differ(one, other, placesOf(patch))).toBe(expected);
});

interface Published {
  comment?: string;
  doc: Json;
  patch: Patch;
  expected?: Json;
  error?: string;
  disabled?: boolean;
}
const published = ['spec_tests.json', 'tests.json']
  .flatMap(
    name =>
      parseJson(
        readFileSync(join('node_modules', 'json-patch-test-suite', name), 'utf8')
      ) as unknown as Published[]
  )
  .filter(each => 'patch' in each && each.disabled !== true);

test('the published tests of RFC 6902 are all there', () => {
  expect(published).toHaveLength(91);
});

test.each(published.map(each => [each.comment ?? stringifyJson(each.patch), each] as const))(
  'published: %s',
  (_, { doc, patch, expected, error }) => {
    if (error !== undefined) {
      expect(() => applyPatch(doc, patch)).toThrow(PatchError);
    } else {
      const result = canonicalJson(applyPatch(doc, patch));
      expect(result).toBe(expected === undefined ? result : canonicalJson(expected));
    }
  }
);

interface Specs {
  cases: { schema: Json; value: Json; problem: string | null }[];
}
const specs = golden('specs.json') as Specs;

test.each(specs.cases)('$schema and $value: $problem', ({ schema, value, problem }) => {
  expect(specProblem({ schema }, value)).toBe(problem);
});

interface Frames {
  client: Json[];
  server: Json[];
}
const frames = golden('frames.json') as Frames;

test.each([...frames.client, ...frames.server].map(frame => [stringifyJson(frame)]))(
  '%s travels unchanged',
  text => {
    expect(stringifyJson(parseJson(text))).toBe(text);
  }
);

interface Names {
  names: { name: string; valid: boolean; safe: boolean }[];
  reserved: { keywords: string[]; builtins: string[]; notebook: string[] };
  longest: { characters: number; valid: string };
}
const names = golden('names.json') as Names;

test.each(names.names)('$name: valid $valid, safe $safe', ({ name, valid, safe }) => {
  expect(nameProblem(name) === null).toBe(valid);
  expect(isPythonName(name)).toBe(safe);
});

test('what is reserved is what Python and a notebook have, all of it and nothing else', () => {
  const { keywords, builtins, notebook } = names.reserved;
  expect([...RESERVED].sort()).toEqual([...keywords, ...builtins, ...notebook].sort());
});

test('the longest name counts characters, not UTF-16 units', () => {
  const { characters, valid } = names.longest;
  expect(nameProblem(valid.repeat(characters))).toBeNull();
  expect(nameProblem(valid.repeat(characters + 1))).toBe('long');
});
