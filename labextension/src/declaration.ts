/**
 * A declaration as a person writes it in a form, and what it comes to. What a form has no field for stays as it was.
 */
import { freeValue } from './freetext';
import { isInteger, isNumber, numberText, stringifyJson, type Json } from './json';
import type { Row, Spec } from './model';
import { readNumber } from './numbertext';
import { choicesOf, schemaOf, specProblem, typesOf } from './specs';

export type DeclaredType = 'any' | 'number' | 'integer' | 'string' | 'boolean';

/** Each as it is typed; empty where nothing is said. */
export interface DeclarationForm {
  description: string;
  type: DeclaredType;
  minimum: string;
  maximum: string;
  choices: string;
  default: string;
  locked: boolean;
}

export type DeclarationProblem =
  | { kind: 'bound'; field: 'minimum' | 'maximum'; text: string }
  | { kind: 'bounds' }
  | { kind: 'choices' }
  | { kind: 'default'; sentence: string | null };

const TYPES: readonly DeclaredType[] = ['number', 'integer', 'string', 'boolean'];

export function declarationForm({ spec, value }: Row): DeclarationForm {
  const schema = schemaOf(spec);
  const types = typesOf(schema);
  const said = types.length === 1 ? TYPES.find(type => type === types[0]) : undefined;
  const text = (each: Json | undefined): string => (each === undefined ? '' : written(each));
  return {
    description: spec?.description ?? '',
    type: spec?.schema === undefined ? typeOf(value) : (said ?? 'any'),
    minimum: text(schema.minimum),
    maximum: text(schema.maximum),
    choices: (choicesOf(spec) ?? []).map(listed).join(', '),
    default: text(spec?.default),
    locked: spec?.locked === true
  };
}

/** The declaration; null where nothing is declared. */
export function declarationOf(
  form: DeclarationForm,
  before: Spec | undefined
): { spec: Spec | null } | { problem: DeclarationProblem } {
  const { description, type } = form;
  const bounds: { minimum?: Json; maximum?: Json } = {};
  for (const field of ['minimum', 'maximum'] as const) {
    const text = form[field].trim();
    const reading = readNumber(text);
    if (text !== '' && hasBounds(type)) {
      if (!reading.ok || (type === 'integer' && !isInteger(reading.value))) {
        return { problem: { kind: 'bound', field, text } };
      }
      bounds[field] = reading.value;
    }
  }
  const { minimum, maximum } = bounds;
  if (minimum !== undefined && maximum !== undefined && Number(minimum) > Number(maximum)) {
    return { problem: { kind: 'bounds' } };
  }
  const choices = choicesFrom(form.choices, type);
  if (choices === null) {
    return { problem: { kind: 'choices' } };
  }
  const schema = {
    ...kept(before, type),
    ...(type === 'any' ? {} : { type }),
    ...bounds,
    ...(choices.length === 0 ? {} : { enum: choices })
  };
  const fallback = defaultFrom(form.default, type);
  if (fallback === null) {
    return { problem: { kind: 'default', sentence: null } };
  }
  const spec: Spec = {
    ...without(before ?? {}, ['description', 'schema', 'default', 'locked']),
    ...(description.trim() === '' ? {} : { description: description.trim() }),
    ...(Object.keys(schema).length === 0 ? {} : { schema }),
    ...fallback,
    ...(form.locked || before?.locked !== undefined ? { locked: form.locked } : {})
  };
  const sentence = spec.default === undefined ? null : specProblem(spec, spec.default);
  if (sentence !== null) {
    return { problem: { kind: 'default', sentence } };
  }
  const isNothing = Object.keys(spec).length === 0 || isTypeAlone(spec, before);
  return { spec: isNothing ? null : spec };
}

export function hasBounds(type: DeclaredType): boolean {
  return type === 'number' || type === 'integer';
}

/** The type that the form began with, of a variable that is not declared, is nothing that anybody said. */
function isTypeAlone(spec: Spec, before: Spec | undefined): boolean {
  const schema = schemaOf(spec);
  return (
    before === undefined &&
    Object.keys(spec).join() === 'schema' &&
    Object.keys(schema).join() === 'type'
  );
}

/** What a schema says that the form has no field for, where it is still of the same type. */
function kept(before: Spec | undefined, type: DeclaredType): { readonly [keyword: string]: Json } {
  const schema = schemaOf(before);
  const types = typesOf(schema);
  if (type === 'any') {
    const isOne = types.length === 1 && TYPES.some(each => each === types[0]);
    return without(schema, isOne ? ['enum', 'type', 'minimum', 'maximum'] : ['enum']);
  }
  const isSame = types.length === 0 || types.includes(type);
  return isSame ? without(schema, ['enum', 'type', 'anyOf', 'minimum', 'maximum']) : {};
}

/** All of these members may be missing. */
function without<T extends object>(all: T, keys: readonly string[]): T {
  return Object.fromEntries(Object.entries(all).filter(([key]) => !keys.includes(key))) as T;
}

function typeOf(value: Json): DeclaredType {
  if (isNumber(value)) {
    return isInteger(value) ? 'integer' : 'number';
  }
  return typeof value === 'string' ? 'string' : typeof value === 'boolean' ? 'boolean' : 'any';
}

function written(value: Json): string {
  if (isNumber(value)) {
    return numberText(value);
  }
  return typeof value === 'string' && !looksLikeJson(value) ? value : stringifyJson(value);
}

function looksLikeJson(text: string): boolean {
  const reading = freeValue(text);
  return text.trim() !== text || text === '' || !('value' in reading) || reading.value !== text;
}

function listed(value: Json): string {
  const isBare = typeof value === 'string' && !/[,"]/.test(value);
  return isBare ? written(value) : stringifyJson(value);
}

/** Apart by commas, in quotes what has one in it; null where that cannot be read. */
function choicesFrom(text: string, type: DeclaredType): Json[] | null {
  const asMeant = (value: Json, part: string): Json =>
    type === 'string' && typeof value !== 'string' ? part : value;
  const whole = freeValue(`[${text}]`);
  if ('value' in whole && Array.isArray(whole.value)) {
    return whole.value.map(each => asMeant(each, stringifyJson(each)));
  }
  const parts = text.match(/\s*"(?:[^"\\]|\\.)*"\s*|[^,]+/g)?.map(part => part.trim()) ?? [];
  const found: Json[] = [];
  for (const part of parts.filter(each => each !== '')) {
    const reading = freeValue(part);
    if (!('value' in reading)) {
      return null;
    }
    found.push(asMeant(reading.value, part));
  }
  return found;
}

function defaultFrom(text: string, type: DeclaredType): { default?: Json } | null {
  if (text.trim() === '') {
    return {};
  }
  const reading = freeValue(text.trim());
  if (!('value' in reading)) {
    return null;
  }
  const { value } = reading;
  return { default: type === 'string' && typeof value !== 'string' ? text : value };
}
