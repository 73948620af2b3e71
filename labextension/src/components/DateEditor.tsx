import React, { useId, useRef } from 'react';

import { useClient, useTrans } from '../context';
import { isObject, type Json } from '../json';
import { FieldMessage } from './FieldMessage';
import { lastSentence } from './sentences';
import { useDraft, type Reading } from './useDraft';

/** The day that a value tells, as text or as a typed value; null where it tells none. */
export function dayOf(value: Json): string | null {
  const text = isObject(value) ? value.$localDate : value;
  return typeof text === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : null;
}

// Browsers tell of each digit of a year that is being typed as of a year.
const HALF = /^0/;

/** A day of the calendar; it stays text where it was text. */
export function DateEditor(props: {
  name: string;
  value: Json;
  readOnly: boolean;
}): React.JSX.Element {
  const { name, value, readOnly } = props;
  const client = useClient();
  const trans = useTrans();
  const message = useId();
  const isTyped = useRef(false);
  const day = dayOf(value);
  const read = (text: string): Reading => {
    if (text === '' || HALF.test(text)) {
      const what =
        text === '' ? trans.__('Not a whole date.') : trans.__('Write the year in four digits.');
      return { ok: false, problem: lastSentence(what, day, trans) };
    }
    return { ok: true, value: typeof value === 'string' ? text : { $localDate: text } };
  };
  const field = useDraft(name, value, each => dayOf(each) ?? '', read, '');
  const onKeyDown = (event: React.KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === 'Enter') {
      field.save();
      isTyped.current = false;
    } else if (event.key === 'Escape') {
      field.restore();
      // A part of a date is not in the value.
      event.currentTarget.value = day ?? '';
      isTyped.current = false;
    } else {
      isTyped.current ||= event.key !== 'Tab';
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const invalid = field.problem !== null;
  return (
    <>
      <div className="jp-SessionField" data-invalid={invalid}>
        <input
          type="date"
          data-testid="editor"
          aria-label={name}
          aria-invalid={invalid}
          aria-describedby={invalid ? message : undefined}
          readOnly={readOnly}
          value={field.text}
          onChange={event => {
            if (isTyped.current) {
              field.type(event.target.value);
            } else {
              field.change(event.target.value);
              void client.flush();
            }
          }}
          onFocus={field.focus}
          onBlur={event => {
            if (event.currentTarget.validity.badInput) {
              field.type('');
            }
            field.blur();
            isTyped.current = false;
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <FieldMessage id={message} problem={field.problem} />
    </>
  );
}
