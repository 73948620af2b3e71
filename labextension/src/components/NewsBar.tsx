import { closeIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useRef } from 'react';

import { useTrans } from '../context';
import { Button } from './Button';
import { IconButton } from './IconButton';
import { useClock } from './useClock';
import { useHistory } from './useHistory';
import { momentWords } from './moments';

/** Says that something changed while nobody looked, and watches when somebody does. */
export function NewsBar(): React.JSX.Element {
  const past = useHistory();
  const trans = useTrans();
  const now = useClock();
  const news = past?.history.news;
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // All of the panel: what is scrolled out of sight has been seen all the same.
    const node = place.current?.closest('.jp-SessionPanel') ?? place.current;
    if (news === undefined || node === null) {
      return undefined;
    }
    let inView = typeof IntersectionObserver === 'undefined';
    const look = (): void => news.show(inView && document.visibilityState === 'visible');
    const leave = (): void => news.show(false);
    const observer = inView
      ? null
      : new IntersectionObserver(seen => {
          inView = seen[seen.length - 1]?.isIntersecting ?? false;
          look();
        });
    observer?.observe(node);
    look();
    document.addEventListener('visibilitychange', look);
    window.addEventListener('pagehide', leave);
    return () => {
      observer?.disconnect();
      document.removeEventListener('visibilitychange', look);
      window.removeEventListener('pagehide', leave);
      leave();
    };
  }, [news]);
  const away = past?.state.away ?? null;
  return (
    <div ref={place} className="jp-SessionNews" role="status">
      {past === null || away === null || past.state.isOpen ? null : (
        <div className="jp-SessionNews-card" data-testid="news">
          <p>
            <b>{trans.__('While you were away')}</b>{' '}
            <span>
              {trans._n(
                '%1 variable changed since %2',
                '%1 variables changed since %2',
                away.names.size,
                momentWords(away.since.at, Math.max(now, away.since.at))
              )}
            </span>
          </p>
          <Button testid="news-show" onClick={() => past.history.open()}>
            {trans.__('Show')}
          </Button>
          <IconButton
            icon={closeIcon}
            testid="news-dismiss"
            label={trans.__('I have seen it')}
            quiet
            onClick={() => past.history.news.dismiss()}
          />
        </div>
      )}
    </div>
  );
}
