import { parseJson, type Json } from '../json';
import { DEFAULT_LIMITS, valueProblem } from '../limits';

const nested = (depth: number): Json => parseJson('['.repeat(depth) + ']'.repeat(depth));

test.each([
  ['as deep as may be', nested(64), null],
  ['deeper', nested(65), 'deep'],
  ['many digits', parseJson('1'.repeat(4300)), null],
  ['too many digits', parseJson(`[-${'1'.repeat(4301)}]`), 'digits'],
  ['beyond a double', parseJson('1e400'), 'range'],
  ['half a character', { key: ['\ud83d'] }, 'surrogate'],
  ['half a character in a key', { '\ude00': 1 }, 'surrogate'],
  ['a whole one', '\ud83d\ude00', null],
  ['the largest text', 'x'.repeat(1024 * 1024 - 2), null],
  ['one more', 'x'.repeat(1024 * 1024 - 1), 'large'],
  ['bytes count, not characters', '€'.repeat(400_000), 'large']
] as [string, Json, string | null][])('%s', (_, value, expected) => {
  expect(valueProblem(value, DEFAULT_LIMITS)).toBe(expected);
});
