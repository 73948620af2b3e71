import { caretLeftIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useMemo, useRef } from 'react';

import { PLAIN } from '../arrangement';
import { SessionContext, useSelected, useTrans } from '../context';
import { IconButton } from './IconButton';
import type { History, Looked } from '../history';
import { Selection } from '../selection';
import { momentWords } from './historywords';
import { RowList } from './RowList';
import { RowsContext } from './rows';
import { useClock } from './useClock';
import { useFocusBack } from './useFocusBack';
import { useGroups } from './useGroups';
import { LookedContext } from './useHistory';
import type { HistoryDeeds } from './useHistoryDeeds';

const NONE: ReadonlySet<string> = new Set();

/** The rows as they stood at a revision: nothing can be edited, and nothing that happens now disturbs. */
export function HistoryLook(props: {
  history: History;
  looked: Looked;
  deeds: HistoryDeeds;
}): React.JSX.Element {
  const { history, looked, deeds } = props;
  const { revision, at, client } = looked;
  const trans = useTrans();
  const now = useClock();
  const offline = useSelected(state => state.status.kind === 'offline');
  const canWrite = useSelected(state => !state.readOnly) && !offline;
  const current = useSelected(state => state.variables);
  const scroller = useRef<HTMLDivElement>(null);
  const top = useRef<HTMLButtonElement>(null);
  useFocusBack(top, '[data-testid="history-filter"]');
  useEffect(() => top.current?.focus(), [revision]);
  const then = client.getState().variables;
  const missing = [...current.keys()].filter(name => !then.has(name));
  return (
    <>
      <div
        className="jp-HistoryBanner"
        role="region"
        aria-label={trans.__('Looking at revision %1', revision)}
        data-testid="looked"
        data-revision={revision}
      >
        <IconButton
          ref={top}
          icon={caretLeftIcon}
          testid="history-back"
          label={trans.__('Back to the history')}
          onClick={history.back}
        />
        <p role="status">
          <b>
            {at === null
              ? trans.__('Looking at revision %1', revision)
              : trans.__(
                  'Looking at revision %1, of %2',
                  revision,
                  momentWords(at, Math.max(at, now))
                )}
          </b>
          <span>{trans.__('Read-only: nothing is changed by looking.')}</span>
        </p>
        <div className="jp-HistoryActions">
          <button
            type="button"
            className="jp-SessionButton"
            data-testid="back-to-now"
            onClick={history.close}
          >
            {trans.__('Back to now')}
          </button>
          <button
            type="button"
            className="jp-SessionButton jp-mod-accent"
            data-testid="restore-all"
            disabled={!canWrite}
            onClick={() => deeds.restore(revision)}
          >
            {trans.__('Restore all')}
          </button>
        </div>
      </div>
      <div className="jp-SessionBody" ref={scroller} data-testid="looked-rows">
        {missing.length === 0 ? null : (
          <p className="jp-HistorySentence" data-testid="looked-missing">
            {trans._n(
              'One variable was not there: %2',
              '%1 variables were not there: %2',
              missing.length,
              missing.slice(0, 8).join(', ') + (missing.length > 8 ? ' …' : '')
            )}
          </p>
        )}
        {then.size === 0 ? (
          <p className="jp-HistorySentence">{trans.__('There was no variable yet.')}</p>
        ) : null}
        <SessionContext.Provider value={client}>
          <LookedContext.Provider value={looked}>
            <LookedRows scroller={scroller} />
          </LookedContext.Provider>
        </SessionContext.Provider>
      </div>
    </>
  );
}

function LookedRows(props: { scroller: React.RefObject<HTMLElement> }): React.JSX.Element {
  const groups = useGroups('', PLAIN.order, PLAIN.own, null);
  const rows = useMemo(
    () => ({ selection: new Selection(), move: () => undefined, place: () => undefined }),
    []
  );
  return (
    <RowsContext.Provider value={rows}>
      <RowList
        groups={groups}
        arrangement={PLAIN}
        stale={NONE}
        scroller={props.scroller}
        onClose={() => undefined}
      />
    </RowsContext.Provider>
  );
}
