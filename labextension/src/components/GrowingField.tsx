import React, { useEffect, useId, useLayoutEffect, useRef } from 'react';

import { FieldMessage } from './FieldMessage';
import type { Field } from './useDraft';

const TALLEST = 200;

/** A field that grows with its text, so that all of it is seen: Enter saves, Escape takes back. */
export function GrowingField(props: {
  name: string;
  field: Field;
  readOnly: boolean;
  placeholder?: string;
  /** Whether Shift+Enter starts a new line. */
  hasLines?: boolean;
}): React.JSX.Element {
  const { name, field, readOnly, placeholder, hasLines = false } = props;
  const message = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => fit(area.current), [field.text]);
  useEffect(() => {
    // The panel may become wider or narrower. The first call tells what the field was fitted to already.
    let width: number | null = null;
    const observer = new ResizeObserver(([entry]) => {
      const now = entry?.contentRect.width ?? null;
      if (width !== null && now !== width) {
        fit(area.current);
      }
      width = now;
    });
    observer.observe(area.current!);
    return () => observer.disconnect();
  }, []);
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const isNewLine = hasLines && event.shiftKey;
    if (event.key === 'Enter' && !isNewLine && !event.nativeEvent.isComposing) {
      field.save();
    } else if (event.key === 'Escape') {
      field.restore();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const invalid = field.problem !== null;
  return (
    <>
      <div className="jp-SessionField" data-invalid={invalid}>
        <textarea
          ref={area}
          className={hasLines ? 'jp-SessionField-text' : undefined}
          data-testid="editor"
          rows={1}
          aria-label={name}
          aria-invalid={invalid}
          aria-describedby={invalid ? message : undefined}
          aria-multiline={hasLines}
          placeholder={placeholder}
          autoComplete="off"
          spellCheck={false}
          readOnly={readOnly}
          value={field.text}
          onChange={event => {
            const { value } = event.target;
            // What was pasted may have lines.
            field.change(hasLines ? value : value.replace(/\s*[\r\n]+\s*/g, ' '));
          }}
          onFocus={field.focus}
          onBlur={field.blur}
          onKeyDown={onKeyDown}
        />
      </div>
      <FieldMessage id={message} problem={field.problem} />
    </>
  );
}

function fit(node: HTMLTextAreaElement | null): void {
  if (node !== null) {
    node.style.height = '';
    if (node.scrollHeight > node.clientHeight) {
      node.style.height = `${Math.min(TALLEST, node.scrollHeight)}px`;
    }
  }
}
