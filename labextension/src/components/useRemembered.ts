import { useEffect, useState } from 'react';

import { useClient, type SessionLike } from '../context';

const memories = new WeakMap<SessionLike, Map<string, unknown>>();

function memoryOf(client: SessionLike): Map<string, unknown> {
  const known = memories.get(client) ?? new Map<string, unknown>();
  memories.set(client, known);
  return known;
}

/**
 * State of a component that outlives it: a row that is scrolled away, or a session whose notebook is no longer in front, is
 * found as it was left. In memory only, for as long as the session's client lives. `what` is its name within the session.
 */
export function useRemembered<T>(what: string, initial: T): [T, (next: T) => void] {
  const memory = memoryOf(useClient());
  const [value, setValue] = useState<T>(() =>
    memory.has(what) ? (memory.get(what) as T) : initial
  );
  const remember = (next: T): void => {
    memory.set(what, next);
    setValue(next);
  };
  return [value, remember];
}

/** Scrolls to where it was scrolled to. */
export function useRememberedScroll(scroller: React.RefObject<HTMLElement>): void {
  const client = useClient();
  useEffect(() => {
    const node = scroller.current;
    const memory = memoryOf(client);
    const remember = (): void => void memory.set('scrolled', node?.scrollTop);
    if (node !== null) {
      node.scrollTop = (memory.get('scrolled') as number | undefined) ?? 0;
      node.addEventListener('scroll', remember, { passive: true });
    }
    return () => node?.removeEventListener('scroll', remember);
  }, [client, scroller]);
}
