import { useSyncExternalStore } from 'react';

// One timer for all rows that say how long ago; it stops with the last of them.
const TICK = 15_000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = Date.now();

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    now = Date.now();
    timer = setInterval(() => {
      now = Date.now();
      listeners.forEach(each => each());
    }, TICK);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
    }
  };
}

/** The time, ms since the Unix epoch; renders again every quarter of a minute. */
export function useClock(): number {
  return useSyncExternalStore(subscribe, () => now);
}
