import React, { useMemo } from 'react';

import { useTrans } from '../context';
import { prettyJson, type Json } from '../json';
import { readJson } from './cellreading';
import { CodeField } from './CodeField';
import { ValueBar } from './ValueBar';
import { useDraft, type Reading } from './useDraft';

/** The value as JSON text, with highlighting; what is not JSON stays in the field and is not sent. */
export function JsonEditor(props: {
  name: string;
  value: Json;
  readOnly: boolean;
  takesFocus: boolean;
}): React.JSX.Element {
  const { name, value } = props;
  const trans = useTrans();
  const read = (text: string): Reading => readJson(text, trans);
  // Writing a large value out takes a while, and the row is drawn again by the clock.
  const pretty = useMemo(() => prettyJson(value), [value]);
  const format = (each: Json): string => (each === value ? pretty : prettyJson(each));
  const field = useDraft(name, value, format, read, '');
  return (
    <>
      <CodeField {...props} field={field} mimeType="application/json" />
      <ValueBar />
    </>
  );
}
