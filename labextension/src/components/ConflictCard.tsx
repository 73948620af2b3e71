import React from 'react';

import { useClient, useTrans } from '../context';
import type { Json } from '../json';
import type { Conflict } from '../conflicts';
import { shortValue } from './sentences';
import { whoWords } from './WrittenBy';

/** Two values for one variable: the person chooses. */
export function ConflictCard(props: { conflict: Conflict }): React.JSX.Element {
  const { conflict } = props;
  const { name, mine, theirs, base, origin, at, stands } = conflict;
  const client = useClient();
  const trans = useTrans();
  const time = new Date(at).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
  const who = origin === null ? trans.__('Elsewhere') : whoWords(origin, client.clientId, trans);
  const side = (
    which: 'mine' | 'theirs',
    title: string,
    value: Json | undefined,
    label: string,
    decide: (name: string) => void
  ): React.JSX.Element => (
    <div className="jp-SessionCard-line">
      <span className="jp-SessionCard-title">
        {title}
        {stands === which ? <em> {trans.__('saved now')}</em> : null}
      </span>
      <code title={shortValue(value, trans, 2000)}>{shortValue(value, trans)}</code>
      <button
        type="button"
        className="jp-SessionButton"
        data-testid={which === 'mine' ? 'conflict-keep' : 'conflict-take'}
        onClick={() => decide(name)}
      >
        {label}
      </button>
    </div>
  );
  return (
    <div
      className="jp-SessionCard"
      role="group"
      aria-label={trans.__('Conflict over %1', name)}
      data-testid="conflict"
    >
      {side('mine', trans.__('Yours, %1', time), mine, trans.__('Keep'), client.keepMine)}
      {side('theirs', who, theirs, trans.__('Take'), client.takeTheirs)}
      {base === undefined ? null : (
        <div className="jp-SessionCard-line jp-mod-before">
          <span className="jp-SessionCard-title">{trans.__('Before')}</span>
          <code>{shortValue(base, trans)}</code>
        </div>
      )}
    </div>
  );
}
