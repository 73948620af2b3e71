import React, { useRef } from 'react';

import { useClient, useSurroundings } from '../context';
import { sameJson, type Json } from '../json';
import type { ViewRow } from '../overlay';
import { MenuButton } from './IconButton';
import { askForDeclaration } from './declaredialog';
import { useHistoryItems } from './historyitems';
import { kindOf, opensWhole } from './kinds';
import { putBack } from './removal';
import { useRows } from './rows';
import { errorSentence } from './sentences';
import { copiedText, useCopy } from './useCopy';

/** A name like this one that is still free. */
export function freeName(name: string, taken: (name: string) => boolean): string {
  let number = 2;
  while (taken(`${name}_${number}`)) {
    number++;
  }
  return `${name}_${number}`;
}

export function RowMenu(props: {
  row: ViewRow;
  readOnly: boolean;
  isOpen: boolean;
  onOpen(open: boolean): void;
  onRename(): void;
}): React.JSX.Element {
  const { row, readOnly, isOpen, onOpen, onRename } = props;
  const { name, value, spec } = row;
  const isLocked = spec?.locked === true;
  const fixed = readOnly || isLocked;
  const client = useClient();
  const { selection, move } = useRows();
  const { trans, larger, notebook, notify, trace } = useSurroundings();
  const copy = useCopy();
  const past = useHistoryItems(name);
  const button = useRef<HTMLButtonElement>(null);
  const change = (edit: () => void): void => {
    try {
      edit();
      void client.flush();
    } catch (error) {
      notify({ text: errorSentence(error, trans) });
    }
  };
  const insert = (): void => {
    if (notebook?.insert(`session[${JSON.stringify(name)}]`) !== true) {
      notify({ text: trans.__('Click into a code cell first.') });
    }
  };
  const remove = (): void => {
    change(() => client.deleteVariable(name));
    notify({
      text: trans.__('Deleted %1.', name),
      action: { label: trans.__('Undo'), run: () => change(() => putBack(client, [row])) }
    });
  };
  const reset = (to: Json): void => {
    change(() => client.setVariable(name, to));
    notify({
      text: trans.__('%1 has its default again.', name),
      action: {
        label: trans.__('Undo'),
        run: () => change(() => client.setVariable(name, value))
      }
    });
  };
  const declare = async (): Promise<void> => {
    const next = await askForDeclaration(row, trans);
    if (next !== undefined && (next !== null || spec !== undefined)) {
      change(() => client.declareVariable(name, next));
    }
    button.current?.focus();
  };
  const duplicate = (): void =>
    change(() =>
      client.setVariable(
        freeName(name, each => client.getState().variables.has(each)),
        value
      )
    );
  return (
    <MenuButton
      ref={button}
      quiet
      testid="row-menu"
      label={trans.__('Actions for %1', name)}
      title={trans.__('Actions for %1', name)}
      items={() => [
        {
          id: 'copy',
          label: trans.__('Copy Value'),
          run: () => copy(copiedText(value), trans.__('Copied the value of %1.', name))
        },
        {
          id: 'insert',
          label: trans.__('Insert %1', `session[${JSON.stringify(name)}]`),
          run: insert,
          enabled: notebook !== null
        },
        {
          id: 'json',
          label: isOpen ? trans.__('Close the JSON Editor') : trans.__('Edit as JSON'),
          run: () => onOpen(!isOpen)
        },
        ...(larger === undefined || !opensWhole(kindOf(value))
          ? []
          : [{ id: 'larger', label: trans.__('Open Larger'), run: () => larger(name) }]),
        null,
        ...(spec?.default === undefined
          ? []
          : [
              {
                id: 'reset',
                label: trans.__('Reset to Default'),
                run: () => reset(spec.default!),
                enabled: !fixed && !sameJson(value, spec.default)
              }
            ]),
        {
          id: 'lock',
          label: isLocked ? trans.__('Unlock') : trans.__('Lock'),
          run: () => change(() => client.declareVariable(name, { ...spec, locked: !isLocked })),
          enabled: !readOnly
        },
        {
          id: 'declare',
          label: spec === undefined ? trans.__('Declare…') : trans.__('Change Declaration…'),
          run: () => void declare(),
          enabled: !readOnly
        },
        null,
        { id: 'select', label: trans.__('Select'), run: () => selection.start(name) },
        { id: 'up', label: trans.__('Move Up'), run: () => move(name, -1) },
        { id: 'down', label: trans.__('Move Down'), run: () => move(name, 1) },
        null,
        { id: 'rename', label: trans.__('Rename…'), run: onRename, enabled: !fixed },
        { id: 'duplicate', label: trans.__('Duplicate'), run: duplicate, enabled: !readOnly },
        { id: 'delete', label: trans.__('Delete'), run: remove, enabled: !fixed },
        ...past,
        ...(trace === undefined
          ? []
          : [{ id: 'trace', label: trans.__('Where It Came From'), run: () => trace(name) }])
      ]}
    />
  );
}
