import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { render, screen } from '@testing-library/react';
import React from 'react';

import { kindWords, numbersOf } from '../components/kinds';
import { PanelView } from '../components/PanelView';
import { freeName } from '../components/RowMenu';
import { editSentence, flushSentence, jsonSentence, shortValue } from '../components/sentences';
import { line, Sparkline } from '../components/Sparkline';
import { Summary } from '../components/Summary';
import { statusWords } from '../components/SyncLight';
import { TablePreview } from '../components/TablePreview';
import { whoWords } from '../components/WrittenBy';
import { Asks } from '../asks';
import type { Current } from '../current';
import { parseJson, parseTyped, type Json } from '../json';
import { SessionList } from '../sessionlist';
import { agoWords, durationWords, whenWords } from '../components/moments';

const trans = nullTranslator.load('session_state_ext');

test.each([
  ['1', 'integer'],
  ['1.0', 'number'],
  ['"x"', 'text'],
  ['true', 'switch'],
  ['null', 'null'],
  ['{"a": 1}', 'object, 1 key'],
  ['{}', 'object, 0 keys'],
  ['[1, 2.5]', '2 numbers'],
  ['[1, "x"]', 'list, 2 items'],
  ['[]', 'list, 0 items'],
  ['[{"a": 1}, {"b": 2}]', 'table 2 × 2'],
  ['[{}]', 'list, 1 item'],
  ['[[1, 2], [3, 4], [5, 6]]', 'matrix 3 × 2'],
  ['[1, {"$numberDouble": "NaN"}]', '2 numbers'],
  ['{"$numberDouble": "NaN"}', 'number'],
  ['{"$localDate": "2026-01-02"}', 'date']
])('%s is called %s', (text, words) => {
  expect(kindWords(parseJson(text), trans)).toBe(words);
});

test.each([
  [0, 'now'],
  [50_000, '1 min'],
  [125_000, '2 min'],
  [3_600_000, '1 h'],
  [-5000, 'now']
])('%i ms ago is %s', (ms, words) => {
  const [at, now] = [1_000_000_000_000 - ms, 1_000_000_000_000];
  expect(agoWords(at, now, trans)).toBe(words);
  expect(whenWords(at, now, trans)).toBe(/ (min|h)$/.test(words) ? `${words} ago` : words);
});

test.each([
  [2, '2 ms'],
  [1500, '1.5 s'],
  [65_000, '65 s'],
  [600_000, '10 min']
])('%i ms take %s', (ms, words) => {
  expect(durationWords(ms, trans)).toBe(words);
});

test('who wrote it: this tab is you, another panel is a panel', () => {
  const on = { client: 'A', hasPeople: false, cellNumber: () => null };
  expect(whoWords({ kind: 'panel', client: 'A' }, on, trans)).toBe('you');
  expect(whoWords({ kind: 'panel', client: 'B' }, on, trans)).toBe('panel');
  expect(whoWords({ kind: 'step', step: 'train' }, on, trans)).toBe('train');
  expect(whoWords({ kind: 'cli' }, on, trans)).toBe('command line');
});

test.each([
  [{ kind: 'offline', edits: 3 }, 'Offline, 3 edits kept'],
  [{ kind: 'offline', edits: 0 }, 'Offline'],
  [{ kind: 'conflict', conflicts: 2 }, '2 conflicts'],
  [{ kind: 'conflict', refused: 1 }, '1 refused'],
  [{ kind: 'invalid', invalid: 2 }, '2 not valid'],
  [{ kind: 'notkept' }, 'Not kept'],
  [{ kind: 'offline', end: 'gone' }, 'Deleted']
])('the light for %j says %s', (status, words) => {
  const all = { edits: 0, conflicts: 0, refused: 0, waits: null, end: null, ...status };
  expect(statusWords(all as Parameters<typeof statusWords>[0], trans)).toBe(words);
});

function jsonError(text: string): string {
  try {
    parseTyped(text);
  } catch (error) {
    return jsonSentence(text, error, trans);
  }
  throw new Error('This is JSON.');
}

test.each([
  ['', 'Empty: write a value, or null.'],
  ['[True]', 'JSON writes true, false and null in small letters.'],
  ["{'a': 1}", 'JSON writes text in double quotes.'],
  ['[1, 2,]', 'JSON has no comma before a closing bracket.'],
  ['{"a": [1', 'Not complete: a bracket or a quote is still open.'],
  ['{\n  "a": x\n}', 'Not JSON: “x” does not belong there.'],
  ['{\n  "a": 1 2\n}', 'Not JSON: see line 2, column 10.'],
  ['"half', 'Not complete: a bracket or a quote is still open.'],
  [
    '{"a": 1, "\\u0061": 2}',
    'The key "a" stands in one object twice: only one of its values could be kept.'
  ]
])('%j is answered: %s', (text, sentence) => {
  expect(jsonError(text)).toBe(sentence);
});

test('a flush that failed says what is wrong first, then what is late', () => {
  const none = { ok: false, late: ['b'], refused: [], invalid: [] };
  expect(flushSentence(none, trans)).toBe('Not started. Not saved yet: b.');
  expect(flushSentence({ ...none, invalid: [{ name: 'lr', text: '0,01' }] }, trans)).toBe(
    'Not started. lr: “0,01” cannot be saved.'
  );
});

test('every reason has a sentence', () => {
  for (const code of ['long', 'control', 'proto', 'deep', 'digits', 'range', 'large'] as const) {
    expect(editSentence(code, trans)).toMatch(/\.$/);
  }
});

test('short values are short', () => {
  expect(shortValue('x'.repeat(100), trans, 10)).toHaveLength(10);
  expect(shortValue(undefined, trans)).toBe('deleted');
});

test('a copy gets the first free name', () => {
  const taken = new Set(['lr', 'lr_2', 'lr_3']);
  expect(freeName('lr', name => taken.has(name))).toBe('lr_4');
});

describe('a line', () => {
  const points = (numbers: number[]): number[][] =>
    line(numbers)
      .split(' ')
      .map(point => point.split(',').map(Number));

  test('goes from left to right, the highest number at the top', () => {
    expect(points([0, 10, 5])).toEqual([
      [0, 32],
      [110, 2],
      [220, 17]
    ]);
  });

  test('of one value over and over is level, and of huge ones stays finite', () => {
    expect(points([3, 3]).map(([, y]) => y)).toEqual([17, 17]);
    expect(points([-1.7e308, 1.7e308]).flat().every(Number.isFinite)).toBe(true);
  });

  test('of very many keeps its one spike, in few points', () => {
    const numbers = new Array<number>(100_000).fill(0);
    numbers[54_321] = 1;
    const drawn = points(numbers);
    expect(drawn.length).toBeLessThan(600);
    expect(Math.min(...drawn.map(([, y]) => y!))).toBe(2);
  });

  test('is drawn for lists of numbers only', () => {
    expect(numbersOf([1, parseJson('2.0')])).toEqual([1, 2]);
    expect(numbersOf([1])).toBeNull();
    expect(numbersOf([1, 'x'])).toBeNull();
    expect(numbersOf(parseJson('[1, 1e400]'))).toBeNull();
  });

  test('has words for those who cannot see it', () => {
    render(<Sparkline numbers={[1, 2]} label="loss: 2 numbers" />);
    expect(screen.getByRole('img').getAttribute('aria-label')).toBe('loss: 2 numbers');
  });
});

test('a table shows its first rows and columns, as text, and how many there are', () => {
  const value = new Array<Json>(10).fill({
    feature: '<b>bmi</b>',
    weight: 519.812345678,
    c: 1,
    d: 2,
    e: 3
  });
  const { container } = render(<TablePreview value={value} />);
  expect(container.querySelector('b')).toBeNull();
  expect([...container.querySelectorAll('[data-head]')].map(each => each.textContent)).toEqual([
    'feature',
    'weight',
    'c',
    'd'
  ]);
  expect(container.textContent).toContain('519.8');
  expect(container.textContent).toContain('3 of 10 rows, 4 of 5 columns');
});

test('a summary is text, and short for what is long', () => {
  const value: Json = { html: '<img src=x onerror=alert(1)>', list: new Array<Json>(5000).fill(1) };
  const { container } = render(<Summary value={value} />);
  expect(container.querySelector('img')).toBeNull();
  expect(container.textContent).toContain('<img src=x');
  expect(container.querySelectorAll('span').length).toBeLessThan(60);
});

test.each([
  [{ kind: 'none' }, 'Open a notebook'],
  [{ kind: 'absent' }, 'pip install session-state-ext'],
  [{ kind: 'failed', status: 503, message: 'Not yet.' }, 'Not yet.'],
  [{ kind: 'failed', status: 403, message: 'Forbidden' }, 'may not use']
] as [Current, string][])('without a session, %j, the panel says why', (state, words) => {
  const current = {
    getState: () => state,
    subscribe: () => () => undefined,
    refresh: vi.fn(),
    use: vi.fn(),
    own: null,
    front: null
  };
  const list = new SessionList(ServerConnection.makeSettings());
  render(
    <PanelView current={current} list={list} asks={new Asks()} trans={trans} newEditor={null} />
  );
  expect(screen.getByTestId('panel-sentence').textContent).toContain(words);
});
