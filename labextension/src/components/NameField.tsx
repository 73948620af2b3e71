import React from 'react';

import { useTrans } from '../context';
import { NamingField } from './NamingField';

const LONGEST = 256;

/** A session's name as a field. */
export function NameField(props: {
  label: string;
  begin: string;
  /** What the person's other sessions are called. Two may be called the same; commands then want an id. */
  others: readonly string[];
  /** What a button beside it says, for a name of something new. */
  take?: string;
  onName(name: string): void;
  onEnd(): void;
}): React.JSX.Element {
  const { label, begin, others, onName, onEnd } = props;
  const trans = useTrans();
  const onTake = (text: string): string | null => {
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
      take={props.take}
      hint={text =>
        text.trim() !== begin && others.includes(text.trim())
          ? trans.__('Another session has this name, too.')
          : null
      }
      onTake={onTake}
      onEnd={onEnd}
    />
  );
}
