/**
 * A session as it stood at a revision, in the place of a client: all of it can be read, and nothing happens to it.
 */
import type { SessionClient } from './client';
import { EditError } from './editing';
import type { Rows } from './model';
import type { ViewRow } from './overlay';
import type { ClientState } from './view';

export type PastClient = Pick<SessionClient, keyof SessionClient>;

/** @param now the session's client, of which nothing but its surroundings is taken */
export function pastClient(now: PastClient, rows: Rows): PastClient {
  const variables = new Map<string, ViewRow>();
  rows.forEach((row, name) => variables.set(name, { ...row, pending: false }));
  const { sessionId, steps, meta, limits } = now.getState();
  const state: ClientState = {
    sessionId,
    variables,
    saved: rows,
    steps,
    meta,
    limits,
    confirmed: true,
    conflicts: new Map(),
    refused: [],
    invalid: new Map(),
    held: new Map(),
    readOnly: true,
    status: {
      kind: 'readonly',
      edits: 0,
      conflicts: 0,
      refused: 0,
      invalid: 0,
      waits: null,
      end: null
    }
  };
  const refuse = (name: string): never => {
    throw new EditError('read-only', name);
  };
  const nothing = (): void => undefined;
  return {
    clientId: now.clientId,
    isDisposed: false,
    status: state.status,
    getState: () => state,
    subscribe: () => nothing,
    getVariable: name => variables.get(name)?.value,
    setVariable: refuse,
    editVariable: refuse,
    deleteVariable: refuse,
    renameVariable: refuse,
    declareVariable: refuse,
    takeBack: () => false,
    atOnce: edits => edits(),
    readView: now.readView,
    writeView: nothing,
    readDeclined: now.readDeclined,
    writeDeclined: nothing,
    setInvalid: nothing,
    hold: nothing,
    flush: () => Promise.resolve({ ok: true, late: [], refused: [], invalid: [] }),
    keepMine: nothing,
    takeTheirs: nothing,
    dismissRefused: nothing,
    retryRefused: nothing,
    takeRefused: nothing,
    connect: nothing,
    startAnew: () => Promise.resolve(),
    leave: nothing,
    dispose: nothing
  };
}
