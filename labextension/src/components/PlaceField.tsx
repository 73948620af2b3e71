import React, { useEffect, useRef, useState } from 'react';

import { useClient, useTrans } from '../context';
import { stringifyJson, type Json } from '../json';
import { fieldText, readCell } from './cellreading';
import { LARGE, useDraft } from './useDraft';

/** Where the cursor goes after a field was closed from the keyboard. */
export type Move = 'stay' | 'next' | 'down';

/**
 * A field for one place inside a value: a cell of a table, or a leaf of a tree. Each valid keystroke changes that place and
 * no other; Enter closes the field, Escape takes back what was typed, and what is invalid keeps it open.
 */
export function PlaceField(props: {
  name: string;
  /** The variable's value. */
  whole: Json;
  /** What stands in the place. */
  place: Json | undefined;
  /** The variable's value with something else in the place. */
  replace(place: Json): Json;
  label: string;
  /** A text to begin with, of somebody who typed without opening the field first. */
  start?: string;
  messageId: string;
  onProblem(problem: string | null): void;
  onEnd(move: Move | null): void;
}): React.JSX.Element {
  const { name, whole, place, replace, label, start, messageId, onProblem, onEnd } = props;
  const client = useClient();
  const trans = useTrans();
  const input = useRef<HTMLInputElement>(null);
  // The type that is wanted is that of the beginning: a null that became a number on the way may become a text.
  const old = useRef(place);
  const [isLarge] = useState(() => stringifyJson(whole).length > LARGE);
  const field = useDraft(
    name,
    whole,
    () => fieldText(place),
    text => {
      const reading = readCell(text, old.current, trans);
      return reading.ok ? { ok: true, value: replace(reading.value) } : reading;
    },
    trans.__('Not complete yet.'),
    { restores: false, isLarge }
  );
  const begin = useRef(() => {
    field.focus();
    if (start !== undefined) {
      field.change(start);
    }
  });
  useEffect(() => {
    input.current?.focus();
    if (start === undefined) {
      input.current?.select();
    }
    begin.current();
    return () => client.setInvalid(name, null);
    // Only once: what is typed later is the field's own.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  const { problem } = field;
  useEffect(() => {
    onProblem(problem);
    return () => onProblem(null);
  }, [problem, onProblem]);

  const isValid = (): boolean => !client.getState().invalid.has(name);
  const close = (move: Move | null): void => {
    field.save();
    if (isValid()) {
      onEnd(move);
    }
  };
  return (
    <input
      ref={input}
      className="jp-SessionPlace"
      data-testid="place"
      aria-label={label}
      aria-invalid={problem !== null}
      aria-describedby={problem === null ? undefined : messageId}
      autoComplete="off"
      spellCheck={false}
      value={field.text}
      onChange={event => field.change(event.target.value)}
      onBlur={() => close(null)}
      onKeyDown={event => {
        event.stopPropagation();
        if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
          event.preventDefault();
          close('down');
        } else if (event.key === 'Tab' && !event.shiftKey) {
          if (!isValid()) {
            field.save();
            event.preventDefault();
          } else {
            event.preventDefault();
            close('next');
          }
        } else if (event.key === 'Escape') {
          event.preventDefault();
          field.restore();
          onEnd('stay');
        }
      }}
    />
  );
}
