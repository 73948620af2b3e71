/**
 * A field that is being typed into: what is valid goes to the session at each keystroke, what is not stays here.
 */
import { useEffect, useRef, useState } from 'react';

import { useClient, useTrans } from '../context';
import { sameJson, type Json } from '../json';
import { errorSentence } from './sentences';

export type Reading =
  | { ok: true; value: Json }
  /** A sentence, or null while it is too early to say anything. */
  | { ok: false; problem: string | null };

interface Draft {
  text: string;
  /** null: not valid. */
  sent: { value: Json } | null;
  problem: string | null;
}

export interface Field {
  text: string;
  problem: string | null;
  isDraft: boolean;
  change(text: string): void;
  focus(): void;
  /** Saves now; says what is wrong where nothing can be saved. */
  save(): void;
  blur(): void;
  restore(): void;
}

export function useDraft(
  name: string,
  value: Json,
  format: (value: Json) => string,
  read: (text: string) => Reading,
  /** What to say of an unfinished text once the field is left. */
  unfinished: string
): Field {
  const client = useClient();
  const trans = useTrans();
  const attempt = (text: string): Draft => {
    const reading = read(text);
    return reading.ok
      ? { text, sent: { value: reading.value }, problem: null }
      : { text, sent: null, problem: reading.problem };
  };
  const [draft, setDraft] = useState<Draft | null>(() => {
    // A row that was scrolled away, or whose panel was closed, with an invalid text in it.
    const text = client.getState().invalid.get(name);
    return text === undefined ? null : attempt(text);
  });
  const atFocus = useRef<Json>(value);

  // Somebody else's newer value shows in place of a text that has been sent.
  const overtaken = draft?.sent != null && !sameJson(draft.sent.value, value);
  useEffect(() => {
    if (overtaken) {
      setDraft(null);
    }
  }, [overtaken]);

  const change = (text: string): void => {
    let next = attempt(text);
    if (next.sent !== null) {
      try {
        client.setVariable(name, next.sent.value);
      } catch (error) {
        next = { text, sent: null, problem: errorSentence(error, trans) };
      }
    }
    client.setInvalid(name, next.sent === null ? text : null);
    setDraft(next);
  };
  const settle = (): void => {
    if (draft !== null && draft.sent === null) {
      setDraft({ ...draft, problem: draft.problem ?? unfinished });
    }
    void client.flush();
  };
  return {
    text: draft !== null && !overtaken ? draft.text : format(value),
    problem: draft?.problem ?? null,
    isDraft: draft !== null,
    change,
    focus: () => {
      if (draft === null) {
        atFocus.current = value;
      }
    },
    save: () => {
      settle();
      atFocus.current = value;
    },
    blur: () => {
      settle();
      if (draft?.sent != null) {
        setDraft(null);
      }
    },
    restore: () => {
      if (draft !== null || !sameJson(atFocus.current, value)) {
        client.setInvalid(name, null);
        setDraft(null);
        client.setVariable(name, atFocus.current);
        void client.flush();
      }
    }
  };
}
