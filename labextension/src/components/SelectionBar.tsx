import { closeIcon } from '@jupyterlab/ui-components';
import React, { useSyncExternalStore } from 'react';

import { useClient, useSelected, useSurroundings } from '../context';
import { Button } from './Button';
import { IconButton } from './IconButton';
import { prettyJson, type Json } from '../json';
import { pythonText } from '../pythontext';
import { openMenu } from './menu';
import { deleteVariables, putBack } from './removal';
import { useRows } from './rows';
import { errorSentence } from './sentences';
import { useCopy } from './useCopy';

/** What can be done with the rows that are selected; nothing while none can be. */
export function SelectionBar(): React.JSX.Element | null {
  const { selection } = useRows();
  const { isOn } = useSyncExternalStore(selection.subscribe, selection.getState);
  return isOn ? <Bar /> : null;
}

function Bar(): React.JSX.Element {
  const { selection } = useRows();
  const client = useClient();
  const { trans, notify, showRow } = useSurroundings();
  const { names } = useSyncExternalStore(selection.subscribe, selection.getState);
  const variables = useSelected(state => state.variables);
  const readOnly = useSelected(state => state.readOnly);
  const toClipboard = useCopy();
  const rows = [...names].flatMap(name => variables.get(name) ?? []);
  const none = rows.length === 0;
  const locked = rows.filter(row => row.spec?.locked === true).length;

  const attempt = (edit: () => void): boolean => {
    try {
      edit();
      void client.flush();
      return true;
    } catch (error) {
      notify({ text: errorSentence(error, trans) });
      return false;
    }
  };
  const remove = (): void => {
    const free = rows.filter(row => row.spec?.locked !== true).map(row => row.name);
    let gone: typeof rows = [];
    if (attempt(() => void (gone = deleteVariables(client, free)))) {
      const text = trans._n('Deleted %1 variable.', 'Deleted %1 variables.', gone.length);
      notify({
        text: locked === 0 ? text : `${text} ${trans.__('What is locked is still there.')}`,
        action: { label: trans.__('Undo'), run: () => attempt(() => putBack(client, gone)) }
      });
      selection.end();
      // The focus, and with it the list, stays where they were.
      const at = selection.shown.findIndex(name => names.has(name));
      const left = (name: string): boolean => client.getState().variables.has(name);
      const next = selection.shown.slice(at).find(left) ?? selection.shown.slice(0, at).find(left);
      if (next !== undefined) {
        showRow?.(next);
      }
    }
  };
  const lock = (isLocked: boolean): void => {
    attempt(() =>
      client.atOnce(() =>
        rows.forEach(({ name, spec }) =>
          client.declareVariable(name, { ...spec, locked: isLocked })
        )
      )
    );
  };
  const copy = (write: (chosen: [string, Json][]) => string): void => {
    // As they stand in the list.
    const order = selection.shown.filter(name => names.has(name));
    const chosen = order.flatMap((name): [string, Json][] => {
      const row = variables.get(name);
      return row === undefined ? [] : [[name, row.value]];
    });
    toClipboard(
      write(chosen),
      trans._n('Copied %1 variable.', 'Copied %1 variables.', chosen.length)
    );
  };
  return (
    <div
      className="jp-SessionSelection"
      role="toolbar"
      aria-label={trans.__('Selected variables')}
      data-testid="selection-bar"
    >
      <span role="status">{trans.__('%1 selected', rows.length)}</span>
      <IconButton
        icon={closeIcon}
        testid="selection-end"
        label={trans.__('End selecting')}
        quiet
        onClick={() => selection.end()}
      />
      <div className="jp-SessionSelection-actions">
        <Button testid="selection-all" onClick={() => selection.all()}>
          {trans.__('All')}
        </Button>
        <Button
          testid="selection-copy"
          aria-haspopup="menu"
          aria-expanded="false"
          disabled={none}
          onClick={event =>
            openMenu(event.currentTarget, [
              {
                id: 'copy-python',
                label: trans.__('Copy as Python'),
                run: () => copy(pythonText)
              },
              {
                id: 'copy-json',
                label: trans.__('Copy as JSON'),
                run: () => copy(chosen => prettyJson(Object.fromEntries(chosen), 80))
              }
            ])
          }
        >
          {trans.__('Copy')}
        </Button>
        <Button
          testid="selection-lock"
          disabled={none || readOnly}
          onClick={() => lock(locked < rows.length)}
        >
          {!none && locked === rows.length ? trans.__('Unlock') : trans.__('Lock')}
        </Button>
        <Button
          testid="selection-delete"
          disabled={none || readOnly || locked === rows.length}
          onClick={remove}
        >
          {trans.__('Delete')}
        </Button>
      </div>
    </div>
  );
}
