import React from 'react';

import { useSelected, useTrans } from '../context';
import { Button } from './Button';
import type { Example } from './AddForm';

const EXAMPLE: Example = { name: 'lr', value: '0.1' };

/** What is said where no variable is shown: that none is known yet, or what a session is for. */
export function EmptySession(props: React.ComponentProps<typeof Teaching>): React.JSX.Element {
  const trans = useTrans();
  const isKnown = useSelected(state => state.confirmed);
  const isOffline = useSelected(state => state.status.kind === 'offline');
  const readOnly = useSelected(state => state.readOnly);
  if (isKnown && !readOnly) {
    return <Teaching {...props} />;
  }
  return (
    <p className="jp-SessionEmpty" data-testid={isKnown ? 'empty' : 'unknown'}>
      {isKnown
        ? trans.__('Nothing is in this session yet. You may read it, not change it.')
        : isOffline
          ? trans.__(
              'Offline: what this session holds is not known yet. It is shown as soon as the server answers; what you add until then is kept in this browser.'
            )
          : trans.__('Connecting …')}
    </p>
  );
}

/** What a session is for, and a first one to try. `isBrief`: the notebook shows that its author knows the rest. */
function Teaching(props: {
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
        <Button look="accent" testid="empty-add" onClick={() => onAdd(null)}>
          {trans.__('Add a variable')}
        </Button>
        <Button testid="try-example" onClick={() => onAdd(EXAMPLE)}>
          {trans.__('Try %1', 'lr = 0.1')}
        </Button>
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
