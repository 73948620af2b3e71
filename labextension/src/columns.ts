/**
 * Columns and indexes of data frames as the kernel writes them, of pandas and of polars: read cell by cell.
 */
import { isNumber, isObject, numberFrom, numberText, type Json } from './json';
import { timeText } from './ndarray';
import { scalarOf } from './scalartext';

export interface Column {
  /** null where an index only counts. */
  readonly dtype: string | null;
  readonly length: number;
  at(row: number): Json;
}

const PANDAS =
  /^(?:bool|boolean|[uU]?[iI]nt(?:8|16|32|64)|[fF]loat(?:16|32|64)|complex(?:64|128)|object|str|string|category|interval)$/;
const TIMES = /^(datetime|timedelta)64\[(s|ms|us|ns)(?:, ([A-Za-z0-9_+:/-]{1,64}))?\]$/;
const PERIOD = /^period\[[A-Za-z0-9-]{1,12}\]$/;
const POLARS =
  /^(?:U?Int(?:8|16|32|64|128)|Float(?:32|64)|Boolean|String|Binary|Null|Categorical|Date|Time|Datetime|Duration|Decimal|Enum|List|Array|Struct)$/;
const UNITS = ['ms', 'us', 'ns'];

/** How a count of days or of parts of a second reads; null where the type counts none. */
function timeOf(inner: { [key: string]: Json }, dtype: string): ((count: bigint) => string) | null {
  const [, kind, unit = ''] = TIMES.exec(dtype) ?? [];
  if (kind !== undefined) {
    return count => timeText(kind as 'datetime' | 'timedelta', unit, count);
  }
  const said = UNITS.find(each => each === inner.unit) ?? 'us';
  switch (dtype) {
    case 'Date':
      return count => timeText('datetime', 'D', count);
    case 'Time':
      return count => timeText('timedelta', 'ns', count);
    case 'Datetime':
      return count => timeText('datetime', said, count);
    case 'Duration':
      return count => timeText('timedelta', said, count);
    default:
      return null;
  }
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name.replace(/^UTC(?=[+-])/, '') });
    return true;
  } catch {
    return false;
  }
}

export function columnOf(inner: Json | undefined): Column | null {
  if (inner === undefined || !isObject(inner) || typeof inner.dtype !== 'string') {
    return null;
  }
  const { dtype, data } = inner;
  const zone = TIMES.exec(dtype)?.[3];
  if (zone !== undefined && !isZone(zone)) {
    return null;
  }
  if (![PANDAS, TIMES, PERIOD, POLARS].some(form => form.test(dtype))) {
    return null;
  }
  if (dtype === 'interval') {
    return intervalOf(inner);
  }
  if (!Array.isArray(data)) {
    return null;
  }
  const coded = inner.coded === true ? columnOf(inner.categories) : null;
  const time = timeOf(inner, dtype);
  const missing: Json = TIMES.test(dtype)
    ? 'NaT'
    : /^float/.test(dtype)
      ? { $numberDouble: 'NaN' }
      : null;
  return {
    dtype,
    length: data.length,
    at: row => {
      const cell = data[row] ?? null;
      if (cell === null) {
        return missing;
      }
      if (coded !== null && typeof cell === 'number') {
        return coded.at(cell);
      }
      const isCount = isNumber(cell) && /^-?\d+$/.test(numberText(cell));
      return time === null || !isCount ? cell : time(BigInt(numberText(cell)));
    }
  };
}

function intervalOf(inner: { [key: string]: Json }): Column | null {
  const [left, right] = [columnOf(inner.left), columnOf(inner.right)];
  if (left === null || right?.length !== left.length) {
    return null;
  }
  const opens = inner.closed === 'left' || inner.closed === 'both' ? '[' : '(';
  const closes = inner.closed === 'right' || inner.closed === 'both' ? ']' : ')';
  return {
    dtype: 'interval',
    length: left.length,
    at: row => `${opens}${labelText(left.at(row))}, ${labelText(right.at(row))}${closes}`
  };
}

/** What stands before the rows: counted, named, or named on several levels. */
export function indexOf(inner: Json | undefined): Column | null {
  if (inner === undefined || !isObject(inner)) {
    return null;
  }
  const { range, levels, codes } = inner;
  if (Array.isArray(levels) && Array.isArray(codes)) {
    return levelsOf(levels, codes);
  }
  if (!Array.isArray(range)) {
    return columnOf(inner);
  }
  const [start = 0, stop = 0, step = 1] = range.map(each =>
    Number(isNumber(each) ? numberText(each) : NaN)
  );
  const length = Math.max(0, Math.ceil((stop - start) / step));
  return Number.isSafeInteger(length)
    ? { dtype: null, length, at: row => numberFrom(String(start + row * step)) }
    : null;
}

function levelsOf(levels: Json[], codes: Json[]): Column | null {
  const columns = levels.map(columnOf);
  const length = Array.isArray(codes[0]) ? codes[0].length : 0;
  const fits = codes.every(each => Array.isArray(each) && each.length === length);
  if (!fits || codes.length !== columns.length || columns.includes(null)) {
    return null;
  }
  return {
    dtype: null,
    length,
    at: row =>
      columns
        .map((column, i) => {
          const code = (codes[i] as Json[])[row];
          return typeof code === 'number' && code >= 0 ? labelText(column!.at(code)) : '';
        })
        .join(', ')
  };
}

/** A name or index as text. */
export function labelText(value: Json): string {
  if (isNumber(value)) {
    return numberText(value);
  }
  return typeof value === 'string' ? value : (scalarOf(value)?.text ?? '');
}
