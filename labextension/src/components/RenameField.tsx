import React, { useEffect, useId, useRef, useState } from 'react';

import { useClient, useTrans } from '../context';
import { FieldMessage } from './FieldMessage';
import { errorSentence } from './sentences';

/** The variable's name as a field: Enter renames, Escape leaves it. */
export function RenameField(props: { name: string; onEnd(): void }): React.JSX.Element {
  const { name, onEnd } = props;
  const client = useClient();
  const trans = useTrans();
  const message = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(name);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    // The menu gives the focus back to its button first.
    const timer = setTimeout(() => input.current?.select());
    return () => clearTimeout(timer);
  }, []);
  const rename = (): void => {
    try {
      if (text !== name) {
        client.renameVariable(name, text);
        void client.flush();
      }
      onEnd();
    } catch (error) {
      setProblem(errorSentence(error, trans));
    }
  };
  return (
    <div className="jp-SessionRow-rename">
      <input
        ref={input}
        data-testid="rename"
        aria-label={trans.__('New name of %1', name)}
        aria-invalid={problem !== null}
        aria-describedby={message}
        spellCheck={false}
        value={text}
        onChange={event => {
          setText(event.target.value);
          setProblem(null);
        }}
        onBlur={() => problem === null && onEnd()}
        onKeyDown={event => {
          if (event.key === 'Enter') {
            rename();
          } else if (event.key === 'Escape') {
            onEnd();
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
