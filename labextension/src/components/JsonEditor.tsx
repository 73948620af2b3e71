import { CodeEditor } from '@jupyterlab/codeeditor';
import React, { useEffect, useId, useMemo, useRef } from 'react';

import { useSurroundings, useTrans } from '../context';
import { parseJson, prettyJson, type Json } from '../json';
import { FieldMessage } from './FieldMessage';
import { jsonSentence } from './sentences';
import { useDraft, type Field, type Reading } from './useDraft';

/** The value as JSON text, with highlighting; what is not JSON stays in the field and is not sent. */
export function JsonEditor(props: {
  name: string;
  value: Json;
  readOnly: boolean;
  takesFocus: boolean;
}): React.JSX.Element {
  const { name, value, readOnly, takesFocus } = props;
  const trans = useTrans();
  const { newEditor } = useSurroundings();
  const message = useId();
  const read = (text: string): Reading => {
    try {
      return { ok: true, value: parseJson(text) };
    } catch (error) {
      return { ok: false, problem: jsonSentence(text, error, trans) };
    }
  };
  // Writing a large value out takes a while, and the row is drawn again by the clock.
  const pretty = useMemo(() => prettyJson(value), [value]);
  const format = (each: Json): string => (each === value ? pretty : prettyJson(each));
  const field = useDraft(name, value, format, read, '');
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
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
      <div
        className="jp-SessionField jp-mod-json"
        data-invalid={invalid}
        onKeyDownCapture={onKeyDown}
        onFocus={field.focus}
        onBlur={field.blur}
      >
        {newEditor === null ? (
          <textarea
            className="jp-SessionField-text"
            data-testid="editor"
            aria-label={name}
            aria-invalid={invalid}
            aria-describedby={invalid ? message : undefined}
            rows={Math.min(12, field.text.split('\n').length)}
            spellCheck={false}
            readOnly={readOnly}
            value={field.text}
            onChange={event => field.change(event.target.value)}
          />
        ) : (
          <CodeField
            name={name}
            field={field}
            newEditor={newEditor}
            readOnly={readOnly}
            takesFocus={takesFocus}
            message={message}
          />
        )}
      </div>
      <FieldMessage id={message} problem={field.problem} />
    </>
  );
}

function CodeField(props: {
  name: string;
  field: Field;
  newEditor: CodeEditor.Factory;
  readOnly: boolean;
  takesFocus: boolean;
  message: string;
}): React.JSX.Element {
  const { name, field, newEditor, readOnly, takesFocus, message } = props;
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<CodeEditor.IEditor | null>(null);
  // The editor lives longer than one rendering, and calls the newest field.
  const latest = useRef(field);
  latest.current = field;
  const isAsked = useRef(takesFocus);

  useEffect(() => {
    const model = new CodeEditor.Model({ mimeType: 'application/json' });
    model.sharedModel.setSource(latest.current.text);
    const made = newEditor({
      host: host.current!,
      model,
      config: {
        readOnly,
        lineNumbers: false,
        lineWrap: true,
        codeFolding: false,
        // A bracket that closes itself gets in the way of typing a value over.
        autoClosingBrackets: false,
        matchBrackets: true
      }
    });
    editor.current = made;
    model.sharedModel.changed.connect(() => {
      const text = model.sharedModel.getSource();
      if (text !== latest.current.text) {
        latest.current.change(text);
      }
    });
    const content = host.current!.querySelector('[contenteditable]');
    content?.setAttribute('data-testid', 'editor');
    content?.setAttribute('aria-label', name);
    if (isAsked.current) {
      made.focus();
    }
    return () => {
      editor.current = null;
      made.dispose();
      model.dispose();
    };
  }, [newEditor, name, readOnly]);

  useEffect(() => {
    const shared = editor.current?.model.sharedModel;
    if (shared !== undefined && shared.getSource() !== field.text) {
      shared.setSource(field.text);
    }
  }, [field.text]);

  useEffect(() => {
    const content = host.current?.querySelector('[contenteditable]');
    content?.setAttribute('aria-invalid', String(field.problem !== null));
    content?.setAttribute('aria-describedby', message);
  }, [field.problem, message]);

  return <div className="jp-SessionField-code" ref={host} />;
}
