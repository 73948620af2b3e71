import { useSyncExternalStore } from 'react';

/** One timer for all that ask for the time at the same pace; it stops with the last of them. */
class Clock {
  constructor(private readonly tick: number) {}

  readonly now = (): number => this._now;

  readonly subscribe = (listener: () => void): (() => void) => {
    if (this._listeners.size === 0) {
      this._now = Date.now();
      this._timer = setInterval(() => {
        this._now = Date.now();
        this._listeners.forEach(each => each());
      }, this.tick);
    }
    this._listeners.add(listener);
    return () => {
      this._listeners.delete(listener);
      if (this._listeners.size === 0) {
        clearInterval(this._timer);
      }
    };
  };

  private readonly _listeners = new Set<() => void>();
  private _timer: ReturnType<typeof setInterval> | undefined;
  private _now = Date.now();
}

const QUARTER_MINUTE = 15_000;
const clocks = new Map<number, Clock>();

/** The time, ms since the Unix epoch; renders again every `tick` ms. */
export function useClock(tick = QUARTER_MINUTE): number {
  const clock = clocks.get(tick) ?? new Clock(tick);
  clocks.set(tick, clock);
  return useSyncExternalStore(clock.subscribe, clock.now);
}
