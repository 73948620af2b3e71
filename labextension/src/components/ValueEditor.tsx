import React from 'react';

import type { Json } from '../json';
import type { Spec } from '../model';
import { choicesOf } from '../specs';
import { DateEditor } from './DateEditor';
import { declaredKind } from './declared';
import { JsonEditor } from './JsonEditor';
import { ListPreview } from './ListPreview';
import { NumberEditor } from './NumberEditor';
import { SelectEditor } from './SelectEditor';
import { SliderEditor } from './SliderEditor';
import { Summary } from './Summary';
import { SwitchEditor } from './SwitchEditor';
import { TablePreview } from './TablePreview';
import { TextEditor } from './TextEditor';

/** The editor made for a value; larger ones are shown in brief until they are opened. */
export function ValueEditor(props: {
  name: string;
  value: Json;
  spec: Spec | undefined;
  readOnly: boolean;
  isOpen: boolean;
  onOpen(): void;
}): React.JSX.Element {
  const { name, value, spec, readOnly, isOpen, onOpen } = props;
  if (isOpen) {
    return <JsonEditor name={name} value={value} readOnly={readOnly} />;
  }
  const kind = declaredKind(spec, value);
  switch (kind) {
    case 'select':
      return (
        <SelectEditor
          name={name}
          value={value}
          choices={choicesOf(spec) ?? []}
          readOnly={readOnly}
        />
      );
    case 'slider':
      return <SliderEditor name={name} value={value} spec={spec} readOnly={readOnly} />;
    case 'date':
      return <DateEditor name={name} value={value} readOnly={readOnly} />;
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
