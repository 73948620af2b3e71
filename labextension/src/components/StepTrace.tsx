import React, { createContext, useMemo } from 'react';

import { useSelected, useTrans } from '../context';
import type { Written } from '../graph';
import type { Row } from '../model';
import type { StepView } from '../steps';
import { CloseButton } from './IconButton';
import { authorWords } from './historywords';
import { inputsOf } from './stepwords';
import { useClock } from './useClock';
import { useOnlooker } from './useHistory';
import { whenWords } from './moments';

export interface Trace {
  readonly row: Row;
  /** The step that wrote it last; null where a person or a plain cell did. */
  readonly written: Written | null;
}

/** The trace that stands in its row: where no graph shows it. */
export const TraceContext = createContext<{ trace: Trace; onEnd(): void } | null>(null);

/** Whether the graph of these steps has a place for a trace. */
export function isInGraph({ row, written }: Trace, steps: readonly StepView[]): boolean {
  return steps.some(
    ({ name, inputs, outputs }) =>
      name === written?.step || inputs.includes(row.name) || outputs.includes(row.name)
  );
}

/** Who wrote a variable last; null where nobody asks, or it is gone. */
export function useTrace(name: string | null): Trace | null {
  const row = useSelected(state => (name === null ? undefined : state.saved.get(name)));
  const variable = row?.name;
  const step = row?.origin.step;
  const written = useMemo(
    () => (step === undefined || variable === undefined ? null : { step, variable }),
    [step, variable]
  );
  return useMemo(() => (row === undefined ? null : { row, written }), [row, written]);
}

/** Where a variable came from, in words. */
export function StepTrace(props: { trace: Trace; onEnd(): void }): React.JSX.Element {
  const { row, written } = props.trace;
  const trans = useTrans();
  const on = useOnlooker();
  const now = useClock();
  const steps = useSelected(state => state.steps);
  const when = whenWords(row.updatedAt, Math.max(now, row.updatedAt), trans);
  const inputs = inputsOf(row.origin, steps);
  const isMine = row.origin.kind === 'panel' && row.origin.client === on.client;
  const sentence =
    written === null
      ? trans.__(
          '%1 was set by %2, %3.',
          row.name,
          isMine ? trans.__('you') : authorWords(row.origin, on, trans),
          when
        )
      : inputs.length > 0
        ? trans.__(
            '%1 was written by %2 from %3, %4.',
            row.name,
            written.step,
            inputs.join(', '),
            when
          )
        : trans.__('%1 was written by %2, %3.', row.name, written.step, when);
  return (
    <div className="jp-SessionTrace" role="status" data-testid="trace">
      <span>{sentence}</span>
      <CloseButton onClick={props.onEnd} />
    </div>
  );
}
