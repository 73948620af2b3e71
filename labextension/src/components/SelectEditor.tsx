import React from 'react';

import { useClient, useTrans } from '../context';
import { alikeJson, flatJson, type Json } from '../json';

function labelOf(value: Json): string {
  return typeof value === 'string' ? value : flatJson(value);
}

/** One of the values that a declaration allows. */
export function SelectEditor(props: {
  name: string;
  value: Json;
  choices: readonly Json[];
  readOnly: boolean;
}): React.JSX.Element {
  const { name, value, choices, readOnly } = props;
  const client = useClient();
  const trans = useTrans();
  const at = choices.findIndex(choice => alikeJson(choice, value));
  return (
    <div className="jp-SessionField jp-mod-select">
      <select
        data-testid="editor"
        aria-label={name}
        disabled={readOnly}
        value={at}
        onChange={event => {
          const choice = choices[Number(event.target.value)];
          if (choice !== undefined) {
            client.setVariable(name, choice);
            void client.flush();
          }
        }}
      >
        {at < 0 ? (
          <option value={-1} disabled>
            {value === null ? trans.__('Choose…') : labelOf(value)}
          </option>
        ) : null}
        {choices.map((choice, index) => (
          <option key={index} value={index}>
            {labelOf(choice)}
          </option>
        ))}
      </select>
    </div>
  );
}
