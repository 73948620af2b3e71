/**
 * A field that is being typed into: what is valid goes to the session at each keystroke, what is not stays here.
 */
import { useEffect, useRef, useState } from 'react';

import { useClient, useTrans } from '../context';
import { sameJson, type Json } from '../json';
import { difference, patchedOr } from '../patch';
import { specProblem } from '../specs';
import { errorSentence } from './sentences';

export type Reading =
  | { ok: true; value: Json }
  /** A sentence, or null while it is too early to say anything. */
  | { ok: false; problem: string | null };

interface Draft {
  text: string;
  /** null: not valid. */
  sent: { value: Json } | null;
  /** Why the session did not take a valid text. */
  refusal: string | null;
  /** What is only half typed may yet become valid: nothing is said of it. */
  isHalf: boolean;
  /** The field was left, or Enter was pressed: time to say what is missing. */
  left: boolean;
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
  unfinished: string,
  /** Whether it is the variable's own field, which takes up an invalid text again that was left in it. */
  restores = true
): Field {
  const client = useClient();
  const trans = useTrans();
  const attempt = (text: string): Draft => {
    const reading = read(text);
    const sent = reading.ok ? { value: reading.value } : null;
    const isHalf = !reading.ok && reading.problem === null;
    return { text, sent, refusal: null, isHalf, left: false };
  };
  const [draft, redraw] = useState<Draft | null>(() => {
    // A row that was scrolled away, or whose panel was closed, with an invalid text in it.
    const text = restores ? client.getState().invalid.get(name) : undefined;
    return text === undefined ? null : attempt(text);
  });
  // Two changes may come before the field is drawn again: the second goes on from the first.
  const latest = useRef(draft);
  const setDraft = (next: Draft | null): void => {
    latest.current = next;
    redraw(next);
  };
  const atFocus = useRef<Json>(value);
  // The value before what is being typed: half a number must not count while the other half is missing.
  const before = useRef<Json>(value);
  // What the text has come to in the session: an edit is what differs from it, so that it leaves alone what others
  // write meanwhile.
  const reached = useRef<Json>(value);

  // Somebody else's newer value shows in place of a text that has been sent.
  const overtaken = draft?.sent != null && !sameJson(draft.sent.value, value);
  useEffect(() => {
    if (overtaken && draft?.sent != null) {
      const theirs = difference(draft.sent.value, value);
      atFocus.current = theirs === null ? value : patchedOr(value, atFocus.current, theirs);
      setDraft(null);
    }
  }, [overtaken, draft, value]);

  const change = (text: string): void => {
    const draft = latest.current;
    let next = attempt(text);
    const row = client.getState().variables.get(name);
    if (row !== undefined && (draft === null || (draft.sent !== null && !row.pending))) {
      before.current = row.value;
    }
    if (draft === null) {
      reached.current = value;
    }
    if (next.sent !== null) {
      const refusal = specProblem(row?.spec, next.sent.value);
      next = refusal === null ? next : { ...next, sent: null, refusal };
    }
    if (next.sent !== null) {
      try {
        client.editVariable(name, reached.current, next.sent.value);
        reached.current = next.sent.value;
      } catch (error) {
        next = { ...next, sent: null, refusal: errorSentence(error, trans) };
      }
    }
    if (next.sent === null && client.takeBack(name, reached.current, before.current)) {
      reached.current = before.current;
    }
    client.setInvalid(name, next.sent === null ? text : null, next.isHalf);
    setDraft(next);
  };
  const settle = (): void => {
    if (draft !== null && draft.sent === null) {
      setDraft({ ...draft, left: true });
      client.setInvalid(name, draft.text);
    }
    void client.flush();
  };
  // Read anew each time: the sentence names the last saved value, which may change under the field.
  const problem = ((): string | null => {
    if (draft === null || draft.sent !== null) {
      return null;
    }
    const reading = read(draft.text);
    const said = draft.refusal ?? (reading.ok ? null : reading.problem);
    return said ?? (draft.left ? unfinished : null);
  })();
  return {
    text: draft !== null && !overtaken ? draft.text : format(value),
    problem,
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
        client.editVariable(name, value, atFocus.current);
        void client.flush();
      }
    }
  };
}
