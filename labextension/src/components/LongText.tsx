import React, { useState } from 'react';

import { useTrans } from '../context';
import type { Json } from '../json';
import { TextEditor } from './TextEditor';
import { numberWords } from './moments';

// A field lays out all of its text at once: beyond this a beginning is shown, and the field on demand.
const LONG = 20_000;
const BEGINNING = 400;

/** A text; of a very long one its beginning, until somebody wants to edit it. */
export function LongText(props: {
  name: string;
  value: Json;
  readOnly: boolean;
}): React.JSX.Element {
  const { name, value, readOnly } = props;
  const trans = useTrans();
  const [isOpen, setOpen] = useState(false);
  const [wasShort] = useState(() => typeof value !== 'string' || value.length <= LONG);
  // What grows under one's hands stays in its field.
  if (isOpen || wasShort || typeof value !== 'string' || value.length <= LONG) {
    return <TextEditor name={name} value={value} readOnly={readOnly} />;
  }
  return (
    <div className="jp-SessionLongText" data-testid="long-text">
      <p>{value.slice(0, BEGINNING)} …</p>
      <button
        type="button"
        className="jp-SessionButton jp-mod-link"
        data-testid="editor"
        aria-label={trans.__('Open all of %1', name)}
        onClick={() => setOpen(true)}
      >
        {trans.__('Open all %1 characters', numberWords(value.length))}
      </button>
    </div>
  );
}
