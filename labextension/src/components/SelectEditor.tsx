import React, { useId } from 'react';

import { useClient, useTrans } from '../context';
import { alikeJson, flatJson, type Json } from '../json';
import { FieldMessage } from './FieldMessage';
import { onFieldKey } from './fieldkeys';
import { useDraft, type Reading } from './useDraft';

function labelOf(value: Json): string {
  return typeof value === 'string' ? value : flatJson(value);
}

/** One of the values that a declaration allows. */
export function SelectEditor(props: {
  name: string;
  value: Json;
  choices: readonly Json[];
  readOnly: boolean;
}): React.JSX.Element {
  const { name, value, choices, readOnly } = props;
  const client = useClient();
  const trans = useTrans();
  const message = useId();
  const placeOf = (each: Json): string =>
    String(choices.findIndex(choice => alikeJson(choice, each)));
  const read = (text: string): Reading => {
    const choice = choices[Number(text)];
    return choice === undefined ? { ok: false, problem: null } : { ok: true, value: choice };
  };
  const field = useDraft(name, value, placeOf, read, '');
  return (
    <>
      <div className="jp-SessionField jp-mod-select">
        <select
          data-testid="editor"
          aria-label={name}
          disabled={readOnly}
          aria-describedby={field.problem === null ? undefined : message}
          value={field.text}
          onChange={event => {
            field.change(event.target.value);
            void client.flush();
          }}
          onFocus={field.focus}
          onBlur={field.blur}
          onKeyDown={event => onFieldKey(event, field)}
        >
          {Number(field.text) < 0 ? (
            <option value={-1} disabled>
              {value === null ? trans.__('Choose…') : labelOf(value)}
            </option>
          ) : null}
          {choices.map((choice, index) => (
            <option key={index} value={index}>
              {labelOf(choice)}
            </option>
          ))}
        </select>
      </div>
      <FieldMessage id={message} problem={field.problem} />
    </>
  );
}
