import React, { useId } from 'react';

import { useTrans } from '../context';
import type { Json } from '../json';
import { scalarOf, type Scalar } from '../scalartext';
import { readTyped } from './cellreading';
import { FieldMessage } from './FieldMessage';
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
  const message = useId();
  const field = useDraft(
    name,
    value,
    each => scalarOf(each)?.text ?? '',
    text => readTyped(value, scalar.type, text, trans),
    ''
  );
  const invalid = field.problem !== null;
  return (
    <>
      <div className="jp-SessionField" data-invalid={invalid}>
        <input
          data-testid="editor"
          aria-label={name}
          aria-invalid={invalid}
          aria-describedby={invalid ? message : undefined}
          autoComplete="off"
          spellCheck={false}
          readOnly={readOnly}
          value={field.text}
          onChange={event => field.change(event.target.value)}
          onFocus={field.focus}
          onBlur={field.blur}
          onKeyDown={event => {
            if (event.key === 'Enter') {
              field.save();
            } else if (event.key === 'Escape') {
              field.restore();
            } else {
              return;
            }
            event.preventDefault();
            event.stopPropagation();
          }}
        />
      </div>
      <FieldMessage id={message} problem={field.problem} />
    </>
  );
}
