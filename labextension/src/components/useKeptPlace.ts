import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

import type { Line } from '../timeline';

/**
 * Keeps what is read where it is while lines come in above it.
 * @returns how many lines came that have not been scrolled to, and what scrolls there
 */
export function useKeptPlace(
  scroller: React.RefObject<HTMLElement>,
  lines: readonly Line[]
): [number, () => void] {
  const anchor = useRef<{ key: string; top: number } | null>(null);
  const read = useRef<string | null>(null);
  const [missed, setMissed] = useState(0);

  const remember = useCallback((): void => {
    const node = scroller.current;
    if (node === null) {
      return;
    }
    if (node.scrollTop <= 1) {
      anchor.current = null;
      setMissed(0);
      return;
    }
    const edge = node.getBoundingClientRect().top;
    const all = node.querySelectorAll<HTMLElement>('[data-key]');
    const first = [...all].find(each => each.getBoundingClientRect().bottom > edge);
    anchor.current =
      first === undefined
        ? null
        : { key: first.dataset.key ?? '', top: first.getBoundingClientRect().top - edge };
  }, [scroller]);

  useEffect(() => {
    const node = scroller.current;
    node?.addEventListener('scroll', remember, { passive: true });
    return () => node?.removeEventListener('scroll', remember);
  }, [scroller, remember]);

  useLayoutEffect(() => {
    const node = scroller.current;
    const newest = lines[0]?.key ?? null;
    if (node !== null && anchor.current !== null) {
      const { key, top } = anchor.current;
      const kept = node.querySelector<HTMLElement>(`[data-key="${key}"]`);
      if (kept !== null) {
        const edge = node.getBoundingClientRect().top;
        node.scrollTop += kept.getBoundingClientRect().top - edge - top;
      }
      const before = lines.findIndex(line => line.key === read.current);
      if (before > 0) {
        setMissed(count => count + before);
      }
    }
    read.current = newest;
  }, [scroller, lines]);

  const toTop = useCallback(() => {
    scroller.current?.scrollTo({ top: 0 });
    anchor.current = null;
    setMissed(0);
  }, [scroller]);
  return [missed, toTop];
}
