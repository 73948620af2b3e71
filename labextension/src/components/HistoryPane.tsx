import React, { useEffect } from 'react';

import { useAsk, useSurroundings } from '../context';
import { HistoryCompare } from './HistoryCompare';
import { HistoryList } from './HistoryList';
import { HistoryLook } from './HistoryLook';
import { refusalWords } from './historywords';
import { useHistory } from './useHistory';
import { useHistoryDeeds } from './useHistoryDeeds';
import { useUndoKeys } from './useUndoKeys';

/** The session's past in the place of its present; `children` is the present, which stays as it is behind it. */
export function HistoryPane(props: {
  scroller: React.RefObject<HTMLElement>;
  children: React.ReactNode;
}): React.JSX.Element {
  const past = useHistory();
  const { trans, notify } = useSurroundings();
  const deeds = useHistoryDeeds(past?.history);
  useUndoKeys(props.scroller, deeds);
  useAsk('history', () => past?.history.open());
  useAsk('present', () => past?.history.close());
  useAsk('undo', () => deeds.undo());
  useAsk('redo', () => deeds.redo());
  const history = past?.history;
  // What is open stays open for as long as its panel shows it.
  useEffect(() => () => history?.close(), [history]);
  const state = past?.state;
  const isPast = state !== undefined && (state.isOpen || state.looked !== null);
  const refusal = isPast ? null : (state?.refusal ?? null);
  useEffect(() => {
    if (refusal !== null) {
      const action = { label: trans.__('Show in History'), run: () => history?.open() };
      notify({ text: refusalWords(refusal, trans), action });
    }
  }, [refusal, history, trans, notify]);
  return (
    <>
      {past === null || !isPast ? null : (
        <>
          <div
            className="jp-SessionView"
            onKeyDown={onEscape(past.history.close)}
            hidden={past.state.looked !== null || past.state.comparison !== null}
          >
            <HistoryList history={past.history} state={past.state} deeds={deeds} />
          </div>
          {past.state.looked !== null ? (
            <div className="jp-SessionView" onKeyDown={onEscape(past.history.back)}>
              <HistoryLook history={past.history} looked={past.state.looked} deeds={deeds} />
            </div>
          ) : past.state.comparison !== null ? (
            <div className="jp-SessionView" onKeyDown={onEscape(past.history.back)}>
              <HistoryCompare history={past.history} comparison={past.state.comparison} />
            </div>
          ) : null}
        </>
      )}
      <div className="jp-SessionView" hidden={isPast}>
        {props.children}
      </div>
    </>
  );
}

function onEscape(leave: () => void): React.KeyboardEventHandler {
  return event => {
    if (event.key === 'Escape' && !event.defaultPrevented) {
      event.stopPropagation();
      leave();
    }
  };
}
