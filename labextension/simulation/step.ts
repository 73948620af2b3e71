/**
 * What can happen, and how often: a step is what a seed chose.
 */
import { weighed } from './chance';

const WEIGHTS = {
  set: 24,
  edit: 36,
  focus: 4,
  write: 1,
  delete: 3,
  rename: 3,
  flush: 4,
  up: 14,
  down: 14,
  post: 3,
  everything: 5,
  time: 14,
  cut: 4,
  offline: 2,
  online: 4,
  hide: 2,
  reload: 3,
  kill: 2,
  open: 3,
  duplicate: 1,
  decide: 3,
  barrier: 2,
  die: 1,
  stop: 1,
  start: 4,
  backUp: 0.5,
  restore: 0.5,
  compact: 1
};

/** What is done; to whom and how, as numbers from 0 to 1. */
export interface Step {
  what: keyof typeof WEIGHTS;
  who: number;
  which: number;
  how: number;
}

export function stepOf(chance: () => number): Step {
  return { what: weighed(WEIGHTS, chance()), who: chance(), which: chance(), how: chance() };
}
