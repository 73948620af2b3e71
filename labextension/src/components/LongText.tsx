import React, { useState } from 'react';

import { useTrans } from '../context';
import type { Json } from '../json';
import { Button } from './Button';
import { CodeField } from './CodeField';
import { numberWords } from './moments';
import { TextEditor, useTextField } from './TextEditor';
import { useRemembered } from './useRemembered';

// A plain field lays out all of its text at once, on each keystroke: beyond this a beginning is shown, and on demand an
// editor that draws what is in view.
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
  const [isOpen, setOpen] = useRemembered(`long ${name}`, false);
  const [isAsked, ask] = useState(false);
  const [wasShort] = useState(() => typeof value !== 'string' || value.length <= LONG);
  // What grows under one's hands stays in its field.
  if (wasShort) {
    return <TextEditor name={name} value={value} readOnly={readOnly} />;
  }
  if (isOpen || typeof value !== 'string') {
    return <LinesEditor name={name} value={value} readOnly={readOnly} takesFocus={isAsked} />;
  }
  return (
    <div className="jp-SessionLongText" data-testid="long-text">
      <p>{value.slice(0, BEGINNING)} …</p>
      <Button
        look="link"
        testid="editor"
        aria-label={trans.__('Open all of %1', name)}
        onClick={() => {
          ask(true);
          setOpen(true);
        }}
      >
        {trans.__('Open all %1 characters', numberWords(value.length))}
      </Button>
    </div>
  );
}

function LinesEditor(props: {
  name: string;
  value: Json;
  readOnly: boolean;
  takesFocus: boolean;
}): React.JSX.Element {
  const field = useTextField(props.name, props.value);
  return <CodeField {...props} field={field} mimeType="text/plain" />;
}
