import { StreamLanguage } from '@codemirror/language';
import { Prec, type Extension } from '@codemirror/state';
import { CodeEditor } from '@jupyterlab/codeeditor';
import React, { useCallback, useEffect, useId, useRef } from 'react';

import { useSurroundings } from '../context';
import { FieldMessage } from './FieldMessage';
import { onFieldKey } from './fieldkeys';
import { LARGE, type Field } from './useDraft';

// JupyterLab has a grammar for plain text, in which all of it is an error: on each keystroke it is looked through for a frame.
const PLAIN = Prec.highest(
  StreamLanguage.define({
    name: 'text',
    token: stream => {
      stream.skipToEnd();
      return null;
    }
  })
);

function takesExtensions(
  editor: CodeEditor.IEditor
): editor is CodeEditor.IEditor & { injectExtension(extension: Extension): void } {
  return 'injectExtension' in editor;
}

/** A field of many lines in JupyterLab's editor, which draws what is in view of them: Ctrl+Enter saves, Escape takes back. */
export function CodeField(props: {
  name: string;
  field: Field;
  mimeType: string;
  readOnly: boolean;
  takesFocus: boolean;
}): React.JSX.Element {
  const { name, field, readOnly } = props;
  const { newEditor } = useSurroundings();
  const message = useId();
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const isSave = event.key === 'Enter' && (event.ctrlKey || event.metaKey);
    if (!onFieldKey(event, field, isSave) && event.key === 'Tab') {
      // Leads on, as from any field: JupyterLab's editor would write spaces, and nobody without a mouse would come out.
      event.stopPropagation();
    }
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
          <Lines {...props} newEditor={newEditor} message={message} />
        )}
      </div>
      <FieldMessage id={message} problem={field.problem} />
    </>
  );
}

function Lines(props: {
  name: string;
  field: Field;
  mimeType: string;
  newEditor: CodeEditor.Factory;
  readOnly: boolean;
  takesFocus: boolean;
  message: string;
}): React.JSX.Element {
  const { name, field, mimeType, newEditor, readOnly, takesFocus, message } = props;
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<CodeEditor.IEditor | null>(null);
  // The editor lives longer than one rendering, and calls the newest field.
  const latest = useRef(field);
  latest.current = field;
  const isAsked = useRef(takesFocus);
  // What stands in the editor: it writes all of it out each time it is asked.
  const text = useRef('');

  const describe = useCallback((): void => {
    const content = host.current?.querySelector('[contenteditable]');
    content?.setAttribute('data-testid', 'editor');
    content?.setAttribute('aria-label', name);
    content?.setAttribute('aria-invalid', String(latest.current.problem !== null));
    content?.setAttribute('aria-describedby', message);
  }, [name, message]);

  useEffect(() => {
    const model = new CodeEditor.Model({ mimeType });
    const make = (): void => {
      text.current = latest.current.text;
      model.sharedModel.setSource(text.current);
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
      if (mimeType === 'text/plain' && takesExtensions(made)) {
        made.injectExtension(PLAIN);
      }
      model.sharedModel.changed.connect(() => {
        text.current = model.sharedModel.getSource();
        if (text.current !== latest.current.text) {
          latest.current.change(text.current);
        }
      });
      describe();
      if (isAsked.current) {
        made.focus();
      }
    };
    // What is large comes after the row that it stands in.
    const later = latest.current.text.length > LARGE ? setTimeout(make) : undefined;
    if (later === undefined) {
      make();
    }
    return () => {
      clearTimeout(later);
      editor.current?.dispose();
      editor.current = null;
      model.dispose();
    };
  }, [newEditor, mimeType, readOnly, describe]);

  useEffect(() => {
    const shared = editor.current?.model.sharedModel;
    if (shared !== undefined && text.current !== field.text) {
      shared.setSource(field.text);
    }
  }, [field.text]);

  useEffect(describe, [field.problem, describe]);

  return <div className="jp-SessionField-code" ref={host} />;
}
