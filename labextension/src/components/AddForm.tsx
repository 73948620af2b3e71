import React, { useEffect, useId, useRef, useState } from 'react';

import { useClient, useSelected, useTrans } from '../context';
import { freeValue } from '../freetext';
import { isPythonName, nameProblem } from '../names';
import { readNumber } from '../numbertext';
import { Button } from './Button';
import { FieldMessage } from './FieldMessage';
import { kindWords } from './kinds';
import { editSentence, errorSentence, jsonSentence, numberSentence } from './sentences';

export interface Example {
  name: string;
  value: string;
}

export function AddForm(props: {
  example: Example | null;
  onEnd(added?: string): void;
}): React.JSX.Element {
  const { example } = props;
  const client = useClient();
  const trans = useTrans();
  const variables = useSelected(state => state.variables);
  const limits = useSelected(state => state.limits);
  const [name, setName] = useState(example?.name ?? '');
  const [text, setText] = useState(example?.value ?? '');
  const [tried, setTried] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const first = useRef<HTMLInputElement>(null);
  const messages = { name: useId(), value: useId() };
  useEffect(() => first.current?.focus(), []);
  const onEnd = (added?: string): void => {
    first.current
      ?.closest('.jp-SessionPanel')
      ?.querySelector<HTMLElement>('[data-testid="add-button"]')
      ?.focus();
    props.onEnd(added);
  };

  const wrong = nameProblem(name, limits.nameChars);
  const nameError = ((): string | null => {
    if (wrong !== null) {
      return wrong === 'empty' && !tried ? null : editSentence(wrong, trans, limits);
    }
    return variables.has(name) ? editSentence('exists', trans) : null;
  })();
  const reading = text.trim() === '' ? { value: '' } : freeValue(text);
  const number = readNumber(text);
  const meant = 'value' in reading ? reading.value : null;
  // As a row's editor has it: whoever writes 0,01 or .5 means a number, and text of that form goes in quotes.
  const isNearly = !number.ok && (number.problem === 'comma' || number.problem === 'spelling');
  const hint = ((): string => {
    if ('error' in reading || isNearly) {
      return '';
    }
    return trans.__('Saved as: %1.', kindWords(meant, trans));
  })();
  const valueError = ((): string | null => {
    if (isNearly) {
      const quoted = trans.__('If it is text, put it in quotes: "%1".', text.trim());
      return `${numberSentence(number, trans) ?? ''} ${quoted}`;
    }
    return 'error' in reading && tried ? jsonSentence(text, reading.error, trans) : refusal;
  })();

  const save = (): void => {
    setTried(true);
    if (wrong !== null || variables.has(name) || 'error' in reading || isNearly) {
      return;
    }
    try {
      client.setVariable(name, reading.value);
      void client.flush();
      onEnd(name);
    } catch (error) {
      setRefusal(errorSentence(error, trans));
    }
  };
  return (
    <form
      className="jp-SessionAdd"
      aria-label={trans.__('Add a variable')}
      data-testid="add-form"
      onSubmit={event => {
        event.preventDefault();
        save();
      }}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          onEnd();
        }
      }}
    >
      <label>
        <span>{trans.__('Name')}</span>
        <input
          ref={first}
          data-testid="add-name"
          aria-invalid={nameError !== null}
          aria-describedby={messages.name}
          autoComplete="off"
          spellCheck={false}
          value={name}
          onChange={event => setName(event.target.value)}
        />
      </label>
      <FieldMessage id={messages.name} problem={nameError} />
      {nameError === null && name !== '' && !isPythonName(name) ? (
        <div className="jp-SessionAdd-hint" data-testid="add-hint">
          {trans.__('No plain Python name: cells write %1.', `session[${JSON.stringify(name)}]`)}
        </div>
      ) : null}
      <label>
        <span>{trans.__('Value')}</span>
        <input
          data-testid="add-value"
          aria-invalid={valueError !== null}
          aria-describedby={messages.value}
          autoComplete="off"
          spellCheck={false}
          placeholder={trans.__('0.1, text, [1, 2], {"a": true}')}
          value={text}
          onChange={event => {
            setText(event.target.value);
            setRefusal(null);
          }}
        />
      </label>
      <FieldMessage id={messages.value} problem={valueError} />
      <div className="jp-SessionAdd-foot">
        <span className="jp-SessionAdd-hint">{text.trim() === '' ? '' : hint}</span>
        <Button testid="add-cancel" onClick={() => onEnd()}>
          {trans.__('Cancel')}
        </Button>
        <button type="submit" className="jp-SessionButton jp-mod-accent" data-testid="add-save">
          {trans.__('Add')}
        </button>
      </div>
    </form>
  );
}
