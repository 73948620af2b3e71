import { useMemo, useRef } from 'react';

import { sections, type Arrangement } from '../arrangement';
import type { History } from '../history';
import type { Groups } from './useGroups';

/** Asks a long list, of which only what is in view is in the page, to bring a row there. */
export class Sought {
  seek(name: string): void {
    [...this._listeners].forEach(listener => listener(name));
  }

  subscribe = (listener: (name: string) => void): (() => void) => {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  };

  private readonly _listeners = new Set<(name: string) => void>();
}

/** What is shown: the row, or the card that says what is wrong, with the focus; `view`: the row, without. */
type What = 'row' | 'problem' | 'view';

export type ShowRow = (name: string, what?: What) => void;

// A list that is scrolled there draws the row in a frame or two; one that is sorted anew may take some more.
const FRAMES = 30;

/** In this order: what needs a decision first. */
const STOPS = [
  '[data-testid="conflict"] button',
  '[data-testid="refused"] button',
  '[data-testid="editor"]',
  'button'
];

/**
 * Brings a variable's row into view, whatever hides it: the history, the filter, a group that is closed, a place far down
 * the list.
 */
export function useShowRow(options: {
  scroller: React.RefObject<HTMLElement>;
  sought: Sought;
  history: History | null | undefined;
  groups: Groups;
  arrangement: Arrangement;
  onFilter(text: string): void;
  onArrange(change: Partial<Arrangement>): void;
}): ShowRow {
  const latest = useRef(options);
  latest.current = options;
  return useMemo(() => {
    const find = (name: string, what: What): HTMLElement | null => {
      const all = (testid: string): HTMLElement[] => [
        ...(latest.current.scroller.current?.querySelectorAll<HTMLElement>(
          `[data-testid="${testid}"]`
        ) ?? [])
      ];
      const of = (testid: string): HTMLElement | null =>
        all(testid).find(each => each.dataset.name === name) ?? null;
      const card = of('refused') ?? of('rowless');
      return what === 'problem' ? (card ?? of('row')) : (of('row') ?? card);
    };
    const uncover = (name: string): void => {
      const { history, groups, arrangement, onFilter, onArrange } = latest.current;
      const past = history?.getState();
      if (past !== undefined && (past.isOpen || past.looked !== null)) {
        history?.close();
      }
      const group = [groups.parameters, groups.results].find(each => each.includes(name));
      if (group === undefined) {
        onFilter('');
      } else if (arrangement.grouped && arrangement.closed.length > 0) {
        const { prefix = null } = sections(group).find(each => each.names.includes(name)) ?? {};
        const closed = arrangement.closed.filter(each => each !== prefix);
        if (closed.length < arrangement.closed.length) {
          onArrange({ closed });
        }
      }
    };
    return (name, what = 'row') => {
      const from = document.activeElement;
      const look = (frames: number): void => {
        const node = find(name, what);
        if (node === null || node.closest('[hidden]') !== null) {
          latest.current.sought.seek(name);
          if (frames > 0) {
            requestAnimationFrame(() => look(frames - 1));
          }
          return;
        }
        if (what === 'view') {
          node.scrollIntoView?.({ block: 'nearest' });
          return;
        }
        node.scrollIntoView?.({ block: 'center' });
        // Who went elsewhere meanwhile, into the palette for instance, is not called back.
        const at = document.activeElement;
        if (at !== from && at !== document.body && at?.closest('.jp-SessionPanel') == null) {
          return;
        }
        STOPS.map(stop => node.querySelector<HTMLElement>(stop))
          .find(each => each !== null)
          ?.focus({ preventScroll: true });
      };
      uncover(name);
      look(FRAMES);
    };
  }, []);
}
