/** The golden files that the server's tests read too: one language cannot drift from the other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { canonicalJson, parseJson, sameJson, stringifyJson, type Json } from '../json';
import { valueProblem } from '../limits';
import { applyOps, type Op, type Origin, type Row } from '../model';
import { isPythonName, nameProblem } from '../names';

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
    stringifyJson({ name: row.name, value: row.value, revision: row.revision });
  expect([...next.values()].sort(byName).map(told)).toEqual([...after].sort(byName).map(told));
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
  longest: { characters: number; valid: string };
}
const names = golden('names.json') as Names;

test.each(names.names)('$name: valid $valid, safe $safe', ({ name, valid, safe }) => {
  expect(nameProblem(name) === null).toBe(valid);
  expect(isPythonName(name)).toBe(safe);
});

test('the longest name counts characters, not UTF-16 units', () => {
  const { characters, valid } = names.longest;
  expect(nameProblem(valid.repeat(characters))).toBeNull();
  expect(nameProblem(valid.repeat(characters + 1))).toBe('long');
});
