import React from 'react';

import { useClient, useSurroundings } from '../context';
import { NamingField } from './NamingField';
import { errorSentence } from './sentences';

/** A variable's name as a field. */
export function RenameField(props: { name: string; onEnd(): void }): React.JSX.Element {
  const { name, onEnd } = props;
  const client = useClient();
  const { trans, showRow } = useSurroundings();
  const rename = (text: string): string | null => {
    try {
      if (text !== name) {
        client.renameVariable(name, text);
        void client.flush();
        // The row goes where its new name stands.
        showRow?.(text);
      }
      return null;
    } catch (error) {
      return errorSentence(error, trans);
    }
  };
  return (
    <NamingField
      label={trans.__('New name of %1', name)}
      begin={name}
      testid="rename"
      onTake={rename}
      onEnd={onEnd}
    />
  );
}
