import { runIcon } from '@jupyterlab/ui-components';
import React from 'react';

import { useSurroundings } from '../context';
import { IconButton } from './IconButton';
import type { StepState, StepView } from '../steps';
import { RunProgress } from './ProgressBar';
import { detail, errorWords, stateWords } from './stepwords';
import { TroubleCard } from './TroubleCard';
import { useClock } from './useClock';
import { runsElsewhere, useKernelId, usePlace, useRuns } from './useSteps';
import { agoWords, fullTime } from './moments';

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
  const isElsewhere = runsElsewhere(step, useKernelId());
  const show = (line?: number): void => {
    if (place !== null) {
      notebook?.showCell(place, line);
    }
  };
  const now = useClock(state === 'running' ? SECOND : undefined);
  const isQueued = runs?.queued.includes(name) === true;
  const words = isQueued ? trans.__('waits for its turn') : detail({ ...step, state }, now, trans);
  const ended = state === 'running' ? null : (run?.end ?? null);
  const ago = ended === null ? '' : agoWords(ended, Math.max(now, ended), trans);
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
          title={`${name}: ${arrow}${words === '' ? '' : `\n${words}`}`}
          disabled={place === null}
          onClick={() => show()}
        >
          {name}
        </button>
        <span
          className="jp-SessionStep-detail"
          data-testid="step-detail"
          title={ended === null ? words : trans.__('%1. Last run: %2', words, fullTime(ended))}
        >
          {[words, ...(isQueued || ago === '' ? [] : [ago])]
            .filter(part => part !== '')
            .join(' · ')}
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
      {isElsewhere ? (
        <div className="jp-SessionStep-note" data-testid="step-elsewhere">
          {trans.__('runs in another notebook')}
        </div>
      ) : null}
      {run?.error != null && (state === 'failed' || state === 'interrupted') ? (
        <button
          type="button"
          className="jp-SessionStep-error"
          data-testid="step-error"
          title={
            run.error.line === undefined
              ? trans.__('Show the cell')
              : trans.__('Show line %1 of the cell', run.error.line)
          }
          disabled={place === null}
          onClick={() => show(run.error?.line)}
        >
          {errorWords(run.error, trans)}
        </button>
      ) : null}
      {run?.warnings !== undefined && run.warnings.length > 0 && state !== 'running' ? (
        <div className="jp-SessionStep-note">{run.warnings.join(' ')}</div>
      ) : null}
      {trouble === null || runs?.stopped === name ? null : (
        <TroubleCard
          name={name}
          trouble={trouble}
          onRun={anyway => void runner?.run(step, anyway)}
        />
      )}
    </div>
  );
}
