import React, { useId, useLayoutEffect, useRef, useState } from 'react';

import { FieldMessage } from './FieldMessage';

/** A name as a field: Enter takes it, Escape leaves it, and what cannot be taken stays with a sentence under it. */
export function NamingField(props: {
  label: string;
  begin: string;
  testid: string;
  placeholder?: string;
  /** @returns why it cannot be taken, or null where it was */
  onTake(text: string): string | null;
  onEnd(): void;
}): React.JSX.Element {
  const { label, begin, testid, placeholder, onTake, onEnd } = props;
  const message = useId();
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
    <div className="jp-SessionRow-rename">
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
        onBlur={() => problem === null && onEnd()}
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
      <FieldMessage id={message} problem={problem} />
    </div>
  );
}
