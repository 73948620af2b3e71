import { closeIcon, runIcon } from '@jupyterlab/ui-components';
import React from 'react';

import { useSelected, useSurroundings } from '../context';
import { IconButton } from './IconButton';
import type { StepState, StepView } from '../steps';
import type { Trouble } from '../runner';
import { RunProgress } from './ProgressBar';
import { flushSentence, shortValue } from './sentences';
import { detail, errorWords, stateWords } from './stepwords';
import { useClock } from './useClock';
import { usePlace, useRuns } from './useSteps';

const SECOND = 1000;

export function StepRow(props: { step: StepView }): React.JSX.Element {
  const { step } = props;
  const { trans, notebook, runner } = useSurroundings();
  const runs = useRuns();
  const starts = runs?.starting.has(step.name) ?? false;
  const trouble = runs?.troubles.get(step.name) ?? null;
  const state: StepState = starts ? 'running' : step.state;
  const { run, name, cell } = step;
  const place = usePlace(step);
  const show = (): void => {
    if (place !== null) {
      notebook?.showCell(place);
    }
  };
  const now = useClock(state === 'running' ? SECOND : undefined);
  const words = detail({ ...step, state }, now, trans);
  const arrow = `${step.inputs.join(', ') || '–'} → ${step.outputs.join(', ') || '–'}`;
  return (
    <div className="jp-SessionStep" data-testid="step" data-name={name} data-state={state}>
      <div className="jp-SessionStep-head">
        <span className="jp-SessionPill" data-state={state}>
          {stateWords(state, trans)}
        </span>
        <button
          type="button"
          className="jp-SessionStep-name"
          title={`${name}: ${arrow}`}
          disabled={place === null}
          onClick={show}
        >
          {name}
        </button>
        <span className="jp-SessionStep-detail" title={words}>
          {words}
        </span>
        <IconButton
          icon={runIcon}
          testid="step-run"
          label={trans.__('Run %1', name)}
          title={
            cell === null
              ? trans.__('No cell of this notebook declares this step.')
              : trans.__('Run')
          }
          quiet
          disabled={cell === null || runner === null}
          idle={state === 'running'}
          onClick={() => void runner?.run(step)}
        />
      </div>
      {run !== null && state === 'running' ? <RunProgress run={run.id} /> : null}
      {run?.error != null && (state === 'failed' || state === 'interrupted') ? (
        <button
          type="button"
          className="jp-SessionStep-error"
          data-testid="step-error"
          title={trans.__('Show the cell')}
          disabled={place === null}
          onClick={show}
        >
          {errorWords(run.error, trans)}
        </button>
      ) : null}
      {run?.warnings !== undefined && run.warnings.length > 0 && state !== 'running' ? (
        <div className="jp-SessionStep-note">{run.warnings.join(' ')}</div>
      ) : null}
      {trouble === null ? null : <TroubleCard step={step} trouble={trouble} />}
    </div>
  );
}

function TroubleCard(props: { step: StepView; trouble: Trouble }): React.JSX.Element {
  const { step, trouble } = props;
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
        <button
          type="button"
          className="jp-SessionButton jp-mod-quiet"
          aria-label={trans.__('Close')}
          onClick={() => runner?.dismiss(step.name)}
        >
          <closeIcon.react tag="span" width="14px" height="14px" />
        </button>
      </div>
      <div className="jp-SessionCard-line jp-mod-actions">
        {trouble.kind === 'not-flushed' ? (
          <button
            type="button"
            className="jp-SessionButton"
            data-testid="step-run-anyway"
            onClick={() => void runner?.run(step, true)}
          >
            {value === undefined
              ? trans.__('Run anyway')
              : trans.__('Run with %1', shortValue(value, trans, 16))}
          </button>
        ) : null}
        <button
          type="button"
          className="jp-SessionButton"
          data-testid="step-retry"
          onClick={() => void runner?.run(step)}
        >
          {trans.__('Retry')}
        </button>
      </div>
    </div>
  );
}
