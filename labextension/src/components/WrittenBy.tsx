import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { useClient, useSelected, useTrans } from '../context';
import type { Origin } from '../model';
import type { ViewRow } from '../overlay';
import { useClock } from './useClock';

/** Who made a change, in a word. */
export function whoWords(origin: Origin, client: string, trans: TranslationBundle): string {
  switch (origin.kind) {
    case 'step':
      return origin.step ?? trans.__('step');
    case 'cell':
      return trans.__('cell');
    case 'widget':
      return trans.__('widget');
    case 'api':
      return trans.__('API');
    case 'cli':
      return trans.__('command line');
    default:
      return origin.client === client ? trans.__('you') : trans.__('panel');
  }
}

export function agoWords(at: number, now: number, trans: TranslationBundle): string {
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  if (seconds < 45) {
    return trans.__('now');
  }
  if (seconds < 3600) {
    return trans.__('%1 min', Math.max(1, Math.round(seconds / 60)));
  }
  if (seconds < 86_400) {
    return trans.__('%1 h', Math.round(seconds / 3600));
  }
  return new Date(at).toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
}

// Made once: making one takes longer than all that a row does beside it.
const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit'
});
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'medium' });

export function clockTime(at: number): string {
  return clock.format(at);
}

export function durationWords(ms: number, trans: TranslationBundle): string {
  const seconds = ms / 1000;
  if (ms < 950) {
    return trans.__('%1 ms', Math.round(ms));
  }
  if (seconds < 10) {
    return trans.__('%1 s', seconds.toFixed(1));
  }
  return seconds < 120
    ? trans.__('%1 s', Math.round(seconds))
    : trans.__('%1 min', Math.round(seconds / 60));
}

export function WrittenBy(props: { row: ViewRow }): React.JSX.Element {
  const { row } = props;
  const trans = useTrans();
  const client = useClient();
  const now = useClock();
  const isOffline = useSelected(state => state.status.kind === 'offline');
  if (row.pending) {
    return (
      <span className="jp-SessionRow-who">
        <span className="jp-SessionRow-author">
          {isOffline ? trans.__('kept here') : trans.__('saving …')}
        </span>
      </span>
    );
  }
  const who = whoWords(row.origin, client.clientId, trans);
  const when = moment.format(row.updatedAt);
  return (
    <span
      className="jp-SessionRow-who"
      title={trans.__('Written by %1, %2, revision %3', who, when, row.revision)}
      data-testid="written-by"
    >
      <span className="jp-SessionRow-author">{who}</span>
      <span className="jp-SessionRow-ago">
        {` · ${agoWords(row.updatedAt, Math.max(now, row.updatedAt), trans)}`}
      </span>
    </span>
  );
}
