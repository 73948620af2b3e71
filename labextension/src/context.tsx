/**
 * The session for React: components read it through these hooks and hold no copy of their own.
 */
import type { CodeEditor } from '@jupyterlab/codeeditor';
import { nullTranslator, type TranslationBundle } from '@jupyterlab/translation';
import React, { createContext, useContext, useEffect, useRef, useSyncExternalStore } from 'react';

import type { Ask, Asks } from './asks';
import type { ClientState, FlushResult, SessionClient } from './client';
import type { Corrections } from './corrections';
import type { History } from './history';
import type { Json } from './json';
import type { ViewRow } from './overlay';
import type { NotebookInFront } from './notebook';
import type { Settings } from './rest';
import type { Runner } from './runner';
import type { Status } from './status';

/** A client, or what stands in its place: a session as it was. */
export type SessionLike = Pick<SessionClient, keyof SessionClient>;

export const SessionContext = createContext<SessionLike | null>(null);

/** A line at the panel's foot that offers to take something back, or says how something went. */
export interface Notice {
  text: string;
  action?: { label: string; run(): void };
  /** Before the action: another way to go on. */
  other?: { label: string; run(): void };
  /** It stands until it is closed. */
  stays?: boolean;
  /** The notebook that it speaks of: once another one is in front, it would be misread. */
  notebook?: object | null;
}

/** What a panel has beside its session. */
export interface Surroundings {
  trans: TranslationBundle;
  /** Makes the editor for JSON; without one, a plain field does. */
  newEditor: CodeEditor.Factory | null;
  notebook: NotebookInFront | null;
  runner: Runner | null;
  /** The session's past. */
  history?: History | null;
  notify(notice: Notice | null): void;
  /** What the panel is asked for by a command, or by another part of it. */
  asks?: Asks;
  /** Refused values that are put back into fields. */
  corrections?: Corrections;
  /** Opens the notebook at a contents path. */
  openNotebook?(path: string): void;
  /** Where the server is; without it, nothing is asked of it past the channel. */
  settings?: Settings | null;
  /** Shows a value in a place of its own, where there is one. */
  larger?(name: string): void;
  /** Shows where a variable came from. */
  trace?(name: string): void;
  /** Brings a variable's row into view: see useShowRow. */
  showRow?(name: string, what?: 'row' | 'problem' | 'view'): void;
  /** Told which row a long list is to bring into the page. */
  sought?: { subscribe(listener: (name: string) => void): () => void };
}

export const SurroundingsContext = createContext<Surroundings>({
  trans: nullTranslator.load('session_state_ext'),
  newEditor: null,
  notebook: null,
  runner: null,
  notify: () => undefined
});

export function useSurroundings(): Surroundings {
  return useContext(SurroundingsContext);
}

/** Answers what the panel is asked for, also what was asked before this was on the screen. */
export function useAsk(what: Ask, answer: () => void): void {
  const { asks } = useSurroundings();
  const latest = useRef(answer);
  useEffect(() => {
    latest.current = answer;
  });
  useEffect(() => {
    const look = (): void => {
      if (asks?.take(what) === true) {
        latest.current();
      }
    };
    look();
    return asks?.subscribe(look);
  }, [asks, what]);
}

export function useTrans(): TranslationBundle {
  return useContext(SurroundingsContext).trans;
}

export function useClient(): SessionLike {
  const client = useContext(SessionContext);
  if (client === null) {
    throw new Error(
      'A component that shows a session stands outside of <SessionContext.Provider>.'
    );
  }
  return client;
}

export interface SessionHandle<T> {
  state: T;
  setVariable(name: string, value: Json): void;
  getVariable(name: string): Json | undefined;
  flush(options?: { timeout?: number }): Promise<FlushResult>;
  status: Status;
}

/** Renders again when what the selector picks is another object or value, or when the status changed. */
export function useSessionState<T>(selector: (state: ClientState) => T): SessionHandle<T> {
  const client = useClient();
  const state = useSelected(selector);
  const status = useSelected(each => each.status);
  const { setVariable, getVariable, flush } = client;
  return { state, setVariable, getVariable, flush, status };
}

/** Renders again when what the selector picks is another object or value. */
export function useSelected<T>(selector: (state: ClientState) => T): T {
  const client = useClient();
  return useSyncExternalStore(client.subscribe, () => selector(client.getState()));
}

/** One row; renders again when that row changed, and for no other. */
export function useVariable(name: string): ViewRow | undefined {
  return useSelected(state => state.variables.get(name));
}

export function SessionProvider(props: {
  client: SessionLike;
  children: React.ReactNode;
}): React.JSX.Element {
  return <SessionContext.Provider value={props.client}>{props.children}</SessionContext.Provider>;
}
