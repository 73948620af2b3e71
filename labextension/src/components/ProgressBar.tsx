import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useMemo } from 'react';

import { useSelected, useTrans } from '../context';
import type { Json } from '../json';
import { loopsOf, progressOf, silence, type Progress } from '../progress';
import { useClock } from './useClock';
import { agoWords, durationWords } from './moments';

const SECOND = 1000;

function rateWords(rate: number, trans: TranslationBundle): string {
  return rate >= 1
    ? trans.__('%1 a second', Number(rate.toPrecision(3)))
    : trans.__('%1 each', durationWords(1000 / rate, trans));
}

function stateWords(
  progress: Progress,
  silent: number | null,
  now: number,
  trans: TranslationBundle
): string[] {
  const took = durationWords(progress.seconds * 1000, trans);
  switch (progress.state) {
    case 'done':
      return [trans.__('done in %1', took)];
    case 'stopped':
      return [trans.__('stopped after %1', took)];
    case 'failed':
      return [trans.__('failed after %1', took)];
    case 'interrupted':
      return [trans.__('interrupted after %1', took)];
    case 'running': {
      if (silent !== null) {
        return [trans.__('no news for %1', agoWords(now - silent, now, trans))];
      }
      const { rate, total, done } = progress;
      if (rate === null || rate === 0) {
        return [];
      }
      const left =
        total === null || total < done
          ? []
          : [trans.__('%1 left', durationWords(((total - done) / rate) * 1000, trans))];
      return [rateWords(rate, trans), ...left];
    }
  }
}

/** How far a loop is: a bar, and in words how many, how fast and how long it still takes. */
export function ProgressBar(props: {
  name: string;
  value: Json;
  updatedAt: number;
}): React.JSX.Element | null {
  const { name, value, updatedAt } = props;
  const trans = useTrans();
  const progress = useMemo(() => progressOf(value), [value]);
  const now = Math.max(useClock(progress?.state === 'running' ? SECOND : undefined), updatedAt);
  if (progress === null) {
    return null;
  }
  const { done, total, state } = progress;
  const silent = silence(progress, updatedAt, now);
  const share = total === null ? null : total === 0 ? 1 : Math.min(1, done / total);
  const count = total === null ? trans.__('%1 so far', done) : trans.__('%1 of %2', done, total);
  const words = [count, ...stateWords(progress, silent, now, trans)].join(' · ');
  return (
    <div
      className="jp-SessionProgress"
      data-testid="progress"
      data-state={silent === null ? state : 'silent'}
    >
      <div
        className="jp-SessionProgress-bar"
        role="progressbar"
        aria-label={name}
        aria-valuetext={words}
        aria-valuemin={0}
        aria-valuemax={total ?? undefined}
        aria-valuenow={share === null ? undefined : done}
      >
        <div
          data-unknown={share === null && state === 'running' && silent === null}
          style={{ width: share === null ? '100%' : `${share * 100}%` }}
        />
      </div>
      <span className="jp-SessionProgress-words">{words}</span>
    </div>
  );
}

/** The same in a variable's row. */
export function RowProgress(props: { name: string; value: Json }): React.JSX.Element {
  const updatedAt = useSelected(state => state.saved.get(props.name)?.updatedAt ?? 0);
  return <ProgressBar {...props} updatedAt={updatedAt} />;
}

/** The loops of a run that is on its way. */
export function RunProgress(props: { run: string }): React.JSX.Element {
  const saved = useSelected(state => state.saved);
  const rows = useMemo(() => loopsOf(saved.values(), props.run), [saved, props.run]);
  return (
    <>
      {rows.map(({ name, value, updatedAt }) => (
        <ProgressBar key={name} name={name} value={value} updatedAt={updatedAt} />
      ))}
    </>
  );
}
