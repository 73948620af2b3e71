import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { useSelected, useTrans } from '../context';
import type { Origin } from '../model';
import type { ViewRow } from '../overlay';
import { authorWords, type Onlooker } from './historywords';
import { inputsOf } from './stepwords';
import { useClock } from './useClock';
import { useOnlooker } from './useHistory';
import { agoWords, fullTime } from './moments';

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
        <span className="jp-SessionRow-author">
          {isOffline ? trans.__('kept here') : isHeld ? trans.__('waits') : trans.__('saving …')}
        </span>
      </span>
    );
  }
  const author = authorWords(row.origin, on, trans);
  const inputs = inputsOf(row.origin, steps);
  const when = fullTime(row.updatedAt);
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
      <span className="jp-SessionRow-author">{whoWords(row.origin, on, trans)}</span>
      <span className="jp-SessionRow-ago">
        {` · ${agoWords(row.updatedAt, Math.max(now, row.updatedAt), trans)}`}
      </span>
    </span>
  );
}
