import { declarationForm, declarationOf, type DeclarationForm } from '../declaration';
import { parseJson, stringifyJson, type Json } from '../json';
import type { Row, Spec } from '../model';

function row(value: Json, spec?: Spec): Row {
  const base = { name: 'lr', value, revision: 1, updatedAt: 1, origin: { kind: 'api' as const } };
  return spec === undefined ? base : { ...base, spec };
}

function declared(value: Json, form: Partial<DeclarationForm>, spec?: Spec): unknown {
  return declarationOf({ ...declarationForm(row(value, spec)), ...form }, spec);
}

test('a number gets bounds, a default and a lock', () => {
  const form = { description: ' how far ', minimum: '0', maximum: '1.0', default: '0.1' };
  expect(stringifyJson(declared(0.5, { ...form, locked: true }))).toBe(
    '{"spec":{"description":"how far","schema":{"type":"number","minimum":0,"maximum":1.0},"default":0.1,"locked":true}}'
  );
});

test('choices are apart by commas, in quotes what has one', () => {
  expect(declared('adam', { choices: 'adam, sgd ,"a, b", 3' })).toEqual({
    spec: { schema: { type: 'string', enum: ['adam', 'sgd', 'a, b', '3'] } }
  });
  expect(declared(1, { choices: '1, 2, 8' })).toEqual({
    spec: { schema: { type: 'integer', enum: [1, 2, 8] } }
  });
});

test.each<[Json, Partial<DeclarationForm>, object]>([
  [1, { minimum: 'few' }, { kind: 'bound', field: 'minimum', text: 'few' }],
  [1, { maximum: '1.5' }, { kind: 'bound', field: 'maximum', text: '1.5' }],
  [0.5, { minimum: '2', maximum: '1' }, { kind: 'bounds' }],
  ['a', { choices: 'a, "b' }, { kind: 'choices' }],
  ['a', { default: '[1' }, { kind: 'default', sentence: null }],
  [
    0.5,
    { maximum: '1', default: '2' },
    { kind: 'default', sentence: '2 is more than the maximum 1.' }
  ]
])('%j with %j is not taken', (value, form, problem) => {
  expect(declared(value, form)).toEqual({ problem });
});

test('nothing that anybody said is no declaration, and all that is taken out again', () => {
  expect(declared(0.5, {})).toEqual({ spec: null });
  const spec = { description: 'x', schema: { type: 'number', maximum: 1 } };
  expect(declared(0.5, { description: '', maximum: '', type: 'any' }, spec)).toEqual({
    spec: null
  });
});

test('a form that is not touched comes to the declaration that there was, also what it has no field for', () => {
  const specs: Spec[] = [
    { schema: { type: 'number', minimum: 0, multipleOf: 0.5 }, control: 'number', default: 1 },
    { schema: { enum: ['a', 'b, c', '7', ''] }, default: '7', locked: false },
    { schema: { type: 'string', pattern: '^a' }, default: ' a' },
    { schema: { type: ['string', 'null'], maxLength: 3 }, description: 'short' },
    { schema: { minimum: 0 } },
    { schema: parseJson('{"type": "number", "maximum": 1.0}'), default: parseJson('1e-3') }
  ];
  for (const spec of specs) {
    expect(declared(null, {}, spec)).toEqual({ spec });
  }
});

test('what is of another type is left behind', () => {
  const spec = { schema: { type: 'string', pattern: '^a' }, default: 'a' };
  expect(declared('a', { type: 'number', default: '3' }, spec)).toEqual({
    spec: { schema: { type: 'number' }, default: 3 }
  });
});
