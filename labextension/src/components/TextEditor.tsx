import React, { useEffect, useId, useLayoutEffect, useRef } from 'react';

import { useTrans } from '../context';
import type { Json } from '../json';
import { FieldMessage } from './FieldMessage';
import { useDraft } from './useDraft';

const TALLEST = 200;

/** Enter saves, Shift+Enter starts a new line; the field grows with its text. */
export function TextEditor(props: {
  name: string;
  value: Json;
  readOnly: boolean;
}): React.JSX.Element {
  const { name, value, readOnly } = props;
  const trans = useTrans();
  const message = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const format = (each: Json): string => (typeof each === 'string' ? each : '');
  const field = useDraft(name, value, format, text => ({ ok: true, value: text }), '');
  useLayoutEffect(() => fit(area.current), [field.text]);
  useEffect(() => {
    // The panel may become wider or narrower.
    let width = 0;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined && entry.contentRect.width !== width) {
        width = entry.contentRect.width;
        fit(area.current);
      }
    });
    observer.observe(area.current!);
    return () => observer.disconnect();
  }, []);
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      field.save();
    } else if (event.key === 'Escape') {
      field.restore();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <>
      <div className="jp-SessionField" data-invalid={field.problem !== null}>
        <textarea
          ref={area}
          className="jp-SessionField-text"
          data-testid="editor"
          rows={1}
          aria-label={name}
          aria-invalid={field.problem !== null}
          aria-describedby={field.problem === null ? undefined : message}
          placeholder={trans.__('empty text')}
          spellCheck={false}
          readOnly={readOnly}
          value={field.text}
          onChange={event => field.change(event.target.value)}
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
