import React, { useSyncExternalStore } from 'react';

import { SessionContext, SurroundingsContext, useTrans, type Surroundings } from '../context';
import type { Current, CurrentSession } from '../current';
import { QuestionCard } from './QuestionCard';
import { SessionView } from './SessionView';

/** What the panel shows, whatever is in front. */
export function PanelView(props: {
  current: Pick<CurrentSession, 'getState' | 'subscribe' | 'refresh'>;
  trans: Surroundings['trans'];
  newEditor: Surroundings['newEditor'];
}): React.JSX.Element {
  const { current, trans, newEditor } = props;
  const state = useSyncExternalStore(current.subscribe, current.getState);
  const open = state.kind === 'open' ? state : null;
  const surroundings: Surroundings = React.useMemo(
    () => ({
      trans,
      newEditor,
      notebook: open?.notebook ?? null,
      runner: open?.runner ?? null,
      notify: () => undefined
    }),
    [trans, newEditor, open]
  );
  return (
    <SurroundingsContext.Provider value={surroundings}>
      {state.kind === 'asked' ? (
        <QuestionCard key={state.path} question={state.question} onChoose={state.choose} />
      ) : open === null ? (
        <Sentence state={state} onRetry={current.refresh} />
      ) : (
        <SessionContext.Provider value={open.client}>
          <SessionView key={open.client.getState().sessionId} />
        </SessionContext.Provider>
      )}
    </SurroundingsContext.Provider>
  );
}

function Sentence(props: { state: Current; onRetry(): void }): React.JSX.Element {
  const { state, onRetry } = props;
  const trans = useTrans();
  const words = ((): string => {
    switch (state.kind) {
      case 'opening':
        return trans.__('Looking for the session of this notebook …');
      case 'absent':
        return trans.__(
          'This Jupyter server has no session state. Install it there with %1, then restart the server.',
          'pip install session-state-ext'
        );
      case 'failed':
        return state.status === 403 || state.status === 401
          ? trans.__('You may not use the session of this notebook.')
          : trans.__('The session of this notebook could not be opened. %1', state.message);
      default:
        return trans.__('Open a notebook to see its session here.');
    }
  })();
  return (
    <div
      className="jp-SessionSentence"
      role="status"
      data-testid="panel-sentence"
      data-kind={state.kind}
    >
      <p>{words}</p>
      {state.kind === 'failed' ? (
        <button type="button" className="jp-SessionButton" onClick={onRetry}>
          {trans.__('Try again')}
        </button>
      ) : null}
    </div>
  );
}
