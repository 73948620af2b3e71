import React, { useCallback, useEffect, useState, useSyncExternalStore } from 'react';

import type { Asks } from '../asks';
import {
  SessionContext,
  SurroundingsContext,
  useAsk,
  useTrans,
  type Notice,
  type Surroundings
} from '../context';
import type { SessionClient } from '../client';
import type { Current } from '../current';
import type { Histories } from '../history';
import type { Listed } from '../model';
import type { SessionList } from '../sessionlist';
import { Button } from './Button';
import { FocusKeeper } from './FocusKeeper';
import { NoticeBar } from './NoticeBar';
import { QuestionCard } from './QuestionCard';
import { SessionPicker, shownBy, type PickerCurrent } from './SessionPicker';
import { SessionView } from './SessionView';
import { useSessionDeeds } from './useSessionDeeds';

/** A value that is to have a place of its own. */
export interface Larger {
  client: SessionClient;
  surroundings: Surroundings;
  name: string;
}

/** What the panel shows, whatever is in front. */
export function PanelView(props: {
  current: PickerCurrent;
  list: SessionList;
  histories?: Pick<Histories, 'of'>;
  asks: Asks;
  trans: Surroundings['trans'];
  newEditor: Surroundings['newEditor'];
  settings?: Surroundings['settings'];
  openNotebook?: Surroundings['openNotebook'];
  onLarger?(what: Larger): void;
}): React.JSX.Element {
  const { current, list, histories, asks, trans, newEditor, settings, openNotebook, onLarger } =
    props;
  const state = useSyncExternalStore(current.subscribe, current.getState);
  const [notice, setNotice] = useState<Notice | null>(null);
  const closeNotice = useCallback(() => setNotice(null), []);
  const { front } = current;
  useEffect(() => {
    setNotice(now => (now?.notebook === undefined || now.notebook === front ? now : null));
  }, [front]);
  const open = state.kind === 'open' ? state : null;
  const surroundings: Surroundings = React.useMemo(() => {
    const surroundings: Surroundings = {
      trans,
      newEditor,
      notebook: open?.notebook ?? null,
      runner: open?.runner ?? null,
      history: open === null ? null : (histories?.of(open.client) ?? null),
      notify: setNotice,
      asks,
      settings,
      openNotebook
    };
    return open === null || onLarger === undefined
      ? surroundings
      : {
          ...surroundings,
          larger: name => onLarger({ client: open.client, surroundings, name })
        };
  }, [trans, newEditor, open, histories, asks, settings, openNotebook, onLarger]);
  return (
    <SurroundingsContext.Provider value={surroundings}>
      <FocusKeeper />
      <Picking list={list} current={current} notify={setNotice}>
        {state.kind === 'asked' ? (
          <QuestionCard key={state.path} question={state.question} onChoose={state.choose} />
        ) : open === null ? (
          <Sentence state={state} onRetry={current.refresh} />
        ) : (
          <SessionContext.Provider value={open.client}>
            <SessionView key={open.client.getState().sessionId} />
          </SessionContext.Provider>
        )}
      </Picking>
      <NoticeBar notice={notice} onEnd={closeNotice} />
    </SurroundingsContext.Provider>
  );
}

/** The session, or the list of all of them while one is chosen. */
function Picking(props: {
  list: SessionList;
  current: PickerCurrent;
  notify(notice: Notice | null): void;
  children: React.ReactNode;
}): React.JSX.Element {
  const { list, current, notify, children } = props;
  const [begin, setBegin] = useState<'look' | 'new' | 'import' | null>(null);
  useAsk('sessions', () => setBegin('look'));
  useAsk('new-session', () => setBegin('new'));
  useAsk('import', () => setBegin('import'));
  useAsk('session', () => setBegin(null));
  const close = useCallback(() => setBegin(null), []);
  const deeds = useSessionDeeds({ list, current, notify, onClose: close });
  const withShown = (what: (session: Listed) => void): void => {
    const session = shownBy(current.getState());
    if (session !== null) {
      what(session);
    }
  };
  useAsk('export', () => withShown(deeds.export));
  useAsk('detach', () => withShown(deeds.detach));
  useAsk('back', () => deeds.use(current.own === '' ? null : current.own));
  return begin === null ? (
    <>{children}</>
  ) : (
    <SessionPicker
      key={begin}
      list={list}
      current={current}
      begin={begin}
      deeds={deeds}
      onClose={close}
    />
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
      {state.kind === 'failed' ? <Button onClick={onRetry}>{trans.__('Try again')}</Button> : null}
    </div>
  );
}
