import React from 'react';

import { useClient } from '../context';
import { isObject, type Json } from '../json';

/** The day that a value tells, as text or as a typed value; null where it tells none. */
export function dayOf(value: Json): string | null {
  const text = isObject(value) ? value.$localDate : value;
  return typeof text === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : null;
}

/** A day of the calendar; it stays text where it was text. */
export function DateEditor(props: {
  name: string;
  value: Json;
  readOnly: boolean;
}): React.JSX.Element {
  const { name, value, readOnly } = props;
  const client = useClient();
  return (
    <div className="jp-SessionField">
      <input
        type="date"
        data-testid="editor"
        aria-label={name}
        readOnly={readOnly}
        value={dayOf(value) ?? ''}
        onChange={event => {
          const day = event.target.value;
          if (day !== '') {
            client.setVariable(name, typeof value === 'string' ? day : { $localDate: day });
          }
        }}
        onBlur={() => void client.flush()}
      />
    </div>
  );
}
