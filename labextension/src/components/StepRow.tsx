import { closeIcon, runIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { useSelected, useSurroundings } from '../context';
import type { StepState, StepView } from '../steps';
import type { Trouble } from '../runner';
import { RunProgress } from './ProgressBar';
import { flushSentence, shortValue } from './sentences';
import { useClock } from './useClock';
import { durationWords } from './WrittenBy';

const SECOND = 1000;

function stateWords(state: StepState, trans: TranslationBundle): string {
  switch (state) {
    case 'fresh':
      return trans.__('fresh');
    case 'stale':
      return trans.__('stale');
    case 'running':
      return trans.__('running');
    case 'failed':
      return trans.__('failed');
    case 'interrupted':
      return trans.__('interrupted');
    case 'new':
      return trans.__('not run yet');
    case 'needs-kernel':
      return trans.__('needs this kernel');
  }
}

function detail(step: StepView, now: number, trans: TranslationBundle): string {
  const { run, state, changed, lost, edited, before } = step;
  if (run === null) {
    return '';
  }
  if (state === 'running') {
    return durationWords(Math.max(0, now - run.start), trans);
  }
  if (state === 'stale') {
    if (edited) {
      return trans.__('its source changed');
    }
    if (changed.length > 0) {
      return trans.__('%1 changed', changed.join(', '));
    }
    return lost.length > 0
      ? trans.__('%1 is not what it wrote', lost.join(', '))
      : trans.__('%1 before it is not fresh', before ?? '');
  }
  return run.end == null ? '' : durationWords(run.end - run.start, trans);
}

export function StepRow(props: { step: StepView }): React.JSX.Element {
  const { step } = props;
  const { trans, notebook, runner } = useSurroundings();
  const runs = React.useSyncExternalStore(
    runner?.subscribe ?? (() => () => undefined),
    () => runner?.getState() ?? null
  );
  const starts = runs?.starting.has(step.name) ?? false;
  const trouble = runs?.troubles.get(step.name) ?? null;
  const state: StepState = starts ? 'running' : step.state;
  const { run, name, cell } = step;
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
          disabled={cell === null}
          onClick={() => cell !== null && notebook?.showCell(cell)}
        >
          {name}
        </button>
        <span className="jp-SessionStep-detail" title={words}>
          {words}
        </span>
        <button
          type="button"
          className="jp-SessionButton jp-mod-quiet"
          data-testid="step-run"
          aria-label={trans.__('Run %1', name)}
          title={
            cell === null
              ? trans.__('No cell of this notebook declares this step.')
              : trans.__('Run')
          }
          disabled={cell === null || runner === null || state === 'running'}
          onClick={() => void runner?.run(step)}
        >
          <runIcon.react tag="span" width="14px" height="14px" />
        </button>
      </div>
      {run !== null && state === 'running' ? <RunProgress run={run.id} /> : null}
      {run?.error != null && (state === 'failed' || state === 'interrupted') ? (
        <div className="jp-SessionStep-error" data-testid="step-error">
          {run.error.line === undefined
            ? `${run.error.type}: ${run.error.message}`
            : trans.__('%1 in line %2', `${run.error.type}: ${run.error.message}`, run.error.line)}
        </div>
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
