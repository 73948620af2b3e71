import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { useSelected, useTrans } from '../context';
import type { Origin } from '../model';
import type { ViewRow } from '../overlay';
import { authorWords, type Onlooker } from './historywords';
import { inputsOf } from './stepwords';
import { useClock } from './useClock';
import { useOnlooker } from './useHistory';

/** Who made a change, in a word or two: authorWords says all of it. */
export function whoWords(origin: Origin, on: Onlooker, trans: TranslationBundle): string {
  const person = on.hasPeople && origin.user !== undefined ? origin.user : null;
  switch (origin.kind) {
    case 'step':
      return origin.step ?? trans.__('step');
    case 'cell': {
      const number = origin.cell === undefined ? null : on.cellNumber(origin.cell);
      return number === null ? (person ?? trans.__('cell')) : trans.__('cell %1', number);
    }
    case 'widget':
      return person ?? trans.__('widget');
    case 'api':
      return person ?? trans.__('API');
    case 'cli':
      return person ?? trans.__('command line');
    default:
      return origin.client === on.client ? trans.__('you') : (person ?? trans.__('panel'));
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

export function clockTime(at: number): string {
  return new Date(at).toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit'
  });
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
  const on = useOnlooker();
  const now = useClock();
  const isOffline = useSelected(state => state.status.kind === 'offline');
  const steps = useSelected(state => state.steps);
  const isHeld = useSelected(state => state.held.has(row.name));
  if (row.pending) {
    return (
      <span className="jp-SessionRow-who">
        {isOffline ? trans.__('kept here') : isHeld ? trans.__('waits') : trans.__('saving …')}
      </span>
    );
  }
  const author = authorWords(row.origin, on, trans);
  const inputs = inputsOf(row.origin, steps);
  const when = new Date(row.updatedAt).toLocaleString();
  return (
    <span
      className="jp-SessionRow-who"
      title={
        inputs.length === 0
          ? trans.__('Written by %1, %2, revision %3', author, when, row.revision)
          : trans.__(
              'Written by %1 from %2, %3, revision %4',
              author,
              inputs.join(', '),
              when,
              row.revision
            )
      }
      data-testid="written-by"
    >
      {whoWords(row.origin, on, trans)} ·{' '}
      {agoWords(row.updatedAt, Math.max(now, row.updatedAt), trans)}
    </span>
  );
}
