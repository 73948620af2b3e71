/**
 * Which editor a declaration asks for; what it does not say is chosen by the value.
 */
import { isNumber, type Json } from '../json';
import type { Spec } from '../model';
import { boundsOf, choicesOf, schemaOf, typesOf } from '../specs';
import { dayOf } from './DateEditor';
import { kindOf, type Kind } from './kinds';

export type DeclaredKind = Kind | 'select' | 'slider' | 'date';

/** The editor of a variable; a value that its control cannot show gets the one made for the value. */
export function declaredKind(spec: Spec | undefined, value: Json): DeclaredKind {
  if (spec === undefined) {
    return kindOf(value);
  }
  const { control } = spec;
  const schema = schemaOf(spec);
  const types = typesOf(schema);
  const isEmpty = value === null;
  const takesNumber =
    isNumber(value) || (isEmpty && types.some(type => /^(number|integer)$/.test(type)));
  if (control === 'json') {
    return 'json';
  }
  if (choicesOf(spec) !== null && (control === undefined || control === 'select')) {
    return 'select';
  }
  if (takesNumber) {
    return boundsOf(spec) !== null && control !== 'number' ? 'slider' : 'number';
  }
  if ((control === 'date' || schema.format === 'date') && (isEmpty || dayOf(value) !== null)) {
    return 'date';
  }
  if (isEmpty && types.includes('string')) {
    return 'text';
  }
  return isEmpty && types.includes('boolean') ? 'switch' : kindOf(value);
}
