import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { nullTranslator } from '@jupyterlab/translation';

import { circleWords, detail, errorWords } from '../components/stepwords';
import { parseJson } from '../json';
import { recordRun } from '../changes';
import type { Row, Run, Step } from '../model';
import { circlesOf, inOrder, mergeSteps, scanCells, stepsToRun, stuckIn } from '../steps';

const cell = (source: string, id = source): { id: string; source: string } => ({ id, source });

test.each([
  ['%%session step train --in lr epochs --out loss\nloss = 1', ['lr', 'epochs'], ['loss']],
  ['\n%%session step train --in lr, epochs --keep model --out loss', ['lr', 'epochs'], ['loss']],
  ['%%session  step train --in=lr --force', ['lr'], []],
  ['#| step: train(lr, epochs) -> loss, model\nx', ['lr', 'epochs'], ['loss', 'model']],
  ['#| step: train()', [], []],
  ['#| step: train -> loss', [], ['loss']],
  ['#| step: train(lr) -> loss --keep model --timeout 60\nx', ['lr'], ['loss']],
  ['#| step: train --in lr --out=loss', ['lr'], ['loss']],
  ['# | step: train(lr) -> loss\nx', ['lr'], ['loss']],
  ['#|step:train(lr) -> loss\nx', ['lr'], ['loss']],
  ['# A comment\n\n#| echo: false\n# | step: train(lr) -> loss', ['lr'], ['loss']]
])('%j declares a step', (source, inputs, outputs) => {
  expect(scanCells([cell(source, 'c1')])).toMatchObject([
    { name: 'train', inputs, outputs, cell: 'c1' }
  ]);
});

test.each([
  '%session step train',
  'x = 1\n%%session step train',
  '# step: train()',
  '## | step: train()',
  '# A comment\n%%session step train',
  'x = 1\n#| step: train()',
  '#| step: ',
  '#| step: -> loss',
  '%%session step --in x',
  ''
])('%j declares none', source => {
  expect(scanCells([cell(source)])).toEqual([]);
});

test('a run that read nothing comes without inputs', () => {
  const run: Run = { id: 'r', step: 'a', status: 'refused', start: 1, source: 'sha256:0' };
  const steps = recordRun(new Map(), run);
  expect(mergeSteps([], steps, new Map())).toMatchObject([
    { name: 'a', state: 'failed', inputs: [] }
  ]);
  const done = recordRun(steps, { ...run, status: 'done' });
  expect(mergeSteps([], done, new Map())).toMatchObject([{ state: 'fresh', changed: [] }]);
});

test('of two cells with one name the first counts', () => {
  const cells = [cell('%%session step a --in x', '1'), cell('%%session step a --in y', '2')];
  expect(scanCells(cells)).toMatchObject([{ inputs: ['x'], cell: '1' }]);
});

const row = (name: string, text: string, revision: number): Row => ({
  name,
  value: parseJson(text),
  revision,
  updatedAt: 0,
  origin: { kind: 'panel' }
});

function step(name: string, status: Run['status'], read: [number, string]): [string, Step] {
  const run: Run = {
    id: 'r',
    step: name,
    status,
    start: 0,
    end: 1,
    inputs: { lr: { revision: read[0], value: parseJson(read[1]) } },
    outputs: [],
    source: ''
  };
  const good = status === 'done' || status === 'warned';
  return [name, { name, inputs: ['lr'], outputs: [], run, done: good ? run : null }];
}

describe('a step is', () => {
  const train = scanCells([cell('%%session step train --in lr', 'c1')]);
  const state = (steps: [string, Step][], rows: Row[]): string | undefined =>
    mergeSteps(train, new Map(steps), new Map(rows.map(each => [each.name, each])))[0]?.state;

  test.each([
    ['new before its first run', [], [row('lr', '1', 3)], 'new'],
    [
      'fresh while its input is untouched',
      [step('train', 'done', [3, '1'])],
      [row('lr', '1', 3)],
      'fresh'
    ],
    ['stale once it changed', [step('train', 'done', [3, '1'])], [row('lr', '2', 4)], 'stale'],
    [
      'fresh again once it is set back',
      [step('train', 'done', [3, '1'])],
      [row('lr', '1.0', 5)],
      'fresh'
    ],
    ['stale when its input is gone', [step('train', 'done', [3, '1'])], [], 'stale'],
    ['fresh after warnings', [step('train', 'warned', [3, '1'])], [row('lr', '1', 3)], 'fresh'],
    ['running', [step('train', 'running', [3, '1'])], [row('lr', '1', 3)], 'running'],
    ['failed', [step('train', 'failed', [3, '1'])], [row('lr', '1', 3)], 'failed'],
    [
      'failed when it was refused',
      [step('train', 'refused', [3, '1'])],
      [row('lr', '1', 3)],
      'failed'
    ],
    ['interrupted', [step('train', 'interrupted', [3, '1'])], [row('lr', '1', 3)], 'interrupted']
  ] as [string, [string, Step][], Row[], string][])('%s', (_, steps, rows, expected) => {
    expect(state(steps, rows)).toBe(expected);
  });
});

test('Run takes what is not fresh, in notebook order, and leaves what has no cell', () => {
  const cells = scanCells([
    cell('%%session step c'),
    cell('%%session step a --in lr'),
    cell('%%session step b --in lr')
  ]);
  const known = new Map([
    step('a', 'done', [3, '1']),
    step('b', 'failed', [3, '1']),
    step('elsewhere', 'failed', [3, '1'])
  ]);
  const steps = mergeSteps(cells, known, new Map([['lr', row('lr', '1', 3)]]));
  expect(steps.map(each => each.name)).toEqual(['c', 'a', 'b', 'elsewhere']);
  expect(stepsToRun(steps).map(each => each.name)).toEqual(['c', 'b']);
});

describe('steps after one another', () => {
  const cells = scanCells([
    cell('#| step: last(mid) -> end'),
    cell('#| step: first(lr) -> mid'),
    cell('#| step: plot() -> picture')
  ]);
  const made = (
    name: string,
    reads: string,
    writes: string,
    more: Partial<Run> = {}
  ): [string, Step] => {
    const [, { run }] = step(name, 'done', [3, '1']);
    const own = {
      ...run!,
      id: name,
      inputs: reads === '' ? {} : { [reads]: { revision: 3, value: parseJson('1') } },
      outputs: [writes],
      written: [writes],
      revision: 5,
      ...more
    };
    const inputs = reads === '' ? [] : [reads];
    return [name, { name, inputs, outputs: [writes], run: own, done: own }];
  };
  const known = new Map([
    made('first', 'lr', 'mid', { left: ['model'] }),
    made('last', 'mid', 'end'),
    made('plot', '', 'picture', { needs: { model: 'sha256:0' } })
  ]);
  const rows = (...changed: Row[]): Map<string, Row> =>
    new Map(
      [
        row('lr', '1', 3),
        row('mid', '1', 3),
        row('end', '1', 5),
        row('picture', '1', 5),
        ...changed
      ].map(each => [each.name, each])
    );

  test('are fresh together', () => {
    expect(mergeSteps(cells, known, rows()).map(each => each.state)).toEqual([
      'fresh',
      'fresh',
      'fresh'
    ]);
  });

  test('are stale with the first, by a variable or a name in the kernel, and run after it', () => {
    const steps = mergeSteps(cells, known, rows(row('lr', '2', 6)));
    expect(steps).toMatchObject([
      { name: 'last', state: 'stale', changed: [], before: 'first' },
      { name: 'first', state: 'stale', changed: ['lr'], before: null },
      { name: 'plot', state: 'stale', before: 'first' }
    ]);
    expect(stepsToRun(steps).map(each => each.name)).toEqual(['first', 'last', 'plot']);
  });

  test('are stale where somebody else wrote or deleted an output', () => {
    const written = mergeSteps(cells, known, rows(row('end', '7', 6)));
    expect(written[0]).toMatchObject({ state: 'stale', lost: ['end'] });
    const gone = rows();
    gone.delete('end');
    expect(mergeSteps(cells, known, gone)[0]).toMatchObject({ state: 'stale', lost: ['end'] });
  });

  test('stay fresh after a failed try with other values, once those are set back', () => {
    const last = known.get('last')!;
    const tried: Run = {
      ...last.run!,
      id: 'tried',
      status: 'failed',
      inputs: { mid: { revision: 9, value: parseJson('0') } }
    };
    const after = new Map(known).set('last', { ...last, run: tried });
    expect(mergeSteps(cells, after, rows())[0]).toMatchObject({ state: 'fresh' });
    expect(mergeSteps(cells, after, rows(row('mid', '0', 4)))[0]).toMatchObject({
      state: 'failed'
    });
  });
});

describe('steps that wait for one another', () => {
  const cells = scanCells(
    ['after(b) -> c', 'cyc1(a) -> b', 'cyc2(b) -> a', 'late(y) -> z', 'early(x) -> y'].map(line =>
      cell(`#| step: ${line}`)
    )
  );
  const names = (views: { name: string }[]): string[] => views.map(each => each.name);

  test('are named, and left out with what comes after them', () => {
    const steps = mergeSteps(cells, new Map(), new Map());
    const [circle] = circlesOf(steps);
    expect(circle!.way).toEqual(['cyc1', 'cyc2', 'cyc1']);
    expect(stuckIn(circle!, steps)).toEqual(['after', 'cyc1', 'cyc2']);
    expect(names(stepsToRun(steps))).toEqual(['early', 'late']);
    expect(names(inOrder(steps))).toEqual(['early', 'late']);
    const words = circleWords(circle!, stuckIn(circle!, steps), nullTranslator.load('x'));
    expect(words).toBe(
      'cyc1 → cyc2 → cyc1: each of these steps reads what the one before it writes, so that none can be the first. ' +
        'Run stale and Run all leave out after, cyc1, cyc2. Take one of the names out of --in or --out.'
    );
  });

  test('are in nobody’s way while all of them are fresh', () => {
    const steps = mergeSteps(cells, new Map(), new Map()).map(step =>
      step.name.startsWith('cyc') ? { ...step, state: 'fresh' as const } : step
    );
    expect(names(stepsToRun(steps))).toEqual(['early', 'late', 'after']);
    expect(names(inOrder(steps))).toEqual(['early', 'late']);
  });
});

test('what a step left in the kernel for another one is made before it', () => {
  const cells = scanCells([
    cell('#| step: use() -> text\ntext = model.name'),
    cell('#| step: fit(lr) -> loss')
  ]);
  const [, { run }] = step('use', 'done', [3, '1']);
  const own: Run = { ...run!, inputs: {}, needs: { model: 'sha256:0' }, outputs: ['text'] };
  const [, fit] = step('fit', 'done', [3, '1']);
  const left: Run = { ...fit.run!, left: ['model'] };
  const known = new Map<string, Step>([
    ['use', { name: 'use', inputs: [], outputs: ['text'], run: own, done: own }],
    ['fit', { ...fit, run: left, done: left }]
  ]);
  expect(inOrder(mergeSteps(cells, known, new Map())).map(each => each.name)).toEqual([
    'fit',
    'use'
  ]);
});

test('what a restart would lose is said of a step that is fresh', () => {
  const [, { run }] = step('train', 'warned', [3, '1']);
  const own: Run = { ...run!, outputs: ['model', 'loss'], written: ['loss'], revision: 4 };
  const known = new Map<string, Step>([
    ['train', { name: 'train', inputs: ['lr'], outputs: ['model', 'loss'], run: own, done: own }]
  ]);
  const rows = new Map([row('lr', '1', 3), row('loss', '1', 4)].map(each => [each.name, each]));
  const trans = nullTranslator.load('session_state_ext');
  const [fresh] = mergeSteps([], known, rows);
  expect(fresh?.state).toBe('fresh');
  expect(detail(fresh!, 0, trans)).toBe('model in this kernel only');
  const [stale] = mergeSteps([], known, new Map());
  expect(stale?.kernelOnly).toEqual([]);
  expect(detail(stale!, 0, trans)).toBe('lr changed');
});

test('a sentence of our own is an error as it is', () => {
  const trans = nullTranslator.load('session_state_ext');
  const message = 'This session has no variable lr. Set it: %session set lr = ...';
  expect(errorWords({ type: 'Session', message, line: 2 }, trans)).toBe(`In line 2: ${message}`);
  expect(errorWords({ type: 'Session', message }, trans)).toBe(message);
  expect(errorWords({ type: 'Timeout', message: 'Stopped after 5 s', line: 2 }, trans)).toBe(
    'In line 2: Stopped after 5 s'
  );
  expect(errorWords({ type: 'KeyError', message: 'a', line: 2 }, trans)).toBe(
    'KeyError: a in line 2'
  );
});

interface GoldenStep extends Omit<Step, 'run'> {
  run: Run;
}
interface GoldenCase {
  what: string;
  cells: string[];
  steps: GoldenStep[];
  rows: Row[];
  kernel: string;
  life?: string;
  states: { [step: string]: string };
  circle?: string[];
  kernelOnly?: { [step: string]: string[] };
}
const golden = parseJson(
  readFileSync(join('tests', 'frames', 'freshness.json'), 'utf8')
) as unknown as { cases: GoldenCase[] };

describe('as the kernel says it', () => {
  test.each(golden.cases)('$what', ({ cells, steps, rows, kernel, states, ...more }) => {
    const { life = null, circle, kernelOnly = {} } = more;
    const views = mergeSteps(
      scanCells(cells.map((source, at) => cell(source, String(at)))),
      new Map(steps.map(each => [each.name, each])),
      new Map(rows.map(each => [each.name, each])),
      kernel,
      life
    );
    const circles = circlesOf(views).map(each => [...each.steps].sort());
    expect(circles).toEqual(circle === undefined ? [] : [circle]);
    expect(Object.fromEntries(views.map(view => [view.name, view.state]))).toEqual(states);
    const held = views.filter(view => view.kernelOnly.length > 0);
    expect(Object.fromEntries(held.map(view => [view.name, view.kernelOnly]))).toEqual(kernelOnly);
  });
});
