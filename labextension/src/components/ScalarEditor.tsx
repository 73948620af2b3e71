import React from 'react';

import { useTrans } from '../context';
import type { Json } from '../json';
import { scalarOf, type Scalar } from '../scalartext';
import { readTyped } from './cellreading';
import { GrowingField } from './GrowingField';
import { useDraft } from './useDraft';

/** A date, a time, a decimal and the like as text; what is none stays in the field and is not sent. */
export function ScalarEditor(props: {
  name: string;
  value: Json;
  scalar: Scalar;
  readOnly: boolean;
}): React.JSX.Element {
  const { name, value, scalar, readOnly } = props;
  const trans = useTrans();
  const field = useDraft(
    name,
    value,
    each => scalarOf(each)?.text ?? '',
    text => readTyped(value, scalar.type, text, trans),
    ''
  );
  return <GrowingField name={name} field={field} readOnly={readOnly} />;
}
