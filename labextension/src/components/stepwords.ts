/**
 * What is said of a step.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import { isAbsent } from '../freshness';
import type { Origin, Run, Step } from '../model';
import type { Circle } from '../stepgraph';
import type { StepState, StepView } from '../steps';
import { durationWords } from './moments';

/** A state in a word. */
export function stateWords(state: StepState, trans: TranslationBundle): string {
  switch (state) {
    case 'fresh':
      return trans.__('fresh');
    case 'stale':
      return trans.__('stale');
    case 'running':
      return trans.__('running');
    case 'failed':
      return trans.__('failed');
    case 'interrupted':
      return trans.__('interrupted');
    case 'new':
      return trans.__('not run yet');
    case 'needs-kernel':
      return trans.__('needs this kernel');
  }
}

/** Why it is stale, what of it a restart would lose, or how long it took. */
export function detail(step: StepView, now: number, trans: TranslationBundle): string {
  const { run, state, changed, lost, edited, before, kernelOnly } = step;
  if (run === null) {
    return '';
  }
  if (state === 'running') {
    return durationWords(Math.max(0, now - run.start), trans);
  }
  if (state === 'stale') {
    if (edited) {
      return trans.__('its source changed');
    }
    if (changed.length > 0) {
      return trans.__('%1 changed', changed.join(', '));
    }
    return lost.length > 0
      ? trans.__('%1 is not what it wrote', lost.join(', '))
      : trans.__('%1 before it is not fresh', before ?? '');
  }
  if (kernelOnly.length > 0) {
    return trans.__('%1 in this kernel only', kernelOnly.join(', '));
  }
  return run.end == null ? '' : durationWords(run.end - run.start, trans);
}

/** What a step had read when it wrote something, as far as its runs on record say. */
export function inputsOf(origin: Origin, steps: ReadonlyMap<string, Step>): string[] {
  const step = steps.get(origin.step ?? '');
  const run = step?.run?.id === origin.run ? step?.run : step?.done;
  return Object.entries(run?.inputs ?? {}).flatMap(([name, read]) =>
    isAbsent(read) ? [] : [name]
  );
}

/** Why steps that wait for one another are not run; `stuck`: they, and those after them. */
export function circleWords(
  circle: Circle,
  stuck: readonly string[],
  trans: TranslationBundle
): string {
  return trans.__(
    '%1: each of these steps reads what the one before it writes, so that none can be the first. Run stale and Run all leave out %2. Take one of the names out of --in or --out.',
    circle.way.join(' → '),
    stuck.join(', ')
  );
}

/** Errors whose message is a sentence of our own, to which their type adds nothing; as in verdicts.py. */
const OUR_OWN = ['Session', 'Not run', 'Output missing', 'Timeout', 'Stopped'];

export function errorWords(error: NonNullable<Run['error']>, trans: TranslationBundle): string {
  if (OUR_OWN.includes(error.type)) {
    // It may end with what is to be typed.
    const { line, message } = error;
    return line === undefined ? message : trans.__('In line %1: %2', line, message);
  }
  const words = `${error.type}: ${error.message}`;
  return error.line === undefined ? words : trans.__('%1 in line %2', words, error.line);
}
