import { numberText, parseJson, type ExactNumber } from '../json';
import { readNumber, stepNumber } from '../numbertext';

test.each(['0', '-1', '0.5', '1e-5', '1.0', '12345678901234567890123'])(
  '%s is taken as typed',
  text => {
    const reading = readNumber(` ${text} `);
    expect(reading.ok && numberText(reading.value)).toBe(text);
  }
);

test.each([
  ['0,01', '0.01'],
  ['-1,5', '-1.5'],
  ['.5', '0.5'],
  ['-.5', '-0.5'],
  ['+3', '3'],
  ['007', '7'],
  ['1_000', '1000'],
  ['1 000', '1000']
])('%s: the right way to write it is %s', (text, write) => {
  expect(readNumber(text)).toMatchObject({ ok: false, write });
});

test.each(['-', '1.', '1e', '1e-', '0.5e'])('%s is on its way to a number', text => {
  expect(readNumber(text)).toEqual({ ok: false, problem: 'incomplete' });
});

test.each([
  ['', 'empty'],
  ['abc', 'other'],
  ['NaN', 'special'],
  ['-inf', 'special'],
  ['1e400', 'large'],
  ['1,2,3', 'other'],
  ['0x10', 'other']
])('%j is %s', (text, problem) => {
  expect(readNumber(text)).toMatchObject({ ok: false, problem });
});

test.each([
  ['1', 1, '2'],
  ['0.35', 1, '0.36'],
  ['0.99', 1, '1.00'],
  ['0.01', -2, '-0.01'],
  ['1.0', -1, '0.9'],
  ['9007199254740993', 1, '9007199254740994'],
  ['-1', 1, '0'],
  ['1e-5', 1, '2e-5'],
  ['2.5E3', 1, '2.6E3']
])('%s and %i more in the last digit is %s', (text, by, expected) => {
  expect(stepNumber(text, by)).toBe(expected);
  expect(() => parseJson(expected) as number | ExactNumber).not.toThrow();
});
