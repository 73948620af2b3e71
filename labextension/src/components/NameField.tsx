import React, { useEffect, useId, useRef, useState } from 'react';

import { useTrans } from '../context';
import { FieldMessage } from './FieldMessage';

const LONGEST = 256;

/** A session's name as a field: Enter takes it, Escape leaves it. */
export function NameField(props: {
  label: string;
  begin: string;
  onName(name: string): void;
  onEnd(): void;
}): React.JSX.Element {
  const { label, begin, onName, onEnd } = props;
  const trans = useTrans();
  const message = useId();
  const input = useRef<HTMLInputElement>(null);
  const [name, setName] = useState(begin);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    // The menu gives the focus back to its button first.
    const timer = setTimeout(() => input.current?.select());
    return () => clearTimeout(timer);
  }, []);
  const take = (): void => {
    const given = name.trim();
    if (given === '') {
      setProblem(trans.__('Give it a name.'));
    } else if (given.length > LONGEST || /\p{Cc}/u.test(given)) {
      setProblem(trans.__('A session’s name has up to 256 characters, and no line breaks.'));
    } else {
      onEnd();
      if (given !== begin) {
        onName(given);
      }
    }
  };
  return (
    <div className="jp-SessionRow-rename">
      <input
        ref={input}
        data-testid="session-name"
        aria-label={label}
        aria-invalid={problem !== null}
        aria-describedby={message}
        placeholder={label}
        autoComplete="off"
        spellCheck={false}
        value={name}
        onChange={event => {
          setName(event.target.value);
          setProblem(null);
        }}
        onBlur={onEnd}
        onKeyDown={event => {
          if (event.key === 'Enter') {
            take();
          } else if (event.key === 'Escape') {
            onEnd();
          } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
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
