import React from 'react';

import { useClient, useTrans } from '../context';
import { parseJson, type Json } from '../json';
import type { Spec } from '../model';
import { boundsOf, numberOf, schemaOf, typesOf } from '../specs';
import { NumberEditor } from './NumberEditor';

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
  return (
    <div className="jp-SessionSlider">
      <input
        type="range"
        data-testid="slider"
        aria-label={trans.__('%1, between %2 and %3', name, least, most)}
        min={least}
        max={most}
        step={stepOf(spec, least, most)}
        disabled={readOnly}
        value={numberOf(value) ?? least}
        onChange={event => client.setVariable(name, parseJson(event.target.value))}
        onPointerUp={() => void client.flush()}
        onBlur={() => void client.flush()}
      />
      <div className="jp-SessionSlider-number">
        <NumberEditor name={name} value={value} readOnly={readOnly} />
      </div>
    </div>
  );
}
