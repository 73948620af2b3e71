import { parseJson, type Json } from '../json';
import { readScalar, readSpecial, scalarOf } from '../scalartext';

const DATE = { $date: '2026-01-02T03:04:05' };
const DURATION = { $duration: 'P0DT1S' };
const COMPLEX = { $complex: [1, 2] };

test.each<[Json, string, Json]>([
  [DATE, '2026-11-22 19:00', { $date: '2026-11-22T19:00:00' }],
  [DATE, '2026-11-22', { $date: '2026-11-22T00:00:00' }],
  [DATE, '2026-11-22T19:00:00.5+00:00', { $date: '2026-11-22T19:00:00.500000Z' }],
  [DATE, '2024-02-29 00:00:00', { $date: '2024-02-29T00:00:00' }],
  [DURATION, '1 day, 0:00:02.5', { $duration: 'P1DT2.500000S' }],
  [DURATION, '-1 day, 23:59:59', { $duration: 'P-1DT86399S' }],
  [DURATION, '90 s', { $duration: 'P0DT90S' }],
  [DURATION, '1h 30m', { $duration: 'P0DT5400S' }],
  [DURATION, '-30 s', { $duration: 'P-1DT86370S' }],
  [DURATION, '2 days', { $duration: 'P2DT0S' }],
  [{ $numberDecimal: '1' }, ' 0.10 ', { $numberDecimal: '0.10' }],
  [{ $localTime: '03:04:00' }, '7:30'.padStart(5, '0'), { $localTime: '07:30:00' }],
  [{ $fraction: [1, 3] }, '2/4', { $fraction: [2, 4] }],
  [{ $fraction: [1, 3] }, '5', { $fraction: [5, 1] }],
  [{ $range: [0, 1, 1] }, '10', { $range: [0, 10, 1] }],
  [{ $range: [0, 1, 1] }, 'range(0, 10, 3)', { $range: [0, 10, 3] }],
  [COMPLEX, '1.5+2j', { $complex: [1.5, 2] }],
  [COMPLEX, '-j', { $complex: [0, -1] }],
  [COMPLEX, '3', { $complex: [3, 0] }],
  [COMPLEX, 'nan+infj', { $complex: [{ $numberDouble: 'NaN' }, { $numberDouble: 'Infinity' }] }],
  [
    { $path: { type: 'PosixPath', path: 'a' } },
    'b/c.csv',
    { $path: { type: 'PosixPath', path: 'b/c.csv' } }
  ]
])('%j, typed over with %j', (old, text, value) => {
  expect(readScalar(old, text)).toEqual({ value });
});

test.each<[Json, string, string]>([
  [DATE, '2026-02-30', '2026-11-22 19:00:00'],
  [DATE, '22.11.2026', '2026-11-22 19:00:00'],
  [DATE, '2026-11-22 25:00', '2026-11-22 19:00:00'],
  [DURATION, '', '1 day, 2:30:00'],
  [DURATION, 'soon', '1 day, 2:30:00'],
  [{ $numberDecimal: '1' }, '1,5', '1.10'],
  [{ $uuid: '00000000-0000-0000-0000-000000000001' }, '1', '123e4567-e89b-12d3-a456-426614174000'],
  [{ $fraction: [1, 3] }, '1/0', '1/3'],
  [{ $range: [0, 1, 1] }, '0, 1, 0', 'range(0, 10, 2)'],
  [COMPLEX, '1+2', '1.5+2j']
])('%j is not typed over with %j', (old, text, example) => {
  expect(readScalar(old, text)).toEqual({ example });
});

test.each<[Json, string]>([
  [{ $duration: 'P1DT2.500000S' }, '1 day, 0:00:02.5'],
  [{ $duration: 'P-1DT86399S' }, '-1 day, 23:59:59'],
  [DATE, '2026-01-02 03:04:05'],
  [{ $date: { $numberLong: '0' } }, '1970-01-01 00:00:00.000Z'],
  [{ $complex: [1, -2] }, '1-2j'],
  [parseJson('{"$fraction": [9007199254740993, 2]}'), '9007199254740993/2']
])('%j is shown as %j', (value, text) => {
  expect(scalarOf(value)?.text).toBe(text);
});

test.each<[string, Json | null]>([
  ['nan', { $numberDouble: 'NaN' }],
  ['-inf', { $numberDouble: '-Infinity' }],
  ['Infinity', { $numberDouble: 'Infinity' }],
  ['nano', null],
  ['', null]
])('%j as a number that JSON lacks', (text, value) => {
  expect(readSpecial(text)).toEqual(value);
});
