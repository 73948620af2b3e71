import React, { forwardRef, useMemo } from 'react';

import { useSelected, useTrans } from '../context';
import type { GraphNode } from '../graph';
import type { Box } from '../layout';
import { loopsOf, progressOf, type Progress } from '../progress';
import type { StepView } from '../steps';
import { detail, errorWords, stateWords } from './stepwords';
import { useClock } from './useClock';
import { agoWords } from './moments';

export interface NodeProps {
  node: GraphNode;
  box: Box;
  /** null for a variable. */
  step: StepView | null;
  /** On the way by which a value came, off it, or nobody asked. */
  path: 'on' | 'off' | null;
  isFirst: boolean;
  onOpen(): void;
  onFocus(): void;
}

/** The loop of a run that says most of how far it is. */
function useLoop(step: StepView | null): Progress | null {
  const saved = useSelected(state => state.saved);
  const run = step?.state === 'running' ? step.run : null;
  return useMemo(() => {
    const [first] = run == null ? [] : loopsOf(saved.values(), run.id);
    return first === undefined ? null : progressOf(first.value);
  }, [saved, run]);
}

/** A step or a variable in the picture, with its state in words. */
export const StepNode = forwardRef<HTMLButtonElement, NodeProps>(function StepNode(props, ref) {
  const { node, box, step, path, isFirst, onOpen, onFocus } = props;
  const trans = useTrans();
  const now = useClock(step?.state === 'running' ? 1000 : undefined);
  const loop = useLoop(step);
  const { x, y, width, height } = box;
  const state = step === null ? '' : stateWords(step.state, trans);
  const done =
    loop === null
      ? null
      : loop.total === null
        ? trans.__('%1 so far', loop.done)
        : trans.__('%1 of %2', loop.done, loop.total);
  const words = step === null ? '' : (done ?? detail(step, now, trans));
  const label = ((): string => {
    if (step === null) {
      return trans.__('Variable %1', node.name);
    }
    const told = words === '' ? state : `${state}, ${words}`;
    const broken = step.state === 'failed' || step.state === 'interrupted';
    const error = broken && step.run?.error != null ? errorWords(step.run.error, trans) : '';
    const ended = step.run?.end ?? null;
    return [
      trans.__('Step %1: %2', node.name, told),
      error,
      ended === null || step.state === 'running'
        ? ''
        : trans.__('Last run: %1', agoWords(ended, Math.max(now, ended), trans)),
      step.inputs.length > 0 ? trans.__('Reads %1', step.inputs.join(', ')) : '',
      step.outputs.length > 0 ? trans.__('Writes %1', step.outputs.join(', ')) : ''
    ]
      .filter(part => part !== '')
      .join('. ');
  })();
  const share = loop?.total == null ? null : Math.min(1, loop.done / Math.max(1, loop.total));
  return (
    <button
      ref={ref}
      type="button"
      className="jp-SessionNode"
      data-testid="node"
      data-kind={node.kind}
      data-name={node.name}
      data-state={step?.state}
      data-path={path ?? undefined}
      style={{ left: x, top: y, width, height }}
      tabIndex={isFirst ? 0 : -1}
      aria-label={label}
      title={label}
      onClick={onOpen}
      onFocus={onFocus}
    >
      <span className="jp-SessionNode-name">{node.name}</span>
      {step === null ? null : (
        <span className="jp-SessionNode-line">
          <span className="jp-SessionPill" data-state={step.state}>
            {state}
          </span>
          <span className="jp-SessionNode-detail">{words}</span>
        </span>
      )}
      {share === null ? null : (
        <span className="jp-SessionNode-bar" style={{ width: `${share * 100}%` }} />
      )}
    </button>
  );
});
