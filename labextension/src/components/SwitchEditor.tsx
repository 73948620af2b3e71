import React from 'react';

import { useClient, useTrans } from '../context';

export function SwitchEditor(props: {
  name: string;
  value: boolean;
  readOnly: boolean;
}): React.JSX.Element {
  const { name, value, readOnly } = props;
  const client = useClient();
  const trans = useTrans();
  return (
    <div className="jp-SessionSwitch">
      <button
        type="button"
        role="switch"
        data-testid="editor"
        aria-label={name}
        aria-checked={value}
        disabled={readOnly}
        onClick={() => {
          client.setVariable(name, !value);
          void client.flush();
        }}
      />
      <span aria-hidden="true">{value ? trans.__('on') : trans.__('off')}</span>
    </div>
  );
}
