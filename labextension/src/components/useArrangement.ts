import { useState } from 'react';

import { readArrangement, writtenArrangement, type Arrangement } from '../arrangement';
import { useClient } from '../context';

/** How this person has the rows, and what changes it: kept in this browser. */
export function useArrangement(): [Arrangement, (change: Partial<Arrangement>) => void] {
  const client = useClient();
  const [arrangement, setArrangement] = useState(() => readArrangement(client.readView()));
  const change = (part: Partial<Arrangement>): void => {
    const next = { ...arrangement, ...part };
    setArrangement(next);
    client.writeView(writtenArrangement(next));
  };
  return [arrangement, change];
}
