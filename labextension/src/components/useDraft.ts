/**
 * A field that is being typed into: what is valid goes to the session at each keystroke, what is not stays here. Of what is
 * large it goes when typing pauses.
 */
import { useEffect, useRef, useState } from 'react';

import { useClient, useSurroundings } from '../context';
import { sameJson, stringifyJson, type Json } from '../json';
import { difference, patchedOr } from '../patch';
import { specProblem } from '../specs';
import { errorSentence } from './sentences';

export type Reading =
  | { ok: true; value: Json }
  /** A sentence, or null while it is too early to say anything. */
  | { ok: false; problem: string | null };

interface Draft {
  text: string;
  /** null: not valid, or not read yet. */
  sent: { value: Json } | null;
  /** Nobody has looked at the text yet. */
  isUnread: boolean;
  /** Why the session did not take a valid text. */
  refusal: string | null;
  /** What is only half typed may yet become valid: nothing is said of it. */
  isHalf: boolean;
  /** The field was left, or Enter was pressed: time to say what is missing. */
  left: boolean;
}

export interface DraftOptions {
  /** Whether it is the variable's own field, which takes up an invalid text again that was left in it. */
  restores?: boolean;
  /** The variable's value is so large that each keystroke in it would be felt. */
  isLarge?: boolean;
}

// So many characters, or as many of a value's JSON, are read when typing pauses.
export const LARGE = 100_000;
const PAUSE = 1500;

export interface Field {
  text: string;
  problem: string | null;
  isDraft: boolean;
  /** A text that counts at once; a large one, or one in a large value, when typing pauses. */
  change(text: string): void;
  /** A text that counts when the field is left, on Enter, or when all is sent: what is on the way to it does not. */
  type(text: string): void;
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
  options: DraftOptions = {}
): Field {
  const { restores = true, isLarge = false } = options;
  const client = useClient();
  const { trans, corrections } = useSurroundings();
  const attempt = (text: string): Draft => {
    const reading = read(text);
    const sent = reading.ok ? { value: reading.value } : null;
    const isHalf = !reading.ok && reading.problem === null;
    return { text, sent, isUnread: false, refusal: null, isHalf, left: false };
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

  /** A refused value that somebody wants to correct: it stays here, and is not sent. */
  const takeUp = (): void => {
    const refused = restores ? corrections?.take(name) : undefined;
    if (refused !== undefined) {
      const plain = format(refused.value);
      const reading = read(plain);
      const isSo = reading.ok && sameJson(reading.value, refused.value);
      // One of another kind than this field is made for is shown as it is.
      const text = isSo ? plain : stringifyJson(refused.value);
      atFocus.current = before.current = reached.current = value;
      client.setInvalid(name, text);
      setDraft({ ...attempt(text), sent: null, refusal: refused.message, left: true });
    }
  };
  const latestTakeUp = useRef(takeUp);
  latestTakeUp.current = takeUp;
  useEffect(() => {
    const look = (): void => latestTakeUp.current();
    look();
    return corrections?.subscribe(look);
  }, [corrections]);

  const begin = (): void => {
    const draft = latest.current;
    const row = client.getState().variables.get(name);
    if (row !== undefined && (draft === null || (draft.sent !== null && !row.pending))) {
      before.current = row.value;
    }
    if (draft === null) {
      reached.current = value;
    }
  };
  const take = (text: string): void => {
    begin();
    let next = attempt(text);
    const row = client.getState().variables.get(name);
    if (next.sent !== null) {
      const refusal = specProblem(row?.spec, next.sent.value);
      next = refusal === null ? next : { ...next, sent: null, refusal };
    }
    if (next.sent !== null) {
      try {
        client.editVariable(name, reached.current, next.sent.value);
        reached.current = next.sent.value;
        const corrected = corrections?.corrected(name);
        if (corrected !== undefined) {
          client.dismissRefused(corrected);
        }
      } catch (error) {
        next = { ...next, sent: null, refusal: errorSentence(error, trans) };
      }
    }
    if (next.sent === null && client.takeBack(name, reached.current, before.current)) {
      reached.current = before.current;
    }
    client.setInvalid(name, next.sent === null ? text : null, next.isHalf, !restores);
    setDraft(next);
  };
  const timer = useRef<ReturnType<typeof setTimeout>>();
  const hand = (): void => {
    clearTimeout(timer.current);
    client.hold(name, null);
    const draft = latest.current;
    // Somebody else may have deleted the variable: it is not made anew.
    if (draft?.isUnread === true && client.getState().variables.has(name)) {
      take(draft.text);
    }
  };
  const type = (text: string): void => {
    clearTimeout(timer.current);
    begin();
    setDraft({ text, sent: null, isUnread: true, refusal: null, isHalf: true, left: false });
    client.hold(name, () => handing.current());
    if (client.getState().invalid.has(name)) {
      client.setInvalid(name, text, true, !restores);
    }
  };
  // What the field has is handed over by the newest of these, also when it goes from the page.
  const handing = useRef(hand);
  handing.current = hand;
  useEffect(() => () => handing.current(), []);
  const settle = (): void => {
    hand();
    const draft = latest.current;
    if (draft !== null && draft.sent === null) {
      setDraft({ ...draft, left: true });
      client.setInvalid(name, draft.text, false, !restores);
    }
    void client.flush();
  };
  // Read anew each time: the sentence names the last saved value, which may change under the field.
  const problem = ((): string | null => {
    if (draft === null || draft.sent !== null || draft.isUnread) {
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
    change: text => {
      if (isLarge || text.length > LARGE) {
        type(text);
        timer.current = setTimeout(() => handing.current(), PAUSE);
      } else {
        take(text);
      }
    },
    type,
    focus: () => {
      if (draft === null) {
        atFocus.current = value;
      }
    },
    save: () => {
      settle();
      atFocus.current = client.getState().variables.get(name)?.value ?? value;
    },
    blur: () => {
      settle();
      if (latest.current?.sent != null) {
        setDraft(null);
      }
    },
    restore: () => {
      if (draft !== null || !sameJson(atFocus.current, value)) {
        client.setInvalid(name, null);
        setDraft(null);
        clearTimeout(timer.current);
        client.hold(name, null);
        client.editVariable(name, value, atFocus.current);
        void client.flush();
      }
    }
  };
}
