/**
 * Values as Python source, to be pasted into a cell or a script.
 */
import { isNumber, isObject, numberText, type Json } from './json';
import { isPythonName } from './names';
import { scalarOf, typedMember } from './scalartext';
import type { Sheet } from './sheet';
import { typedOf, typeWords } from './typed';

/** The source, and the modules that it needs. */
interface Source {
  text: string;
  needs: Set<string>;
}

/** A line each, `lr = 0.1`, after the imports that they need. What has no short source is a comment. */
export function pythonText(variables: readonly (readonly [string, Json])[]): string {
  const source: Source = { text: '', needs: new Set() };
  const lines = variables.map(([name, value]) => {
    const target = isPythonName(name) ? name : `session[${literal(name)}]`;
    const text = written(value, source.needs);
    return text === null ? `# ${target}: ${typeWords(value) ?? ''}` : `${target} = ${text}`;
  });
  const imports = [...source.needs].sort().map(each => `import ${each}`);
  return [...imports, ...(imports.length > 0 ? [''] : []), ...lines].join('\n');
}

// JSON's escapes are Python's; what looks like a line's end to other programs is escaped, too.
function literal(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  );
}

function written(value: Json, needs: Set<string>): string | null {
  if (isNumber(value)) {
    return numberText(value);
  }
  if (typeof value === 'string') {
    return literal(value);
  }
  if (value === null || typeof value === 'boolean') {
    return value === null ? 'None' : value ? 'True' : 'False';
  }
  const [key, inner] = typedMember(value) ?? [];
  if (key === '$dict' && inner !== undefined && isObject(inner)) {
    return members(inner, needs);
  }
  if (typedOf(value) !== null) {
    return typed(value, needs);
  }
  if (Array.isArray(value)) {
    const items = value.map(each => written(each, needs));
    return items.includes(null) ? null : `[${items.join(', ')}]`;
  }
  return isObject(value) ? members(value, needs) : null;
}

function members(value: { [key: string]: Json }, needs: Set<string>): string | null {
  const items = Object.entries(value).map(([key, each]) => {
    const text = written(each, needs);
    return text === null ? null : `${literal(key)}: ${text}`;
  });
  return items.includes(null) ? null : `{${items.join(', ')}}`;
}

const CLASSES = new Map([
  ['$date', 'datetime.datetime.fromisoformat'],
  ['$localDate', 'datetime.date.fromisoformat'],
  ['$localTime', 'datetime.time.fromisoformat'],
  ['$numberDecimal', 'decimal.Decimal'],
  ['$uuid', 'uuid.UUID'],
  ['$numberDouble', 'float']
]);

function typed(value: Json, needs: Set<string>): string | null {
  const scalar = scalarOf(value);
  const found = typedOf(value);
  const call = CLASSES.get(scalar?.key ?? '');
  if (scalar !== null && call !== undefined) {
    if (call.includes('.')) {
      needs.add(call.split('.')[0]!);
    }
    // Python 3.10 does not read a Z.
    const text =
      scalar.key.endsWith('ate') || scalar.key === '$localTime'
        ? scalar.text.replace(/Z$/, '+00:00')
        : scalar.text;
    return `${call}(${literal(text)})`;
  }
  const inner = typedMember(value)?.[1];
  if (scalar?.key === '$duration' && typeof inner === 'string') {
    needs.add('datetime');
    const [, days, seconds, , micros] = /^P(-?\d+)DT(\d+)(\.(\d+))?S$/.exec(inner) ?? [];
    return `datetime.timedelta(${days}, ${seconds}${micros === undefined ? '' : `, ${Number(micros)}`})`;
  }
  if (scalar !== null) {
    const isComplex = scalar.key === '$complex';
    return isComplex && /nan|inf/.test(scalar.text) ? `complex("${scalar.text}")` : scalar.text;
  }
  switch (found?.is) {
    case 'bytes': {
      const hex = [...found.bytes].map(byte => byte.toString(16).padStart(2, '0')).join('');
      return hex === '' ? 'b""' : `bytes.fromhex("${hex}")`;
    }
    case 'array': {
      const { array } = found;
      const items = Array.from({ length: array.size }, (_, i) => written(array.at(i), needs));
      needs.add('numpy');
      const shape = array.shape.length === 1 ? '' : `.reshape(${array.shape.join(', ')})`;
      return `numpy.array([${items.join(', ')}], dtype=${literal(array.dtype)})${shape}`;
    }
    case 'frame':
      return frame(found.sheet, needs);
    default:
      return null;
  }
}

function frame(sheet: Sheet, needs: Set<string>): string | null {
  needs.add('pandas');
  const columns = sheet.columns.map(({ name, dtype }, column) => {
    const cells = Array.from({ length: sheet.rows }, (_, row) =>
      cellSource(sheet.cell(row, column), needs)
    );
    return `${literal(name)}: pandas.Series([${cells.join(', ')}], dtype=${literal(dtype ?? 'object')})`;
  });
  return `pandas.DataFrame({${columns.join(', ')}})`;
}

function cellSource(cell: Json | undefined, needs: Set<string>): string {
  const isGone = cell === undefined || cell === null || cell === 'NaT';
  return isGone ? 'None' : (written(cell, needs) ?? 'None');
}
