import { useState } from 'react';

import { useClient, type SessionLike } from '../context';

const memory = new WeakMap<SessionLike, Map<string, unknown>>();

/**
 * State of a component that outlives it: a row that is scrolled away, or a session whose notebook is no longer in front, is
 * found as it was left. In memory only, for as long as the session's client lives. `what` is its name within the session.
 */
export function useRemembered<T>(what: string, initial: T): [T, (next: T) => void] {
  const client = useClient();
  const [value, setValue] = useState<T>(() => {
    const known = memory.get(client);
    return known?.has(what) === true ? (known.get(what) as T) : initial;
  });
  const remember = (next: T): void => {
    const known = memory.get(client) ?? new Map<string, unknown>();
    memory.set(client, known.set(what, next));
    setValue(next);
  };
  return [value, remember];
}
