import React, { useEffect, useId, useLayoutEffect, useRef, useState } from 'react';

import { FieldMessage } from './FieldMessage';
import { afterPress } from './press';
import { onFieldKey } from './fieldkeys';
import type { Field } from './useDraft';

// Four lines, as the style has it, and so much while it is typed into.
const LOW = 78;
const TALL = 200;
// Where the browser does that by itself, nothing has to be measured.
const GROWS = globalThis.CSS?.supports?.('field-sizing', 'content') ?? false;

/** A field that grows with its text, to four lines and to more while it is typed into: Enter saves, Escape takes back. */
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
  const [isTall, setTall] = useState(false);
  const most = isTall ? TALL : LOW;
  useLayoutEffect(() => fit(area.current, most), [field.text, most]);
  useEffect(() => {
    // The panel may become wider or narrower. The first call tells what the field was fitted to already.
    let width: number | null = null;
    const observer = new ResizeObserver(([entry]) => {
      const now = entry?.contentRect.width ?? null;
      if (width !== null && now !== width) {
        fit(area.current, LOW);
      }
      width = now;
      mark(area.current);
    });
    observer.observe(area.current!);
    return () => observer.disconnect();
  }, []);
  // One that becomes low again shows its beginning, and not before the press that left it is over.
  const lower = useRef<() => void>();
  useEffect(() => () => lower.current?.(), []);
  const onBlur = (): void => {
    field.blur();
    lower.current = afterPress(() => {
      setTall(false);
      area.current?.scrollTo?.({ top: 0 });
    });
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const isNewLine = hasLines && event.shiftKey;
    onFieldKey(event, field, event.key === 'Enter' && !isNewLine && !event.nativeEvent.isComposing);
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
          data-tall={isTall}
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
          onFocus={() => {
            lower.current?.();
            field.focus();
            setTall(true);
          }}
          onBlur={onBlur}
          onKeyDown={onKeyDown}
        />
      </div>
      <FieldMessage id={message} problem={field.problem} />
    </>
  );
}

/** Marks that there is more than is seen; asked after a layout, where it costs none. */
function mark(node: HTMLTextAreaElement | null): void {
  if (node !== null) {
    const isFull = node.clientHeight >= LOW - 2;
    node.dataset.more = String(isFull && node.scrollHeight > node.clientHeight + 1);
  }
}

function fit(node: HTMLTextAreaElement | null, most: number): void {
  if (node !== null && !GROWS) {
    node.style.height = '';
    if (node.scrollHeight > node.clientHeight) {
      node.style.height = `${Math.min(most, node.scrollHeight)}px`;
    }
  }
}
