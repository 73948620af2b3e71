import React from 'react';

import { useTrans } from '../context';
import { stepsToRun, type StepView } from '../steps';
import { StepRow } from './StepRow';

export function Steps(props: { steps: readonly StepView[] }): React.JSX.Element | null {
  const { steps } = props;
  const trans = useTrans();
  if (steps.length === 0) {
    return null;
  }
  const due = stepsToRun(steps).length;
  return (
    <section aria-label={trans.__('Steps')}>
      <h3 className="jp-SessionTitle">
        {trans.__('Steps')}
        {due > 0 ? <span>{trans.__('%1 to run', due)}</span> : null}
      </h3>
      {steps.map(step => (
        <StepRow key={step.name} step={step} />
      ))}
    </section>
  );
}
