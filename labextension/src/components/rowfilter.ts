/**
 * What a person narrows the rows by: words of their names, `type:number`, `value:0.1`. All of it has to be so.
 */
import { isInteger, isNumber, numberText, stringifyJson, type Json } from '../json';
import type { Row } from '../model';
import { isUnset } from '../specs';
import { scalarOf } from '../scalartext';
import { typeWords } from '../typed';
import { declaredKind, type DeclaredKind } from './declared';

export interface RowFilter {
  readonly names: readonly string[];
  readonly types: readonly string[];
  readonly values: readonly string[];
}

export function readFilter(text: string): RowFilter {
  const words = text.trim().toLocaleLowerCase().split(/\s+/);
  const after = (prefix: string): string[] =>
    words
      .flatMap(word => (word.startsWith(prefix) ? word.slice(prefix.length) : []))
      .filter(Boolean);
  return {
    names: words.filter(word => word !== '' && !/^(?:type|value):/.test(word)),
    types: after('type:'),
    values: after('value:')
  };
}

/** Whether more than a row's name decides. */
export function asksForRow({ types, values }: RowFilter): boolean {
  return types.length + values.length > 0;
}

export function isNamed({ names }: RowFilter, name: string): boolean {
  const lower = names.length === 0 ? '' : name.toLocaleLowerCase();
  return names.every(word => lower.includes(word));
}

export function isLike({ types, values }: RowFilter, row: Row): boolean {
  return (
    types.every(type => typesOf(row).some(each => each.startsWith(type))) &&
    values.every(value => textOf(row).includes(value))
  );
}

// As one calls them who looks for some; beside these, what Python calls the type.
const WORDS: { readonly [kind in DeclaredKind]: readonly string[] } = {
  number: ['number', 'float'],
  slider: ['number', 'float', 'slider'],
  text: ['text', 'string'],
  switch: ['switch', 'boolean'],
  select: ['choice'],
  date: ['date'],
  scalar: [],
  line: ['list'],
  table: ['table', 'list'],
  matrix: ['matrix', 'list'],
  frame: ['table'],
  image: ['picture', 'image'],
  bytes: ['bytes'],
  json: []
};

function typesOf(row: Row): string[] {
  const { value, spec } = row;
  const words = [...WORDS[declaredKind(spec, value)]];
  if (isNumber(value)) {
    words.push('number', ...(isInteger(value) ? ['integer'] : []));
  } else if (typeof value === 'string') {
    words.push('text');
  } else if (value === null || isUnset(row)) {
    words.push('null', 'none');
  } else if (typeWords(value) !== null) {
    words.push(typeWords(value)!.toLocaleLowerCase());
  } else if (typeof value === 'object') {
    words.push(...(Array.isArray(value) ? ['list'] : ['object', 'dict']));
  }
  return words;
}

// Of what is longer the beginning is looked through.
const LONGEST = 10_000;
const texts = new WeakMap<Row, string>();

function textOf(row: Row): string {
  let text = texts.get(row);
  if (text === undefined) {
    text = plainText(row.value).slice(0, LONGEST).toLocaleLowerCase();
    texts.set(row, text);
  }
  return text;
}

function plainText(value: Json): string {
  if (isNumber(value)) {
    return numberText(value);
  }
  return typeof value === 'string' ? value : (scalarOf(value)?.text ?? stringifyJson(value));
}
