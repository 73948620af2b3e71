import React, { useMemo } from 'react';

import { useTrans } from '../context';
import { isNumber, numberText, type Json } from '../json';
import { numbersOf } from './kinds';
import { Sparkline } from './Sparkline';

function short(value: Json | undefined): string {
  if (value === undefined || !isNumber(value)) {
    return '';
  }
  const text = numberText(value);
  return text.length > 10 ? String(Number(Number(text).toPrecision(4))) : text;
}

/** A list of numbers: its line, and where it begins and ends. */
export function ListPreview(props: { name: string; value: Json }): React.JSX.Element | null {
  const { name, value } = props;
  const trans = useTrans();
  const numbers = useMemo(() => numbersOf(value), [value]);
  if (numbers === null || !Array.isArray(value)) {
    return null;
  }
  const [first, last] = [short(value[0]), short(value[value.length - 1])];
  return (
    <>
      <Sparkline
        numbers={numbers}
        label={trans.__('%1: %2 numbers from %3 to %4', name, numbers.length, first, last)}
      />
      <span className="jp-Sparkline-ends">
        {first} → {last}
      </span>
    </>
  );
}
