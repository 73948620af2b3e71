import { useMemo } from 'react';

import type { Selection } from '../selection';
import type { Sought } from './useShowRow';

export interface RowWalk {
  /** An arrow, Home or End at a row's menu or at the title of names that begin alike. */
  onKeyDown(event: React.KeyboardEvent): void;
  /** From the filter down into the rows. */
  enter(): void;
}

const STOP = '[data-testid="prefix"], [data-testid="row-menu"]';
// A list that is scrolled draws what is there in a frame or two.
const FRAMES = 30;
// Between two rows there may be the title of a group.
const NEAR = 2;
const KEYS = new Set(['ArrowUp', 'ArrowDown', 'Home', 'End']);

/** From row to row by arrows: each stop of Tab within hundreds of them is one too many. */
export function useRowWalk(
  selection: Selection,
  sought: Sought,
  scroller: React.RefObject<HTMLElement>
): RowWalk {
  return useMemo(() => {
    const stops = (): HTMLElement[] => [
      ...(scroller.current?.querySelectorAll<HTMLElement>(`[data-testid="rows"] :is(${STOP})`) ??
        [])
    ];
    /** Where in the list, of which only what is in view is in the page; undefined where all of it is. */
    const placeOf = (stop: HTMLElement): number | undefined => {
      const at = stop.closest<HTMLElement>('[data-index]')?.dataset.index;
      return at === undefined ? undefined : Number(at);
    };
    const focus = (stop: HTMLElement): void => {
      stop.focus({ preventScroll: true });
      (stop.closest('[data-testid="row"]') ?? stop).scrollIntoView?.({ block: 'nearest' });
    };
    const step = (from: HTMLElement, by: 1 | -1, frames = FRAMES): void => {
      const all = stops();
      const next = all[all.indexOf(from) + by];
      const [at, to] = [placeOf(from), next && placeOf(next)];
      if (next !== undefined && Math.abs((to ?? 0) - (at ?? 0)) <= NEAR) {
        focus(next);
      } else if (by < 0 && (at ?? 0) < NEAR) {
        from
          .closest('.jp-SessionPanel')
          ?.querySelector<HTMLElement>('[data-testid="filter"]')
          ?.focus();
      } else if (at !== undefined && frames > 0 && from === document.activeElement) {
        // What has the focus stays in the page, however far one scrolls away from it.
        from.scrollIntoView?.({ block: 'center' });
        requestAnimationFrame(() => step(from, by, frames - 1));
      }
    };
    const jump = (name: string | undefined, frames = FRAMES): void => {
      const stop = stops().find(
        each => each.closest<HTMLElement>('[data-testid="row"]')?.dataset.name === name
      );
      if (stop !== undefined) {
        focus(stop);
      } else if (name !== undefined && frames > 0) {
        sought.seek(name);
        requestAnimationFrame(() => jump(name, frames - 1));
      }
    };
    return {
      onKeyDown: event => {
        const { target, key, altKey, ctrlKey, metaKey, shiftKey } = event;
        const isPlain = !altKey && !ctrlKey && !metaKey && !shiftKey;
        const stop = target as HTMLElement;
        if (!isPlain || !KEYS.has(key) || !stop.matches(STOP)) {
          return;
        }
        event.preventDefault();
        if (key === 'Home' || key === 'End') {
          jump(selection.shown.at(key === 'Home' ? 0 : -1));
        } else {
          step(stop, key === 'ArrowDown' ? 1 : -1);
        }
      },
      enter: () => {
        const [first] = stops();
        if (first !== undefined && (placeOf(first) ?? 0) <= NEAR) {
          focus(first);
        } else {
          jump(selection.shown[0]);
        }
      }
    };
  }, [selection, sought, scroller]);
}
