import React, { useId } from 'react';

import { useTrans } from '../context';
import { isNumber, numberText, type Json } from '../json';
import { readNumber, stepNumber } from '../numbertext';
import { readSpecial, specialText } from '../scalartext';
import { onFieldKey } from './fieldkeys';
import { FieldMessage } from './FieldMessage';
import { lastSentence, numberSentence } from './sentences';
import { useDraft, type Field, type Reading } from './useDraft';

const LONG = 24;

function textOf(value: Json): string {
  return isNumber(value) ? numberText(value) : (specialText(value) ?? '');
}

/** What is typed as a number. */
export function useNumberField(name: string, value: Json): Field {
  const trans = useTrans();
  const last = value === null ? null : textOf(value);
  const read = (text: string): Reading => {
    const reading = readNumber(text);
    if (reading.ok) {
      return reading;
    }
    // Not before it is written out: `inf` is on the way to `infinity`, and both are the same.
    const special = readSpecial(text);
    if (special !== null) {
      return { ok: true, value: special };
    }
    const sentence = numberSentence(reading, trans);
    return {
      ok: false,
      problem: sentence === null ? null : lastSentence(sentence, last, trans)
    };
  };
  const unfinished = lastSentence(trans.__('Not a whole number yet.'), last, trans);
  return useDraft(name, value, textOf, read, unfinished);
}

export function NumberEditor(props: {
  name: string;
  value: Json;
  readOnly: boolean;
}): React.JSX.Element {
  const field = useNumberField(props.name, props.value);
  return <NumberField {...props} field={field} />;
}

/** Its digits, with steppers. */
export function NumberField(props: {
  name: string;
  value: Json;
  field: Field;
  readOnly: boolean;
}): React.JSX.Element {
  const { name, value, field, readOnly } = props;
  const trans = useTrans();
  const message = useId();
  const now = Number(textOf(value));
  const step = (by: number): void => {
    const reading = readNumber(field.text);
    if (reading.ok && !readOnly) {
      field.change(stepNumber(numberText(reading.value), by));
    }
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (onFieldKey(event, field) || !/^Arrow(Up|Down)$/.test(event.key)) {
      return;
    }
    const size = event.shiftKey ? 10 : 1;
    step(event.key === 'ArrowUp' ? size : -size);
    event.preventDefault();
    event.stopPropagation();
  };
  const invalid = field.problem !== null;
  const stepper = (by: number, label: string, sign: string): React.JSX.Element => (
    <button
      type="button"
      tabIndex={-1}
      aria-label={label}
      disabled={readOnly}
      onMouseDown={event => event.preventDefault()}
      onClick={() => {
        field.focus();
        step(by);
      }}
    >
      {sign}
    </button>
  );
  return (
    <>
      <div className="jp-SessionField" data-invalid={invalid}>
        <input
          className="jp-SessionField-number"
          data-testid="editor"
          type="text"
          inputMode="decimal"
          role="spinbutton"
          // What is no number is told by its text alone.
          aria-valuenow={value !== null && Number.isFinite(now) ? now : undefined}
          aria-valuetext={field.text}
          // More digits than the field is wide are seen there.
          title={field.text.length > LONG ? field.text : undefined}
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
          onKeyDown={onKeyDown}
        />
        <span className="jp-SessionField-steppers">
          {stepper(-1, trans.__('Decrease %1', name), '−')}
          {stepper(1, trans.__('Increase %1', name), '+')}
        </span>
      </div>
      <FieldMessage id={message} problem={field.problem} />
    </>
  );
}
