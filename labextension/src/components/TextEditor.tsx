import React from 'react';

import { useTrans } from '../context';
import type { Json } from '../json';
import { GrowingField } from './GrowingField';
import { useDraft, type Field } from './useDraft';

export function useTextField(name: string, value: Json): Field {
  const format = (each: Json): string => (typeof each === 'string' ? each : '');
  return useDraft(name, value, format, text => ({ ok: true, value: text }), '');
}

/** Enter saves, Shift+Enter starts a new line. */
export function TextEditor(props: {
  name: string;
  value: Json;
  readOnly: boolean;
}): React.JSX.Element {
  const { name, value, readOnly } = props;
  const trans = useTrans();
  const field = useTextField(name, value);
  return (
    <GrowingField
      name={name}
      field={field}
      readOnly={readOnly}
      placeholder={trans.__('empty text')}
      hasLines
    />
  );
}
