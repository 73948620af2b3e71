import React from 'react';

import { useTrans } from '../context';
import type { Example } from './AddForm';

const EXAMPLE: Example = { name: 'lr', value: '0.1' };

/** What a session is for, and a first one to try. `isBrief`: the notebook shows that its author knows the rest. */
export function EmptySession(props: {
  isBrief: boolean;
  onAdd(example: Example | null): void;
}): React.JSX.Element {
  const { isBrief, onAdd } = props;
  const trans = useTrans();
  return (
    <div className="jp-SessionEmpty" data-testid="empty">
      <p>
        {trans.__(
          'Variables you add here are kept, and shared live with the cells of this notebook.'
        )}
      </p>
      <div className="jp-SessionEmpty-actions">
        <button
          type="button"
          className="jp-SessionButton jp-mod-accent"
          data-testid="empty-add"
          onClick={() => onAdd(null)}
        >
          {trans.__('Add a variable')}
        </button>
        <button
          type="button"
          className="jp-SessionButton"
          data-testid="try-example"
          onClick={() => onAdd(EXAMPLE)}
        >
          {trans.__('Try %1', 'lr = 0.1')}
        </button>
      </div>
      {isBrief ? null : (
        <>
          <p>{trans.__('A cell then reads and writes it:')}</p>
          <pre>{'%load_ext session_state_ext\nsession["lr"]'}</pre>
          <p>{trans.__('Or make the cell a step, which shows up here with a Run button:')}</p>
          <pre>{'%%session step train --in lr --out loss\nloss = 1 / lr'}</pre>
        </>
      )}
    </div>
  );
}
