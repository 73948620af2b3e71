import React, { useRef } from 'react';

import { useClient, useSelected, useSurroundings } from '../context';
import { stringifyJson } from '../json';
import type { EditOp } from '../model';
import type { Refused } from '../edit';
import { Button } from './Button';
import { errorSentence, shortValue } from './sentences';
import { useCopy } from './useCopy';

/** Of a variable what its declaration does not allow: that is said in its row. */
export function refusedOf(refused: readonly Refused[], name: string): Refused | undefined {
  return refused.find(({ edit, code }) => edit.op.name === name && IN_ROW.has(code));
}

const IN_ROW = new Set(['invalid-value', 'locked']);

/** An edit that the server did not take, with the reason; what was typed is not lost. */
export function RefusedCard(props: {
  refused: Refused;
  /** Opens the field that takes any value, where it stands in its row. */
  onOpen?(): void;
}): React.JSX.Element {
  const { refused, onOpen } = props;
  const { id, edit, message } = refused;
  const client = useClient();
  const { trans, notify, corrections } = useSurroundings();
  const copy = useCopy();
  const { op } = edit;
  const value = op.op === 'set' ? op.value : edit.whole?.mine;
  const isLocked = useSelected(state => state.variables.get(op.name)?.spec?.locked === true);
  // Who takes a lock away is not kept from it by the lock.
  const isHindered = isLocked && op.op !== 'declare';
  const again = (): void => {
    try {
      client.retryRefused(id);
    } catch (error) {
      notify({ text: errorSentence(error, trans) });
    }
  };
  const againWords = ((): string => {
    if (value !== undefined && refused.to !== undefined) {
      return trans.__('Write to %1', refused.to);
    }
    return value !== undefined && refused.code === 'gone'
      ? trans.__('Set anew')
      : trans.__('Try again');
  })();
  const card = useRef<HTMLDivElement>(null);
  const correct = (): void => {
    if (value === undefined) {
      return;
    }
    if (corrections?.put(op.name, { id, value, message }) === false) {
      onOpen?.();
    }
    const row = card.current?.closest('[data-testid="row"]');
    requestAnimationFrame(() => row?.querySelector<HTMLElement>('[data-testid="editor"]')?.focus());
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
      ref={card}
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
        <Button
          testid="refused-again"
          disabled={isHindered}
          title={isHindered ? trans.__('%1 is locked: unlock it first.', op.name) : undefined}
          onClick={again}
        >
          {againWords}
        </Button>
        {value !== undefined && onOpen !== undefined && !isLocked ? (
          <Button
            testid="refused-edit"
            title={trans.__('Put this value into the field, to correct it')}
            onClick={correct}
          >
            {trans.__('Edit')}
          </Button>
        ) : null}
        {value !== undefined ? (
          <Button onClick={() => copy(stringifyJson(value))}>{trans.__('Copy')}</Button>
        ) : null}
        <Button testid="refused-dismiss" onClick={() => client.dismissRefused(id)}>
          {trans.__('Dismiss')}
        </Button>
      </div>
    </div>
  );
}
