/**
 * The session of the notebook in front, in the status bar: its name and the light, in words.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React, { useSyncExternalStore } from 'react';

import type { SessionClient } from './client';
import { statusWords } from './components/SyncLight';
import type { Current, CurrentSession } from './current';

type Followed = Pick<CurrentSession, 'getState' | 'subscribe'>;

export class SessionStatus extends ReactWidget {
  constructor(
    private readonly current: Followed,
    private readonly trans: TranslationBundle,
    private readonly open: () => void
  ) {
    super();
    this.addClass('jp-SessionStatus');
    this.node.dataset.testid = 'session-status';
  }

  protected override render(): React.JSX.Element {
    return <StatusItem current={this.current} trans={this.trans} onOpen={this.open} />;
  }
}

export function StatusItem(props: {
  current: Followed;
  trans: TranslationBundle;
  onOpen(): void;
}): React.JSX.Element | null {
  const { current, trans, onOpen } = props;
  const state = useSyncExternalStore(current.subscribe, current.getState);
  switch (state.kind) {
    case 'open':
      return <OpenStatus state={state} client={state.client} trans={trans} onOpen={onOpen} />;
    case 'asked':
      return (
        <button type="button" className="jp-SessionStatus-button" onClick={onOpen}>
          {trans.__('Session: choose')}
        </button>
      );
    default:
      return null;
  }
}

function OpenStatus(props: {
  state: Current & { kind: 'open' };
  client: SessionClient;
  trans: TranslationBundle;
  onOpen(): void;
}): React.JSX.Element {
  const { state, client, trans, onOpen } = props;
  const { meta, status } = useSyncExternalStore(client.subscribe, client.getState);
  const name = meta.name ?? state.notebook.name.replace(/\.ipynb$/, '');
  return (
    <button
      type="button"
      className="jp-SessionStatus-button"
      title={trans.__('Session %1. Click to open the panel.', name)}
      onClick={onOpen}
    >
      <span className="jp-SessionStatus-name">{name}</span>
      <span className="jp-SyncLight" data-state={status.kind} data-end={status.end ?? undefined}>
        {statusWords(status, trans)}
      </span>
    </button>
  );
}
