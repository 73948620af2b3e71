import React from 'react';

import { useSelected, useSurroundings } from '../context';
import type { Trouble } from '../runner';
import { CloseButton } from './IconButton';
import { Button } from './Button';
import { flushSentence, shortValue } from './sentences';
import { useRuns } from './useSteps';

/** Where a run of several could not go on: above all rows, for it may have been started from anywhere. */
export function StoppedRun(): React.JSX.Element | null {
  const { runner } = useSurroundings();
  const runs = useRuns();
  const name = runs?.stopped ?? null;
  const trouble = name === null ? undefined : runs?.troubles.get(name);
  return name === null || trouble === undefined ? null : (
    <div className="jp-SessionStopped" data-testid="stopped">
      <TroubleCard name={name} trouble={trouble} onRun={anyway => void runner?.goOn(anyway)} />
    </div>
  );
}

/** Why a step did not start, and the ways on. */
export function TroubleCard(props: {
  name: string;
  trouble: Trouble;
  /** `anyway`: on what is saved, whatever is typed. */
  onRun(anyway: boolean): void;
}): React.JSX.Element {
  const { name, trouble, onRun } = props;
  const { trans, runner } = useSurroundings();
  const offender =
    trouble.kind === 'not-flushed'
      ? (trouble.result.invalid[0]?.name ??
        trouble.result.refused[0]?.edit.op.name ??
        trouble.result.late[0])
      : undefined;
  // What a run would read, not what is shown on top of it.
  const value = useSelected(state => state.saved.get(offender ?? '')?.value);
  const sentence = ((): string => {
    switch (trouble.kind) {
      case 'not-flushed':
        return flushSentence(trouble.result, trans);
      case 'no-kernel':
        return trans.__('This notebook has no kernel: choose one and run again.');
      case 'no-cell':
        return trans.__('The cell of this step is gone.');
      case 'no-record':
        return trans.__(
          'The cell ran, but recorded no run. Its kernel may lack the extension: put %1 into a cell before it.',
          '%load_ext session_state_ext'
        );
    }
  })();
  return (
    <div className="jp-SessionCard" role="alert" data-testid="step-trouble">
      <div className="jp-SessionCard-line jp-mod-text">
        <span>{sentence}</span>
        <CloseButton onClick={() => runner?.dismiss(name)} />
      </div>
      <div className="jp-SessionCard-line jp-mod-actions">
        {trouble.kind === 'not-flushed' ? (
          <Button testid="step-run-anyway" onClick={() => onRun(true)}>
            {value === undefined
              ? trans.__('Run anyway')
              : trans.__('Run with %1', shortValue(value, trans, 16))}
          </Button>
        ) : null}
        <Button testid="step-retry" onClick={() => onRun(false)}>
          {trans.__('Retry')}
        </Button>
      </div>
    </div>
  );
}
