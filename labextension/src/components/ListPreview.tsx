import React, { useMemo } from 'react';

import { useTrans } from '../context';
import type { Json } from '../json';
import { numbersOf } from './kinds';
import { Sparkline } from './Sparkline';
import { briefNumber } from './TablePreview';

/** A list of numbers: its line, and where it begins and ends. */
export function ListPreview(props: { name: string; value: Json }): React.JSX.Element | null {
  const { name, value } = props;
  const numbers = useMemo(() => numbersOf(value), [value]);
  return numbers === null ? null : <NumbersLine name={name} numbers={numbers} />;
}

/** Numbers as a line; what is not finite leaves no point, and is counted. */
export function NumbersLine(props: {
  name: string;
  numbers: readonly number[];
}): React.JSX.Element | null {
  const { name, numbers } = props;
  const trans = useTrans();
  const missing = numbers.filter(each => !Number.isFinite(each)).length;
  const [first, last] = [numbers[0], numbers[numbers.length - 1]].map(
    each => briefNumber(each) ?? ''
  ) as [string, string];
  const gaps = missing === 0 ? '' : ` · ${trans.__('%1 not finite', missing)}`;
  return (
    <>
      <Sparkline
        numbers={numbers}
        label={trans.__('%1: %2 numbers from %3 to %4', name, numbers.length, first, last) + gaps}
      />
      <span className="jp-Sparkline-ends">
        {first} → {last}
        {gaps}
      </span>
    </>
  );
}
