import { dayWords, fullTime, numberWords, speak, timeWords } from '../components/moments';
import { nullTranslator } from '@jupyterlab/translation';

const AT = new Date(2026, 2, 1, 15, 4).getTime();
const trans = nullTranslator.load('session_state_ext');

afterEach(() => speak('en', ['en-US']));

test('times are in the language that JupyterLab speaks, not in the browser’s', () => {
  speak('de_DE', ['fr-FR', 'en-US']);
  expect([timeWords(AT), dayWords(AT, AT + 9e9, trans), numberWords(1234567)]).toEqual([
    '15:04',
    '1. März',
    '1.234.567'
  ]);
  speak('en', ['fr-FR', 'en-US']);
  expect(timeWords(AT)).toBe('03:04\u00a0PM');
});

test('of one language the browser’s kind is kept', () => {
  speak('en', ['en-GB', 'en-US']);
  expect(fullTime(AT)).toContain('01/03/2026');
});
