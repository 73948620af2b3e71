import { readFileSync } from 'node:fs';
import { parseJson, type Json } from '../json';
import { pythonText } from '../pythontext';

test('values are Python source, with the imports they need', () => {
  const text = pythonText([
    ['lr', 0.1],
    ['n', parseJson('9007199254740993')],
    ['learning-rate', parseJson('1.0')],
    ['class', true],
    ['config', { 'a"b': [null, false, 'x\ny\u2028'] }],
    ['d', { $numberDecimal: '1.10' }],
    ['at', { $date: '2026-01-02T03:04:05Z' }],
    ['loss', { $numberDouble: 'NaN' }],
    ['took', { $duration: 'P1DT2.500000S' }],
    ['raw', { $binary: { base64: 'YWI=', subType: '00' } }],
    ['plain', { $dict: { $date: 1 } }]
  ]);
  expect(text.split('\n')).toEqual([
    'import datetime',
    'import decimal',
    '',
    'lr = 0.1',
    'n = 9007199254740993',
    'session["learning-rate"] = 1.0',
    'session["class"] = True',
    'config = {"a\\"b": [None, False, "x\\ny\\u2028"]}',
    'd = decimal.Decimal("1.10")',
    'at = datetime.datetime.fromisoformat("2026-01-02 03:04:05+00:00")',
    'loss = float("NaN")',
    'took = datetime.timedelta(1, 2, 500000)',
    'raw = bytes.fromhex("6162")',
    'plain = {"$date": 1}'
  ]);
});

test('a picture is a comment: no source would be read', () => {
  const golden = parseJson(readFileSync('tests/frames/values.json', 'utf8')) as unknown as {
    values: { kind: string; json: Json }[];
  };
  const image = golden.values.find(each => each.kind === 'Image 3x2')!.json;
  expect(pythonText([['figure', image]])).toBe('# figure: Image 3x2');
});
