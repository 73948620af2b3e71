import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useRef } from 'react';

import type { ClientState } from '../client';
import { useClient, useSelected, useSurroundings } from '../context';
import type { Status } from '../status';

export function statusWords(status: Status, trans: TranslationBundle): string {
  if (status.end === 'gone') {
    return trans.__('Deleted');
  }
  if (status.end === 'forbidden') {
    return trans.__('No access');
  }
  switch (status.kind) {
    case 'loading':
      return trans.__('Connecting');
    case 'saved':
      return trans.__('Saved');
    case 'saving':
      return status.waits === null ? trans.__('Saving') : trans.__('Not saved yet');
    case 'waiting':
      return trans._n('%1 edit waits', '%1 edits wait', status.edits);
    case 'offline':
      return status.edits === 0
        ? trans.__('Offline')
        : trans._n('Offline, %1 edit kept', 'Offline, %1 edits kept', status.edits);
    case 'conflict':
      return status.conflicts > 0
        ? trans._n('%1 conflict', '%1 conflicts', status.conflicts)
        : trans.__('%1 refused', status.refused);
    case 'invalid':
      return trans._n('%1 not valid', '%1 not valid', status.invalid);
    case 'notkept':
      return trans.__('Not kept');
    case 'readonly':
      return trans.__('Read-only');
  }
}

function statusTitle(status: Status, invalid: readonly string[], trans: TranslationBundle): string {
  if (status.end !== null) {
    return status.end === 'gone'
      ? trans.__('This session was deleted.')
      : trans.__('You may no longer use this session.');
  }
  switch (status.kind) {
    case 'saved':
      return trans.__('All edits are stored on the server.');
    case 'saving':
      return (
        status.waits ??
        trans.__('Edits are on their way to the server. They are kept in this browser too.')
      );
    case 'waiting':
      return trans.__('What a running step reads is sent when it has ended, or by Enter.');
    case 'offline':
      return trans.__(
        'The server cannot be reached. What you type is kept in this browser and sent later. A click tries again.'
      );
    case 'conflict':
      return trans.__('Something needs your decision: a click goes there.');
    case 'invalid':
      return trans.__(
        'What was typed into %1 is not valid and not saved: a click goes there, and Escape takes it back.',
        invalid.join(', ')
      );
    case 'notkept':
      return status.storage === 'memory'
        ? trans.__(
            'The server cannot write where sessions are stored: this one is in its memory only, and ends with it.'
          )
        : trans.__(
            'This browser has no room to keep your edits: do not close this page before they are saved.'
          );
    case 'readonly':
      return status.storage === 'read-only'
        ? trans.__(
            'The server cannot write where sessions are stored: you can read, and change again when it can.'
          )
        : trans.__('You may read this session, not change it.');
    case 'loading':
      return trans.__('Waiting for the server.');
  }
}

/** Variables that need somebody's decision or hands. */
function problemsOf({ conflicts, refused, invalid }: ClientState): string[] {
  const names = [
    ...conflicts.keys(),
    ...refused.map(({ edit }) => edit.op.name),
    ...invalid.keys()
  ];
  return [...new Set(names)];
}

/** How things stand, in a word; a click goes to the next thing that is not well, or says it in a sentence. */
export function SyncLight(): React.JSX.Element {
  const client = useClient();
  const { trans, notify, showRow } = useSurroundings();
  const status = useSelected(state => state.status);
  const invalid = useSelected(state => state.invalid);
  const last = useRef<string | null>(null);
  const title = statusTitle(status, [...invalid.keys()], trans);
  const open = (): void => {
    if (status.kind === 'offline' && status.end === null) {
      client.connect();
    }
    const problems = problemsOf(client.getState());
    const next = problems[(problems.indexOf(last.current ?? '') + 1) % problems.length];
    last.current = next ?? null;
    if (next === undefined || showRow === undefined) {
      notify({ text: title });
    } else {
      showRow(next, 'problem');
    }
  };
  return (
    <span role="status">
      <button
        type="button"
        className="jp-SyncLight"
        data-testid="sync-light"
        data-state={status.kind}
        data-end={status.end ?? undefined}
        title={title}
        onClick={open}
      >
        {statusWords(status, trans)}
      </button>
    </span>
  );
}
