import { readFileSync } from 'node:fs';

import { parseJson, stringifyJson, type Json } from '../json';
import { arrayOf } from '../ndarray';
import { readScalar, scalarOf } from '../scalartext';
import { arraySheet } from '../sheet';
import { byteWords, pictureOf, typedOf, typeWords } from '../typed';

interface Golden {
  values: { python: string; kind: string; json: Json }[];
  malformed: Json[];
}

const golden = parseJson(readFileSync('tests/frames/values.json', 'utf8')) as unknown as Golden;

function sheetOf(value: Json): { names: string[]; dtypes: (string | null)[]; rows: Json[][] } {
  const typed = typedOf(value);
  if (typed?.is !== 'frame' && typed?.is !== 'series') {
    throw new Error('This has no rows.');
  }
  const { columns, rows, cell } = typed.sheet;
  return {
    names: columns.map(each => each.name),
    dtypes: columns.map(each => each.dtype),
    rows: Array.from({ length: rows }, (_, row) => columns.map((_, i) => cell(row, i) ?? null))
  };
}

describe('as the kernel writes them', () => {
  test.each(golden.values.map(each => [each.python, each] as const))('%s', (_, { json, kind }) => {
    expect(typeWords(json)).toBe(kind);
  });

  test.each(golden.malformed.map(each => [stringifyJson(each), each] as const))(
    '%s is plain JSON',
    (_, json) => {
      expect(typedOf(json)).toBeNull();
      expect(typeWords(json)).toBeNull();
    }
  );

  test('each scalar comes back as it was from the text that is shown of it', () => {
    const scalars = golden.values.filter(each => scalarOf(each.json) !== null);
    expect(scalars.length).toBeGreaterThan(20);
    for (const { json } of scalars) {
      const { text } = scalarOf(json)!;
      expect([text, readScalar(json, text)]).toEqual([text, { value: json }]);
    }
  });
});

test('a frame has names, types and cells; a missing number, a time and a category are read', () => {
  const frame = (columns: string, index = '{"range": [0, 2, 1]}'): Json =>
    parseJson(`{"$dataframe": {"columns": [${columns}], "index": ${index}}}`);
  expect(
    sheetOf(
      frame(
        '{"name": "lr", "dtype": "float64", "data": [0.5, null]},' +
          '{"name": 3, "dtype": "datetime64[ns]", "unit": "ns", "data": [1767323045123456789, null]},' +
          '{"name": "k", "dtype": "category", "data": ["u", null], "categories": ["u"], "ordered": false}'
      )
    )
  ).toEqual({
    names: ['lr', '3', 'k'],
    dtypes: ['float64', 'datetime64[ns]', 'category'],
    rows: [
      [0.5, '2026-01-02 03:04:05.123456789', 'u'],
      [{ $numberDouble: 'NaN' }, 'NaT', null]
    ]
  });
});

test('an index of several levels, and intervals, are told', () => {
  const bins = golden.values.find(each => each.python.includes('pd.cut'))!.json;
  expect(sheetOf(bins).rows).toEqual([['(0, 1]'], ['(1, 2]']]);
  const levels = golden.values.find(each => each.python.includes('index=pd.MultiIndex'))!.json;
  const typed = typedOf(levels);
  expect(typed?.is === 'frame' && [typed.sheet.label(0), typed.sheet.label(1)]).toEqual([
    'a, 1',
    'b, 1'
  ]);
});

test.each([
  ['float64', [2], '["AAAAAAAA8D8AAAAAAAD4fw=="]', [1, { $numberDouble: 'NaN' }]],
  ['float16', [2], '["ADwA/A=="]', [1, { $numberDouble: '-Infinity' }]],
  ['int64', [1], '["/////////38="]', '9223372036854775807'],
  ['uint8', [2], '["AP8="]', [0, 255]],
  ['bool', [2], '["AAE="]', [false, true]]
])('bytes of %s are read', (dtype, shape, text, expected) => {
  const [base64] = JSON.parse(text) as string[];
  const array = arrayOf({ dtype, shape, base64: base64! })!;
  const all = Array.from({ length: array.size }, (_, i) => array.at(i));
  expect(typeof expected === 'string' ? stringifyJson(all[0]) : all).toEqual(expected);
});

test('of an array of three dimensions the first matrix is seen', () => {
  const array = arrayOf({ dtype: 'int64', shape: [2, 2, 3], data: [...Array(12).keys()] })!;
  const sheet = arraySheet(array);
  expect([sheet.rows, sheet.columns.length, sheet.cell(1, 2)]).toEqual([2, 3, 5]);
});

test.each([
  ['bytes, 12 kB', 12_000],
  ['bytes, 999 bytes', 999],
  ['bytes, 1.5 MB', 1_500_000]
])('%s', (words, count) => {
  expect(`bytes, ${byteWords(count)}`).toBe(words);
});

describe('a picture', () => {
  const image = golden.values.find(each => each.kind.startsWith('Image'))!.json as {
    $image: { png: string };
  };
  const { png } = image.$image;

  test('is PNG, of the size that its own header says', () => {
    expect(pictureOf(png)).toEqual({
      url: `data:image/png;base64,${png}`,
      width: 3,
      height: 2
    });
  });

  test.each([
    ['what is no base64', `${png}" onerror="alert(1)`],
    ['an SVG', btoa('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>')],
    ['a GIF', btoa(`GIF89a${' '.repeat(40)}`)],
    ['an address', 'javascript:alert(1)'],
    ['more than the kernel writes', png.padEnd(1_000_000, 'A')],
    [
      'a header of very many pixels',
      btoa(`\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\x01\0\0\0\x01\0\0${' '.repeat(8)}`)
    ],
    ['no text', 5]
  ])('is not %s', (_, text) => {
    expect(pictureOf(text)).toBeNull();
  });
});
