import { useEffect, useState } from 'react';

import type { Graph } from '../graph';
import type { Direction, Picture, Size } from '../layout';

/** Where everything stands; null without a direction, and until the library that finds it is there. The last picture stays until the next one. */
export function usePicture(
  graph: Graph,
  sizes: ReadonlyMap<string, Size>,
  direction: Direction | null
): Picture | null {
  const [picture, setPicture] = useState<Picture | null>(null);
  useEffect(() => {
    let isWanted = true;
    if (direction === null) {
      setPicture(null);
      return undefined;
    }
    void import('../layout').then(({ place }) => {
      if (isWanted) {
        setPicture(place(graph, sizes, direction));
      }
    });
    return () => {
      isWanted = false;
    };
  }, [graph, sizes, direction]);
  return picture;
}
