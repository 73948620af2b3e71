import React, { useEffect, useRef } from 'react';

import { useTrans } from '../context';
import type { History } from '../history';

/** The end of the list: what is loaded next, or that there is no more. */
export function HistoryEarlier(props: {
  history: History;
  next: number | null;
  isLoaded: boolean;
  isLoading: boolean;
  isEmpty: boolean;
  oldest: number;
  isAll: boolean;
}): React.JSX.Element | null {
  const { history, next, isLoaded, isLoading, isEmpty, oldest, isAll } = props;
  const trans = useTrans();
  const place = useRef<HTMLButtonElement>(null);
  // Who scrolls to the end wants more.
  useEffect(() => {
    const node = place.current;
    if (node === null || isLoading || typeof IntersectionObserver === 'undefined') {
      return undefined;
    }
    const observer = new IntersectionObserver(
      seen => seen.some(each => each.isIntersecting) && void history.more()
    );
    observer.observe(node);
    return () => observer.disconnect();
  }, [history, isLoading, next]);
  if (isLoading && !isLoaded) {
    return <p className="jp-HistorySentence">{trans.__('Looking …')}</p>;
  }
  if (!isLoaded || isEmpty) {
    return null;
  }
  if (next === null) {
    return (
      <p className="jp-HistorySentence" data-testid="history-end">
        {oldest > 1 && isAll
          ? trans.__('What was before revision %1 is not remembered.', oldest)
          : trans.__('The history begins here.')}
      </p>
    );
  }
  return (
    <button
      ref={place}
      type="button"
      className="jp-SessionButton jp-HistoryEarlier"
      data-testid="history-more"
      disabled={isLoading}
      onClick={() => void history.more()}
    >
      {isLoading ? trans.__('Looking …') : trans.__('Earlier changes')}
    </button>
  );
}
