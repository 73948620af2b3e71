import React, { useMemo } from 'react';

const WIDTH = 220;
const HEIGHT = 34;
const MOST_POINTS = 220;

/** A list of numbers as a small line, without those that are not finite. Long lists keep the lowest and highest of each stretch, so that no spike is lost. */
export function Sparkline(props: { numbers: readonly number[]; label: string }): React.JSX.Element {
  const { numbers, label } = props;
  const points = useMemo(() => line(numbers), [numbers]);
  return (
    <svg
      className="jp-Sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <polyline points={points} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}

export function line(numbers: readonly number[]): string {
  let low = Infinity;
  let high = -Infinity;
  for (const n of numbers) {
    if (Number.isFinite(n)) {
      low = Math.min(low, n);
      high = Math.max(high, n);
    }
  }
  // Half of each, or the difference of two large numbers would overflow.
  const span = high / 2 - low / 2;
  const place = (n: number, i: number): string => {
    const x = (i / (numbers.length - 1)) * WIDTH;
    const y = span === 0 ? HEIGHT / 2 : HEIGHT - 2 - ((n / 2 - low / 2) / span) * (HEIGHT - 4);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  };
  if (numbers.length <= MOST_POINTS) {
    return numbers.flatMap((n, i) => (Number.isFinite(n) ? [place(n, i)] : [])).join(' ');
  }
  const stretch = Math.ceil((numbers.length / MOST_POINTS) * 2);
  const kept = new Set<number>([0, numbers.length - 1]);
  for (let start = 0; start < numbers.length; start += stretch) {
    let least = start;
    let most = start;
    for (let i = start; i < Math.min(start + stretch, numbers.length); i++) {
      const n = numbers[i]!;
      if (Number.isFinite(n)) {
        least = n < numbers[least]! || !Number.isFinite(numbers[least]) ? i : least;
        most = n > numbers[most]! || !Number.isFinite(numbers[most]) ? i : most;
      }
    }
    kept.add(least).add(most);
  }
  return [...kept]
    .filter(i => Number.isFinite(numbers[i]))
    .sort((a, b) => a - b)
    .map(i => place(numbers[i]!, i))
    .join(' ');
}
