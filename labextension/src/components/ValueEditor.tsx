import React from 'react';

import type { Json } from '../json';
import { JsonEditor } from './JsonEditor';
import { kindOf } from './kinds';
import { ListPreview } from './ListPreview';
import { NumberEditor } from './NumberEditor';
import { Summary } from './Summary';
import { SwitchEditor } from './SwitchEditor';
import { TablePreview } from './TablePreview';
import { TextEditor } from './TextEditor';

/** The editor made for a value; larger ones are shown in brief until they are opened. */
export function ValueEditor(props: {
  name: string;
  value: Json;
  readOnly: boolean;
  isOpen: boolean;
  onOpen(): void;
}): React.JSX.Element {
  const { name, value, readOnly, isOpen, onOpen } = props;
  if (isOpen) {
    return <JsonEditor name={name} value={value} readOnly={readOnly} />;
  }
  const kind = kindOf(value);
  switch (kind) {
    case 'number':
      return <NumberEditor name={name} value={value} readOnly={readOnly} />;
    case 'text':
      return <TextEditor name={name} value={value} readOnly={readOnly} />;
    case 'switch':
      return <SwitchEditor name={name} value={value === true} readOnly={readOnly} />;
    default:
      return (
        <button
          type="button"
          className="jp-SessionRow-brief"
          data-testid="editor"
          aria-label={name}
          aria-expanded={false}
          onClick={onOpen}
        >
          {kind === 'line' ? <ListPreview name={name} value={value} /> : null}
          {kind === 'table' ? <TablePreview value={value} /> : null}
          {kind === 'json' ? <Summary value={value} /> : null}
        </button>
      );
  }
}
