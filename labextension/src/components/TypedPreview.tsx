import React, { useMemo } from 'react';

import { useTrans } from '../context';
import type { Json } from '../json';
import type { NumberArray } from '../ndarray';
import { arraySheet } from '../sheet';
import { byteWords, typedOf } from '../typed';
import { HeatMap } from './HeatMap';
import { NumbersLine } from './ListPreview';
import { TablePreview } from './TablePreview';

const SHOWN_BYTES = 12;
const MOST_POINTS = 20_000;

/** A value that JSON lacks, in brief: a frame as a table, an array as a line or a heat map, a picture as itself. */
export function TypedPreview(props: { name: string; value: Json }): React.JSX.Element | null {
  const { name, value } = props;
  const typed = typedOf(value);
  switch (typed?.is) {
    case 'frame':
    case 'series':
      return <TablePreview value={value} />;
    case 'array':
      return <ArrayPreview name={name} array={typed.array} value={value} />;
    case 'bytes':
      return <BytesPreview bytes={typed.bytes} />;
    case 'image':
      return <PictureView name={name} value={value} />;
    default:
      return null;
  }
}

/** The picture itself, no wider than the panel and no larger than it is. */
export function PictureView(props: { name: string; value: Json }): React.JSX.Element | null {
  const trans = useTrans();
  const typed = typedOf(props.value);
  if (typed?.is !== 'image') {
    return null;
  }
  const { url, width, height } = typed.picture;
  return (
    <img
      className="jp-SessionPicture"
      src={url}
      width={width}
      height={height}
      alt={trans.__('%1: picture, %2 × %3 pixels', props.name, width, height)}
      draggable={false}
    />
  );
}

function ArrayPreview(props: { name: string; array: NumberArray; value: Json }): React.JSX.Element {
  const { name, array, value } = props;
  const trans = useTrans();
  const numbers = useMemo(() => (array.shape.length === 1 ? pointsOf(array) : null), [array]);
  if (numbers !== null && numbers.some(Number.isFinite)) {
    return <NumbersLine name={name} numbers={numbers} />;
  }
  const sheet = arraySheet(array);
  const isNumeric = /^(bool|u?int|float)/.test(array.dtype);
  if (array.shape.length < 2 || !isNumeric || array.size === 0) {
    return <TablePreview value={value} />;
  }
  const matrices = array.shape.slice(0, -2).reduce((all, side) => all * side, 1);
  return (
    <>
      <HeatMap
        sheet={sheet}
        label={trans.__('%1: heat map, %2 × %3', name, sheet.rows, sheet.columns.length)}
      />
      {matrices > 1 ? (
        <span className="jp-Sparkline-ends">{trans.__('the first of %1 matrices', matrices)}</span>
      ) : null}
    </>
  );
}

// So many points make the same line, and a large array is not read to its end for it.
function pointsOf(array: NumberArray): number[] | null {
  if (array.size < 2) {
    return null;
  }
  const count = Math.min(MOST_POINTS, array.size);
  return Array.from({ length: count }, (_, i) =>
    array.numberAt(Math.round((i / (count - 1)) * (array.size - 1)))
  );
}

function BytesPreview(props: { bytes: Uint8Array }): React.JSX.Element {
  const { bytes } = props;
  const trans = useTrans();
  const shown = [...bytes.subarray(0, SHOWN_BYTES)];
  const hex = shown.map(byte => byte.toString(16).padStart(2, '0')).join(' ');
  const text = shown
    .map(byte => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·'))
    .join('');
  return (
    <code className="jp-SessionSummary">
      {bytes.length === 0 ? (
        <span data-token="mark">{trans.__('no bytes')}</span>
      ) : (
        <>
          <span data-token="text">{text}</span> <span data-token="mark">{hex}</span>
          {bytes.length > shown.length ? (
            <span data-token="mark"> … {byteWords(bytes.length)}</span>
          ) : null}
        </>
      )}
    </code>
  );
}
