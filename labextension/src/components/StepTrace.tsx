import { closeIcon } from '@jupyterlab/ui-components';
import React, { useMemo } from 'react';

import { useClient, useSelected, useTrans } from '../context';
import { isAbsent } from '../freshness';
import type { Written } from '../graph';
import type { Row } from '../model';
import { useClock } from './useClock';
import { agoWords, whoWords } from './WrittenBy';

export interface Trace {
  readonly row: Row;
  /** The step that wrote it last; null where a person or a plain cell did. */
  readonly written: Written | null;
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
  const client = useClient();
  const now = useClock();
  const steps = useSelected(state => state.steps);
  const when = agoWords(row.updatedAt, Math.max(now, row.updatedAt), trans);
  const step = written === null ? undefined : steps.get(written.step);
  const run = step?.run?.id === row.origin.run ? step?.run : step?.done;
  const inputs = Object.entries(run?.inputs ?? {}).flatMap(([name, read]) =>
    isAbsent(read) ? [] : [name]
  );
  const sentence =
    written === null
      ? trans.__(
          '%1 was set by %2, %3.',
          row.name,
          whoWords(row.origin, client.clientId, trans),
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
      <button
        type="button"
        className="jp-SessionButton jp-mod-quiet"
        aria-label={trans.__('Close')}
        onClick={props.onEnd}
      >
        <closeIcon.react tag="span" width="14px" height="14px" />
      </button>
    </div>
  );
}
