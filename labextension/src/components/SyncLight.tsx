import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { useSelected, useTrans } from '../context';
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
      return trans.__('Saving');
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
  switch (status.kind) {
    case 'saved':
      return trans.__('All edits are stored on the server.');
    case 'saving':
      return trans.__('Edits are on their way to the server. They are kept in this browser too.');
    case 'offline':
      return trans.__(
        'The server cannot be reached. What you type is kept in this browser and sent later.'
      );
    case 'conflict':
      return trans.__('Something needs your decision, see below.');
    case 'invalid':
      return trans.__(
        'What was typed into %1 is not valid and not saved. Escape in its field takes it back.',
        invalid.join(', ')
      );
    case 'notkept':
      return trans.__(
        'This browser has no room to keep your edits: do not close this page before they are saved.'
      );
    case 'readonly':
      return trans.__('You may read this session, not change it.');
    case 'loading':
      return trans.__('Waiting for the server.');
  }
}

export function SyncLight(): React.JSX.Element {
  const status = useSelected(state => state.status);
  const invalid = useSelected(state => state.invalid);
  const trans = useTrans();
  return (
    <span
      className="jp-SyncLight"
      role="status"
      data-testid="sync-light"
      data-state={status.kind}
      data-end={status.end ?? undefined}
      title={statusTitle(status, [...invalid.keys()], trans)}
    >
      {statusWords(status, trans)}
    </span>
  );
}
