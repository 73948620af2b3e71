import React, { useEffect, useState } from 'react';

import { useClient, useSelected, useSurroundings } from '../context';
import { markOf, readKept, takeKept, type Kept } from '../kept';
import { RequestError } from '../rest';
import { requestSentence } from './sentences';

const NAMES = 6;

/** Offers the values that came with a notebook which somebody else has kept them in. */
export function KeptCard(): React.JSX.Element | null {
  const { trans, notebook, notify, settings = null } = useSurroundings();
  const client = useClient();
  const sessionId = useSelected(state => state.sessionId);
  const isConfirmed = useSelected(state => state.confirmed);
  const readOnly = useSelected(state => state.readOnly);
  const path = notebook?.path ?? null;
  const [kept, setKept] = useState<Kept | null>(null);
  useEffect(() => {
    let isWanted = isConfirmed && !readOnly && settings !== null && path !== null;
    if (isWanted) {
      readKept(settings!, sessionId, path!)
        .then(found => {
          // Whoever said not now is not asked again until there is something else to say it of.
          const isNews = !found.keep && client.readDeclined(path!) !== markOf(found);
          if (isWanted) {
            setKept(isNews ? found : null);
          }
        })
        // Nothing is offered then; what is wrong with the session is said elsewhere.
        .catch(() => undefined);
    }
    return () => {
      isWanted = false;
      setKept(null);
    };
  }, [client, settings, sessionId, path, isConfirmed, readOnly]);
  const offered = kept?.offered ?? [];
  if (kept === null || offered.length === 0 || settings === null || path === null) {
    return null;
  }
  const take = (): void => {
    takeKept(settings, sessionId, path).then(
      () => setKept(null),
      (error: unknown) =>
        notify({
          text: error instanceof RequestError ? requestSentence(error, trans) : String(error)
        })
    );
  };
  const decline = (): void => {
    client.writeDeclined(path, markOf(kept));
    setKept(null);
  };
  const names = offered.slice(0, NAMES).join(', ') + (offered.length > NAMES ? ', …' : '');
  return (
    <div className="jp-SessionCard" role="note" data-testid="kept">
      <div className="jp-SessionCard-line jp-mod-text">
        <span>{trans.__('Values came with this notebook: %1.', names)}</span>
      </div>
      <div className="jp-SessionCard-line jp-mod-actions">
        <button
          type="button"
          className="jp-SessionButton jp-mod-accent"
          data-testid="kept-use"
          title={offered.join(', ')}
          onClick={take}
        >
          {trans._n('Use this %1 value', 'Use these %1 values', offered.length)}
        </button>
        <button
          type="button"
          className="jp-SessionButton"
          data-testid="kept-decline"
          onClick={decline}
        >
          {trans.__('Not now')}
        </button>
      </div>
    </div>
  );
}
