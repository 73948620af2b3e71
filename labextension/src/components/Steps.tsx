import React, { useRef, useState } from 'react';

import type { Arrangement } from '../arrangement';
import { useAsk, useSelected, useSurroundings } from '../context';
import { forgetStep } from '../kept';
import { circlesOf, inOrder, stepsToRun, stuckIn, type StepView } from '../steps';
import { Button } from './Button';
import { StepGraph } from './StepGraph';
import { StepRow } from './StepRow';
import { StepTrace, type Trace } from './StepTrace';
import { circleWords } from './stepwords';
import { isRemoved, runsElsewhere, runsHere, useCells, useKernelId, useRuns } from './useSteps';

/** The steps, as a list or a graph. Its title stays in sight, however many variables stand above it. */
export function Steps(props: {
  steps: readonly StepView[];
  look: Arrangement['steps'];
  onLook(look: Arrangement['steps']): void;
  /** Where a variable came from, for the graph to show. */
  trace: Trace | null;
  onTraceEnd(): void;
  onVariable(name: string): void;
}): React.JSX.Element | null {
  const { steps, look, onLook, trace, onTraceEnd, onVariable } = props;
  const { trans, runner, notebook, notify } = useSurroundings();
  const runs = useRuns();
  const cells = useCells();
  const kernel = useKernelId();
  const body = useRef<HTMLDivElement>(null);
  const show = (): void => body.current?.scrollIntoView?.({ block: 'start' });
  useAsk('steps', () => {
    if (steps.length === 0) {
      notify({
        text: trans.__(
          'No step so far. A cell is one by its first line: %1',
          '%%session step train'
        )
      });
      return;
    }
    show();
    body.current
      ?.querySelector<HTMLElement>('[aria-pressed="true"]')
      ?.focus({ preventScroll: true });
  });
  if (steps.length === 0) {
    return null;
  }
  const here = steps.filter(step => !isRemoved(step, cells));
  const removed = steps.filter(step => isRemoved(step, cells));
  // One whose cell is gone may be what closes a circle.
  const due = stepsToRun(steps).length;
  const circles = circlesOf(steps);
  const isElsewhere = here.some(step => runsElsewhere(step, kernel));
  const isRunning = runsHere(here, runs, kernel);
  const failed = here.filter(step => step.state === 'failed').length;
  const words = [
    due > 0 ? trans.__('%1 to run', due) : '',
    failed > 0 ? trans.__('%1 failed', failed) : '',
    isRunning ? trans.__('running') : '',
    isElsewhere ? trans.__('running in another notebook') : ''
  ].filter(part => part !== '');
  const looks: [Arrangement['steps'], string][] = [
    ['list', trans.__('List')],
    ['graph', trans.__('Graph')]
  ];
  return (
    <section className="jp-SessionSteps" aria-label={trans.__('Steps')}>
      <h3 className="jp-SessionTitle jp-SessionSteps-title">
        <button type="button" data-testid="show-steps" onClick={show}>
          {trans.__('Steps')}
        </button>
        <span>{words.join(' · ')}</span>
      </h3>
      <div ref={body} className="jp-SessionSteps-body">
        <div className="jp-SessionSteps-bar">
          <span className="jp-SessionSteps-looks" role="group" aria-label={trans.__('Show as')}>
            {looks.map(([each, label]) => (
              <button
                key={each}
                type="button"
                data-testid={`steps-${each}`}
                aria-pressed={look === each}
                onClick={() => onLook(each)}
              >
                {label}
              </button>
            ))}
          </span>
          {isRunning && notebook?.interrupt !== undefined ? (
            <Button
              testid="steps-stop"
              title={trans.__('Interrupt the kernel')}
              onClick={() => void runner?.stop()}
            >
              {trans.__('Stop')}
            </Button>
          ) : here.every(step => step.cell === null) ? null : (
            <>
              <Button
                testid="steps-run-stale"
                disabled={runner === null}
                aria-disabled={due === 0}
                onClick={() => (due === 0 ? undefined : void runner?.runDue())}
              >
                {trans.__('Run stale')}
              </Button>
              <Button
                testid="steps-run-every"
                disabled={inOrder(steps, circles).length === 0 || runner === null}
                title={trans.__('Run every step, fresh or not')}
                onClick={() => void runner?.runAll()}
              >
                {trans.__('Run all')}
              </Button>
            </>
          )}
        </div>
        {circles.map(circle => (
          <div key={circle.way.join()} className="jp-SessionStep-note" data-testid="steps-circle">
            {circleWords(circle, stuckIn(circle, steps), trans)}
          </div>
        ))}
        {trace === null ? null : <StepTrace trace={trace} onEnd={onTraceEnd} />}
        {look === 'graph' && here.length > 0 ? (
          <StepGraph
            steps={here}
            traced={trace?.row.name ?? null}
            written={trace?.written ?? null}
            onVariable={onVariable}
          />
        ) : (
          here.map(step => <StepRow key={step.name} step={step} />)
        )}
        {removed.length === 0 ? null : <Removed steps={removed} />}
      </div>
    </section>
  );
}

/** Steps whose cells are gone; what they wrote stays. */
function Removed(props: { steps: readonly StepView[] }): React.JSX.Element {
  const { steps } = props;
  const { trans, notify, settings } = useSurroundings();
  const sessionId = useSelected(state => state.sessionId);
  const revision = useSelected(state => state.meta.revision);
  const readOnly = useSelected(state => state.readOnly);
  const [isOpen, setOpen] = useState(false);
  const forget = (name: string): void => {
    if (settings != null) {
      forgetStep(settings, sessionId, name, revision).catch(() =>
        notify({ text: trans.__('%1 could not be forgotten. Try again.', name) })
      );
    }
  };
  return (
    <>
      <button
        type="button"
        className="jp-SessionPrefix"
        data-testid="steps-removed"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <span className="jp-SessionPrefix-text">{trans.__('Removed')}</span>
        <span className="jp-SessionPrefix-count">{steps.length}</span>
      </button>
      {isOpen
        ? steps.map(step => (
            <div key={step.name} className="jp-SessionStep-removed">
              <StepRow step={step} />
              <Button
                testid="step-forget"
                aria-label={trans.__('Forget %1', step.name)}
                title={trans.__('What it wrote stays.')}
                disabled={settings == null || readOnly || step.state === 'running'}
                onClick={() => forget(step.name)}
              >
                {trans.__('Forget')}
              </Button>
            </div>
          ))
        : null}
    </>
  );
}
