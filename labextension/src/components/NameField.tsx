import React from 'react';

import { useTrans } from '../context';
import { NamingField } from './NamingField';

const LONGEST = 256;

/** A session's name as a field. */
export function NameField(props: {
  label: string;
  begin: string;
  onName(name: string): void;
  onEnd(): void;
}): React.JSX.Element {
  const { label, begin, onName, onEnd } = props;
  const trans = useTrans();
  const take = (text: string): string | null => {
    const name = text.trim();
    if (name === '') {
      return trans.__('Give it a name.');
    }
    if (name.length > LONGEST || /\p{Cc}/u.test(name)) {
      return trans.__('A session’s name has up to 256 characters, and no line breaks.');
    }
    if (name !== begin) {
      onName(name);
    }
    return null;
  };
  return (
    <NamingField
      label={label}
      begin={begin}
      testid="session-name"
      placeholder={label}
      onTake={take}
      onEnd={onEnd}
    />
  );
}
