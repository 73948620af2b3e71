import React, { useEffect, useState } from 'react';

import { useClient, useSelected, useSurroundings } from '../context';
import { markOf, readKept, takeKept, type Kept } from '../kept';
import { RequestError } from '../rest';
import { Button } from './Button';
import { errorSentence, requestSentence, shortValue } from './sentences';

const SHOWN = 6;

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
    const { variables } = client.getState();
    const before = offered.map(name => [name, variables.get(name)?.value] as const);
    const putBack = (): void => {
      try {
        client.atOnce(() =>
          before.forEach(([name, value]) =>
            value === undefined ? client.deleteVariable(name) : client.setVariable(name, value)
          )
        );
        void client.flush();
        notify(null);
      } catch (error) {
        notify({ text: errorSentence(error, trans) });
      }
    };
    takeKept(settings, sessionId, path).then(
      () => {
        setKept(null);
        notify({
          text: trans._n(
            'Took %1 value of the notebook.',
            'Took %1 values of the notebook.',
            offered.length
          ),
          action: { label: trans.__('Undo'), run: putBack }
        });
      },
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
  return (
    <div className="jp-SessionCard" role="note" data-testid="kept">
      <div className="jp-SessionCard-line jp-mod-text">
        <span>{trans.__('Values came with this notebook:')}</span>
      </div>
      <ul className="jp-SessionKept">
        {offered.slice(0, SHOWN).map(name => (
          <li key={name} title={`${name} ${shortValue(kept.values[name], trans, 2000)}`}>
            <b>{name}</b> <code>{shortValue(kept.values[name], trans)}</code>
          </li>
        ))}
        {offered.length > SHOWN ? <li>{trans.__('and %1 more', offered.length - SHOWN)}</li> : null}
      </ul>
      <div className="jp-SessionCard-line jp-mod-actions">
        <Button look="accent" testid="kept-use" title={offered.join(', ')} onClick={take}>
          {trans._n('Use this %1 value', 'Use these %1 values', offered.length)}
        </Button>
        <Button testid="kept-decline" onClick={decline}>
          {trans.__('Not now')}
        </Button>
      </div>
    </div>
  );
}
