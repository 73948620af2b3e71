/**
 * What other extensions can ask for.
 */
import { Token } from '@lumino/coreutils';

import type { SessionClient } from './client';
import type { Current } from './current';

export const PLUGIN_ID = 'session-state-ext:plugin';
export const PANEL_PLUGIN_ID = 'session-state-ext:panel';
export const STATUS_PLUGIN_ID = 'session-state-ext:status';
export const PANEL_ID = 'session-state-panel';

export const CommandIDs = {
  show: 'session-state:show',
  add: 'session-state:add-variable',
  filter: 'session-state:filter',
  run: 'session-state:run-steps',
  flush: 'session-state:flush',
  connect: 'session-state:connect',
  copy: 'session-state:copy-all',
  choose: 'session-state:choose-session',
  create: 'session-state:new-session',
  import: 'session-state:import-session',
  export: 'session-state:export-session',
  detach: 'session-state:detach-notebook',
  back: 'session-state:own-session',
  history: 'session-state:history',
  undo: 'session-state:undo',
  redo: 'session-state:redo',
  snapshot: 'session-state:snapshot',
  steps: 'session-state:steps',
  makeStep: 'session-state:make-step',
  insert: 'session-state:insert-variable'
} as const;

/** The sessions of this page's notebooks. */
export interface ISessionState {
  /** The session of the notebook in front. */
  readonly current: {
    getState(): Current;
    subscribe(listener: () => void): () => void;
  };
  /** The session of the notebook at this contents path. Rejects where the server does not have it. */
  open(path: string): Promise<SessionClient>;
}

export const ISessionState = new Token<ISessionState>(
  'session-state-ext:ISessionState',
  "The durable, shared variables of this page's notebooks."
);
