/**
 * What a declaration says of a value, as far as a person is told before anything is sent: types, bounds, choices and
 * lengths. The server decides; the sentences are its own (`tests/frames/specs.json`).
 */
import { flatJson, isInteger, isNumber, isObject, numberText, sameJson, type Json } from './json';
import type { Row, Spec } from './model';

type Schema = { readonly [keyword: string]: Json };

const TYPES: { readonly [type: string]: string } = {
  number: 'a number',
  integer: 'a whole number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null'
};
const CHARS = 40;
const CHOICES = 10;

/** The schema of a declaration, where it is an object of keywords. */
export function schemaOf(spec: Spec | undefined): Schema {
  const schema = spec?.schema;
  return schema !== undefined && isObject(schema) ? schema : {};
}

/** Why a value is not what its declaration says; null where it is, or only the server knows. */
export function specProblem(spec: Spec | undefined, value: Json): string | null {
  return spec?.schema === undefined || isTyped(value) ? null : problemOf(schemaOf(spec), value);
}

/** Whether a declared variable waits for its first value. */
export function isUnset({ spec, value }: Row): boolean {
  return value === null && specProblem(spec, value) !== null;
}

/** The values to choose from, where there are only these. */
export function choicesOf(spec: Spec | undefined): readonly Json[] | null {
  const { enum: choices } = schemaOf(spec);
  return Array.isArray(choices) && choices.length > 0 ? choices : null;
}

/** The bounds of a number that has both. */
export function boundsOf(spec: Spec | undefined): { least: number; most: number } | null {
  const { minimum, maximum } = schemaOf(spec);
  const [least, most] = [numberOf(minimum), numberOf(maximum)];
  return least !== null && most !== null && least < most ? { least, most } : null;
}

/** The types that a value may have; none where that is not said. */
export function typesOf(schema: Schema): string[] {
  const { type, anyOf } = schema;
  if (Array.isArray(anyOf)) {
    return anyOf.flatMap(each => (isObject(each) ? typesOf(each) : []));
  }
  const types = Array.isArray(type) ? type : [type];
  return types.filter((each): each is string => typeof each === 'string');
}

export function numberOf(value: Json | undefined): number | null {
  return value !== undefined && isNumber(value) ? Number(numberText(value)) : null;
}

function problemOf(schema: Schema, value: Json): string | null {
  const { enum: choices, const: only, anyOf } = schema;
  const types = Array.isArray(anyOf) ? [] : typesOf(schema);
  // A large value is written out where something is wrong with it alone.
  const shown = (): string => short(value);
  if (types.length > 0 && !types.some(type => isOf(type, value))) {
    const known = Object.keys(TYPES).filter(type => types.includes(type));
    return `${shown()} is not ${known.map(type => TYPES[type]).join(' or ')}.`;
  }
  if (Array.isArray(choices) && !choices.some(each => same(each, value))) {
    return `${shown()} is none of the choices ${listed(choices)}.`;
  }
  if (only !== undefined && !same(only, value)) {
    return `${shown()} is not ${short(only)}.`;
  }
  if (isNumber(value)) {
    return numberProblem(schema, Number(numberText(value)), shown);
  }
  if (typeof value === 'string') {
    return lengthProblem(schema, Array.from(value).length, shown);
  }
  return null;
}

function numberProblem(schema: Schema, number: number, shown: () => string): string | null {
  const limit = (keyword: string): number | null => numberOf(schema[keyword]);
  const text = (keyword: string): string => short(schema[keyword] ?? null);
  const least = limit('minimum');
  const most = limit('maximum');
  const above = limit('exclusiveMinimum');
  const below = limit('exclusiveMaximum');
  if (most !== null && number > most) {
    return `${shown()} is more than the maximum ${text('maximum')}.`;
  }
  if (least !== null && number < least) {
    return `${shown()} is less than the minimum ${text('minimum')}.`;
  }
  if (below !== null && number >= below) {
    return `${shown()} is not less than ${text('exclusiveMaximum')}.`;
  }
  return above !== null && number <= above
    ? `${shown()} is not more than ${text('exclusiveMinimum')}.`
    : null;
}

function lengthProblem(schema: Schema, length: number, shown: () => string): string | null {
  const least = numberOf(schema.minLength);
  const most = numberOf(schema.maxLength);
  const count = (limit: number): string => `${limit} character${limit === 1 ? '' : 's'}`;
  if (least !== null && length < least) {
    return `${shown()} is too short; it has at least ${count(least)}.`;
  }
  return most !== null && length > most
    ? `${shown()} is too long; it has at most ${count(most)}.`
    : null;
}

/** Stands for a date, or a number that JSON lacks: what a schema sees of it is the server's to know. */
function isTyped(value: Json): boolean {
  if (!isObject(value)) {
    return false;
  }
  const [key, ...more] = Object.keys(value);
  return more.length === 0 && key !== undefined && key.startsWith('$');
}

function isOf(type: string, value: Json): boolean {
  switch (type) {
    case 'number':
      return isNumber(value);
    case 'integer':
      return isNumber(value) && (isInteger(value) || Number.isInteger(Number(numberText(value))));
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    case 'null':
      return value === null;
    default:
      return typeof value === type;
  }
}

/** Equal as JSON Schema has it: 1 is 1.0. */
function same(one: Json, other: Json): boolean {
  return isNumber(one) && isNumber(other)
    ? Number(numberText(one)) === Number(numberText(other))
    : sameJson(one, other);
}

function listed(choices: readonly Json[]): string {
  const shown = choices.slice(0, CHOICES).map(short).join(', ');
  const more = choices.length - CHOICES;
  return more > 0 ? `${shown} and ${more} more` : shown;
}

function short(value: Json): string {
  const text = flatJson(value);
  return text.length > CHARS ? `${text.slice(0, CHARS - 3)}...` : text;
}
