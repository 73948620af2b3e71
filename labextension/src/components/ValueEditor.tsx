import React, { useMemo } from 'react';

import { useTrans } from '../context';
import type { Json } from '../json';
import type { Spec } from '../model';
import { progressOf } from '../progress';
import { scalarOf } from '../scalartext';
import { choicesOf } from '../specs';
import { DateEditor } from './DateEditor';
import { declaredKind } from './declared';
import { HeatMap } from './HeatMap';
import { JsonEditor } from './JsonEditor';
import { kindWords, sheetOf, type Kind } from './kinds';
import { ListPreview } from './ListPreview';
import { LongText } from './LongText';
import { NumberEditor } from './NumberEditor';
import { RowProgress } from './ProgressBar';
import { ScalarEditor } from './ScalarEditor';
import { SelectEditor } from './SelectEditor';
import { SheetView } from './SheetView';
import { SliderEditor } from './SliderEditor';
import { Summary } from './Summary';
import { SwitchEditor } from './SwitchEditor';
import { TablePreview } from './TablePreview';
import { TreeView } from './TreeView';
import { ValueBar } from './ValueBar';
import { PictureView, TypedPreview } from './TypedPreview';

/** How a row shows its value: in brief, whole with what its kind offers, or as JSON. */
export type Shown = 'brief' | 'whole' | 'json';

// A list of numbers that is no longer than this is quicker to edit as text.
const SHORT_LIST = 500;

/** The editor made for a value; larger ones are shown in brief until they are opened. */
export function ValueEditor(props: {
  name: string;
  value: Json;
  spec: Spec | undefined;
  readOnly: boolean;
  shown: Shown;
  /** Somebody opened it just now. */
  takesFocus: boolean;
  onOpen(shown: Shown): void;
}): React.JSX.Element {
  const { name, value, spec, readOnly, shown, takesFocus, onOpen } = props;
  const trans = useTrans();
  if (shown === 'json') {
    return <JsonEditor name={name} value={value} readOnly={readOnly} takesFocus={takesFocus} />;
  }
  if (progressOf(value) !== null) {
    return <RowProgress name={name} value={value} />;
  }
  const kind = declaredKind(spec, value);
  const scalar = kind === 'scalar' ? scalarOf(value) : null;
  if (scalar !== null && scalar.key !== '$localDate') {
    return <ScalarEditor name={name} value={value} scalar={scalar} readOnly={readOnly} />;
  }
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
    case 'scalar':
      return <DateEditor name={name} value={value} readOnly={readOnly} />;
    case 'number':
      return <NumberEditor name={name} value={value} readOnly={readOnly} />;
    case 'text':
      return <LongText name={name} value={value} readOnly={readOnly} />;
    case 'switch':
      return <SwitchEditor name={name} value={value === true} readOnly={readOnly} />;
    default:
      return shown === 'whole' ? (
        <WholeValue
          name={name}
          value={value}
          kind={kind}
          readOnly={readOnly}
          takesFocus={takesFocus}
        />
      ) : (
        <button
          type="button"
          className="jp-SessionRow-brief"
          data-testid="editor"
          aria-label={trans.__('%1, %2: open', name, kindWords(value, trans))}
          aria-expanded={false}
          onClick={() => onOpen(opensAsJson(kind, value) ? 'json' : 'whole')}
        >
          <Brief name={name} value={value} kind={kind} />
        </button>
      );
  }
}

function opensAsJson(kind: Kind, value: Json): boolean {
  const isShort = Array.isArray(value) && value.length <= SHORT_LIST;
  return value === null || kind === 'bytes' || (kind === 'line' && isShort);
}

interface BriefProps {
  name: string;
  value: Json;
  kind: Kind;
}

function Brief({ name, value, kind }: BriefProps): React.JSX.Element | null {
  const trans = useTrans();
  switch (kind) {
    case 'line':
      return <ListPreview name={name} value={value} />;
    case 'table':
      return <TablePreview value={value} />;
    case 'matrix': {
      const sheet = sheetOf(value)!;
      const label = trans.__('%1: heat map, %2 × %3', name, sheet.rows, sheet.columns.length);
      return <HeatMap sheet={sheet} label={label} />;
    }
    case 'frame':
    case 'image':
    case 'bytes':
      return <TypedPreview name={name} value={value} />;
    default:
      return <Summary value={value} />;
  }
}

function WholeValue(
  props: BriefProps & { readOnly: boolean; takesFocus: boolean }
): React.JSX.Element {
  const { name, value, kind, readOnly, takesFocus } = props;
  const sheet = useMemo(() => sheetOf(value), [value]);
  if (kind === 'image') {
    return (
      <>
        <PictureView name={name} value={value} />
        <ValueBar />
      </>
    );
  }
  if (sheet !== null) {
    return (
      <SheetView
        name={name}
        value={value}
        sheet={sheet}
        readOnly={readOnly}
        takesFocus={takesFocus}
      />
    );
  }
  return <TreeView name={name} value={value} readOnly={readOnly} takesFocus={takesFocus} />;
}
