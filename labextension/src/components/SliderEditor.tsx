import React from 'react';

import { useClient, useTrans } from '../context';
import { numberText, type Json } from '../json';
import type { Spec } from '../model';
import { readNumber } from '../numbertext';
import { boundsOf, numberOf, schemaOf, typesOf } from '../specs';
import { onFieldKey } from './fieldkeys';
import { NumberField, useNumberField } from './NumberEditor';

/** Steps of a slider without a step of its own. */
const STEPS = 100;

/** The distance between two positions: a power of ten where nothing else is said, so that numbers stay short. */
function stepOf(spec: Spec | undefined, least: number, most: number): number {
  const schema = schemaOf(spec);
  const said = numberOf(schema.multipleOf);
  if (said !== null && said > 0) {
    return said;
  }
  const types = typesOf(schema);
  if (types.includes('integer') && !types.includes('number')) {
    return 1;
  }
  return 10 ** Math.floor(Math.log10((most - least) / STEPS));
}

/** A number between its bounds, to drag or to type. */
export function SliderEditor(props: {
  name: string;
  value: Json;
  spec: Spec | undefined;
  readOnly: boolean;
}): React.JSX.Element {
  const { name, value, spec, readOnly } = props;
  const client = useClient();
  const trans = useTrans();
  const { least, most } = boundsOf(spec) ?? { least: 0, most: 1 };
  // One draft for both: what is drawn takes the place of what was typed.
  const field = useNumberField(name, value);
  const typed = readNumber(field.text);
  return (
    <div className="jp-SessionSlider">
      <div className="jp-SessionSlider-track">
        <input
          type="range"
          data-testid="slider"
          aria-label={trans.__('%1, between %2 and %3', name, least, most)}
          min={least}
          max={most}
          step={stepOf(spec, least, most)}
          disabled={readOnly}
          value={typed.ok ? numberText(typed.value) : (numberOf(value) ?? least)}
          onChange={event => field.change(event.target.value)}
          onFocus={field.focus}
          onPointerUp={() => void client.flush()}
          onBlur={field.blur}
          onKeyDown={event => onFieldKey(event, field)}
        />
        <div className="jp-SessionSlider-ends" data-testid="slider-ends" aria-hidden="true">
          <span>{least}</span>
          <span>{most}</span>
        </div>
      </div>
      <div className="jp-SessionSlider-number">
        <NumberField name={name} value={value} field={field} readOnly={readOnly} />
      </div>
    </div>
  );
}
