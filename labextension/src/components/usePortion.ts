import { useEffect, useState } from 'react';

/** Nothing yet, how high it is, what is in view, or what is around that, too. */
export const PORTION = { none: 0, height: 1, view: 2, all: 3 };

/**
 * How much of a long list is drawn. Where it comes to a page that had none, and that has just found out what is in it and in
 * which order, each portion is a task of its own: in between the page does what else somebody wants of it.
 */
export function usePortion(count: number, few: number): number {
  const [before, setBefore] = useState(count);
  const [portion, setPortion] = useState(PORTION.all);
  if (before !== count) {
    setBefore(count);
    if (before === 0 && count > few) {
      setPortion(PORTION.none);
    }
  }
  useEffect(() => {
    if (portion === PORTION.all) {
      return undefined;
    }
    const timer = setTimeout(() => setPortion(portion + 1));
    return () => clearTimeout(timer);
  }, [portion]);
  return portion;
}
