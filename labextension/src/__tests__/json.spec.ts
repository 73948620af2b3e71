import fc from 'fast-check';

import {
  parseTyped,
  RepeatedKey,
  alikeJson,
  canonicalJson,
  ExactNumber,
  flatJson,
  isInteger,
  numberText,
  parseJson,
  prettyJson,
  sameJson,
  stringifyJson,
  type Json
} from '../json';

test.each([
  '1.0',
  '-0',
  '-0.0',
  '1E2',
  '9007199254740993',
  '1e-400',
  '[1.0,{"a":1e5}]',
  '[1,[2,3.50]]',
  '{"s":"a: [1, 2","n":1.50}',
  '0.1',
  '123'
])('%s comes back digit for digit', text => {
  expect(stringifyJson(parseJson(text))).toBe(text);
});

test('numbers a double writes back are plain numbers', () => {
  expect(parseJson('0.1')).toBe(0.1);
  expect(parseJson('[42]')).toEqual([42]);
  expect(parseJson('1.0')).toBeInstanceOf(ExactNumber);
  expect(parseJson(' {"a" :\n 1.0}')).toEqual({ a: new ExactNumber('1.0') });
});

test('a key such as __proto__ is only a key', () => {
  const value = parseJson('{"__proto__": {"polluted": 1}}');
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
  expect(stringifyJson(value)).toBe('{"__proto__":{"polluted":1}}');
});

test('two values are the same exactly where their canonical texts are', () => {
  const near = fc
    .constantFrom(
      '1',
      '1.0',
      '1e0',
      '0',
      '-0',
      '-0.0',
      '9007199254740993',
      '"1"',
      'null',
      '{}',
      '[]'
    )
    .map(parseJson);
  const value = fc.letrec<{ any: Json }>(tie => ({
    any: fc.oneof(
      { maxDepth: 3 },
      near,
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), tie('any'), { maxKeys: 3 })
    )
  })).any;
  fc.assert(
    fc.property(value, value, (a, b) => {
      expect(sameJson(a, b)).toBe(canonicalJson(a) === canonicalJson(b));
    }),
    { numRuns: 2000 }
  );
  expect(sameJson(parseJson('{"a": 1, "b": [2]}'), parseJson('{"b": [2], "a": 1}'))).toBe(true);
});

test('1 and 1.0 are alike for staleness and not the same for storing', () => {
  const [int, float] = [parseJson('1'), parseJson('1.0')];
  expect(alikeJson(int, float)).toBe(true);
  expect(canonicalJson(int)).not.toBe(canonicalJson(float));
  expect(alikeJson(parseJson('[1e3]'), parseJson('[1000]'))).toBe(true);
  expect(alikeJson(1, true)).toBe(false);
});

test('any JSON survives being written and read, and pretty text means the same', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), value => {
      const json = parseJson(JSON.stringify(value));
      const text = canonicalJson(json);
      expect(canonicalJson(parseJson(stringifyJson(json)))).toBe(text);
      expect(canonicalJson(parseJson(prettyJson(json)))).toBe(text);
      expect(canonicalJson(parseJson(flatJson(json)))).toBe(text);
    })
  );
});

test('a number is an integer when it is written like one', () => {
  const kind = (text: string): boolean => isInteger(parseJson(text) as number | ExactNumber);
  expect([kind('1'), kind('1.0'), kind('1e3'), kind('-12345678901234567890')]).toEqual([
    true,
    false,
    false,
    true
  ]);
  expect(numberText(parseJson('1E2') as ExactNumber)).toBe('1E2');
});

test('short values stay on one line, long ones are indented', () => {
  expect(prettyJson({ a: [1, 2] })).toBe('{"a": [1, 2]}');
  expect(prettyJson({ key: 'x'.repeat(40), list: [1] })).toBe(
    `{\n  "key": "${'x'.repeat(40)}",\n  "list": [1]\n}`
  );
});

test('browsers without source text access read the same numbers', async () => {
  const parse = JSON.parse;
  const { rawJSON } = JSON;
  vi.resetModules();
  JSON.parse = ((text: string, reviver?: (key: string, value: unknown) => unknown) =>
    parse(text, reviver && ((key, value) => reviver(key, value))) as unknown) as typeof JSON.parse;
  delete JSON.rawJSON;
  try {
    const old = await import('../json');
    const text = '{"a":1.0,"s":"1.0 \\" 2","n":[9007199254740993,-0.0,12,1E2,null,true]}';
    expect(old.stringifyJson(old.parseJson(text))).toBe(text);
    expect(() => old.parseJson('[01]')).toThrow(SyntaxError);
    expect(() => old.parseJson('[1.]')).toThrow(SyntaxError);
  } finally {
    JSON.parse = parse;
    JSON.rawJSON = rawJSON;
  }
});

test.each([
  ['{"a": {"a": 1}, "b": [{"a": 2}, {"a": 3}]}', null],
  ['{"a": "v", ":": "{\\"a\\": 1", "b": ["b", "b"]}', null],
  ['"a"', null],
  ['{"a": 1, "b": {"c": 1, "d": [], "c": 2}}', 'c'],
  ['[{"a": 1 , "b": [{}], "a" : 1}]', 'a'],
  ['{"a": 1, "\\u0061": 2}', 'a'],
  ['{"": 1, "": 1}', '']
])('of %s nothing is lost, or it is said what would be: %s', (text, key) => {
  if (key === null) {
    expect(parseTyped(text)).toEqual(JSON.parse(text));
  } else {
    expect(() => parseTyped(text)).toThrow(new RepeatedKey(key));
  }
});
