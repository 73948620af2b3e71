import React, { useMemo } from 'react';

import { drawnNumber } from '../scalartext';
import type { Sheet } from '../sheet';

// Of a large matrix each square is the mean of a part: as many squares as one can tell apart in a sidebar.
const MOST_COLUMNS = 48;
const MOST_ROWS = 24;
const SHADES = 16;

interface Squares {
  width: number;
  height: number;
  /** The squares of each shade as one path, the palest first. */
  paths: string[];
}

/** A matrix as a picture: the higher a number, the stronger its square. A missing number leaves its square empty. */
export function HeatMap(props: { sheet: Sheet; label: string }): React.JSX.Element {
  const { sheet, label } = props;
  const { width, height, paths } = useMemo(() => squaresOf(sheet), [sheet]);
  return (
    <svg
      className="jp-HeatMap"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
      style={{ height: Math.min(96, Math.max(20, height * 8)) }}
    >
      {paths.map((path, shade) =>
        path === '' ? null : <path key={shade} d={path} fillOpacity={(shade + 1) / SHADES} />
      )}
    </svg>
  );
}

export function squaresOf(sheet: Sheet): Squares {
  const width = Math.min(MOST_COLUMNS, sheet.columns.length);
  const height = Math.min(MOST_ROWS, sheet.rows);
  const means: number[] = [];
  let [low, high] = [Infinity, -Infinity];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const mean = meanOf(sheet, x / width, (x + 1) / width, y / height, (y + 1) / height);
      means.push(mean);
      if (Number.isFinite(mean)) {
        low = Math.min(low, mean);
        high = Math.max(high, mean);
      }
    }
  }
  const paths = new Array<string>(SHADES).fill('');
  // Half of each, or the difference of two large numbers would overflow.
  const span = high / 2 - low / 2;
  means.forEach((mean, i) => {
    if (Number.isFinite(mean)) {
      const share = span === 0 ? 0.5 : (mean / 2 - low / 2) / span;
      const shade = Math.min(SHADES - 1, Math.floor(share * SHADES));
      paths[shade] = `${paths[shade] ?? ''}M${i % width} ${Math.floor(i / width)}h1v1h-1z`;
    }
  });
  return { width, height, paths };
}

function meanOf(sheet: Sheet, left: number, right: number, top: number, bottom: number): number {
  const [columns, rows] = [sheet.columns.length, sheet.rows];
  let [sum, count] = [0, 0];
  for (
    let y = Math.floor(top * rows);
    y < Math.max(bottom * rows, Math.floor(top * rows) + 1);
    y++
  ) {
    for (let x = Math.floor(left * columns); x < right * columns; x++) {
      const cell = sheet.cell(y, x);
      const number = cell === true ? 1 : cell === false ? 0 : drawnNumber(cell ?? null);
      if (number !== null && Number.isFinite(number)) {
        sum += number;
        count++;
      }
    }
  }
  return count === 0 ? NaN : sum / count;
}
