import React from 'react';

import { useClient, useSurroundings } from '../context';
import { stringifyJson } from '../json';
import type { EditOp } from '../model';
import type { Refused } from '../edit';
import { shortValue } from './sentences';

/** Of a variable what its declaration does not allow: that is said in its row. */
export function refusedOf(refused: readonly Refused[], name: string): Refused | undefined {
  return refused.find(({ edit, code }) => edit.op.name === name && IN_ROW.has(code));
}

const IN_ROW = new Set(['invalid-value', 'locked']);

/** An edit that the server did not take, with the reason; what was typed is not lost. */
export function RefusedCard(props: { refused: Refused }): React.JSX.Element {
  const { id, edit, message } = props.refused;
  const client = useClient();
  const { trans, notify } = useSurroundings();
  const { op } = edit;
  const value = op.op === 'set' ? op.value : edit.whole?.mine;
  const copy = (text: string): void => {
    navigator.clipboard
      .writeText(text)
      .then(() => notify({ text: trans.__('Copied.') }))
      .catch(() => notify({ text: trans.__('This browser does not let the panel copy.') }));
  };
  const what = ((each: EditOp): string => {
    switch (each.op) {
      case 'set':
      case 'patch':
        return trans.__('%1 was not saved', each.name);
      case 'delete':
        return trans.__('%1 was not deleted', each.name);
      case 'rename':
        return trans.__('%1 was not renamed to %2', each.name, each.to);
      case 'declare':
        return trans.__('The declaration of %1 was not changed', each.name);
    }
  })(op);
  return (
    <div
      className="jp-SessionCard jp-mod-refused"
      role="alert"
      data-testid="refused"
      data-name={op.name}
    >
      <div className="jp-SessionCard-line">
        <strong>{what}</strong>
      </div>
      <div className="jp-SessionCard-line jp-mod-text">{message}</div>
      {value !== undefined ? (
        <div className="jp-SessionCard-line">
          <code>{shortValue(value, trans, 120)}</code>
        </div>
      ) : null}
      <div className="jp-SessionCard-line jp-mod-actions">
        {value !== undefined ? (
          <button
            type="button"
            className="jp-SessionButton"
            onClick={() => copy(stringifyJson(value))}
          >
            {trans.__('Copy')}
          </button>
        ) : null}
        <button
          type="button"
          className="jp-SessionButton"
          data-testid="refused-dismiss"
          onClick={() => client.dismissRefused(id)}
        >
          {trans.__('Dismiss')}
        </button>
      </div>
    </div>
  );
}
