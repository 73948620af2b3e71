import React, { useId, useLayoutEffect, useRef, useState } from 'react';

import { useTrans } from '../context';
import { Button } from './Button';
import { FieldMessage } from './FieldMessage';

/** A name as a field: Enter takes it, Escape leaves it, and what cannot be taken stays with a sentence under it. */
export function NamingField(props: {
  label: string;
  begin: string;
  testid: string;
  placeholder?: string;
  /** What the button says that takes it; without, Enter alone does. */
  take?: string;
  /** What is to be known of a name that can be taken. */
  hint?(text: string): string | null;
  /** @returns why it cannot be taken, or null where it was */
  onTake(text: string): string | null;
  onEnd(): void;
}): React.JSX.Element {
  const { label, begin, testid, placeholder, hint, onTake, onEnd } = props;
  const message = useId();
  const trans = useTrans();
  const box = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(begin);
  const [problem, setProblem] = useState<string | null>(null);
  // At once: the keys that follow the click are for it.
  useLayoutEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);
  const take = (): void => {
    const why = onTake(text);
    setProblem(why);
    if (why === null) {
      onEnd();
    }
  };
  return (
    <div
      ref={box}
      className="jp-SessionRow-rename"
      onBlur={({ relatedTarget }) => {
        if (problem === null && !box.current!.contains(relatedTarget)) {
          onEnd();
        }
      }}
    >
      <input
        ref={input}
        data-testid={testid}
        aria-label={label}
        aria-invalid={problem !== null}
        aria-describedby={message}
        placeholder={placeholder}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={event => {
          setText(event.target.value);
          setProblem(null);
        }}
        onKeyDown={event => {
          if (event.key === 'Enter') {
            take();
          } else if (event.key === 'Escape') {
            onEnd();
          } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
            // They would walk through the list that the field stands in.
            event.stopPropagation();
            return;
          } else {
            return;
          }
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      <FieldMessage id={message} problem={problem ?? hint?.(text) ?? null} />
      {props.take === undefined ? null : (
        <div className="jp-SessionCard-line jp-mod-actions">
          <Button look="accent" testid="name-take" onClick={take}>
            {props.take}
          </Button>
          <Button onClick={onEnd}>{trans.__('Cancel')}</Button>
        </div>
      )}
    </div>
  );
}
