/**
 * Which editor a declaration asks for, and what it says of a variable in words; what it does not say is told by the value.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import { isNumber, numberText, type Json } from '../json';
import type { Spec } from '../model';
import { boundsOf, choicesOf, schemaOf, typesOf } from '../specs';
import { dayOf } from './DateEditor';
import { kindOf, kindWords, opensWhole, type Kind } from './kinds';

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

/** Whether in brief it is only a picture of itself. */
export function hasNoField(spec: Spec | undefined, value: Json): boolean {
  return (
    opensWhole(kindOf(value)) && !['date', 'select', 'slider'].includes(declaredKind(spec, value))
  );
}

/** The type of a variable in words: what it may be, where that is declared and so. */
export function declaredWords(
  spec: Spec | undefined,
  value: Json,
  trans: TranslationBundle
): string {
  const choices = choicesOf(spec);
  switch (declaredKind(spec, value)) {
    case 'select':
      return trans.__('one of %1', choices?.length ?? 0);
    case 'slider':
    case 'number':
      return spec?.schema === undefined ? kindWords(value, trans) : numberWords(spec, value, trans);
    case 'date':
      return trans.__('date');
    case 'text':
      return trans.__('text');
    case 'switch':
      return trans.__('switch');
    default:
      return kindWords(value, trans);
  }
}

function numberWords(spec: Spec, value: Json, trans: TranslationBundle): string {
  const schema = schemaOf(spec);
  const types = typesOf(schema);
  const said = types.includes('number')
    ? trans.__('number')
    : types.includes('integer')
      ? trans.__('integer')
      : kindWords(value, trans);
  const limit = (keyword: string): string | null => {
    const number = schema[keyword];
    return number !== undefined && isNumber(number) ? numberText(number) : null;
  };
  const [least, most] = [limit('minimum'), limit('maximum')];
  if (least !== null && most !== null) {
    return `${said} ${least} – ${most}`;
  }
  const bounds = (
    [
      ['≥', least],
      ['>', limit('exclusiveMinimum')],
      ['≤', most],
      ['<', limit('exclusiveMaximum')]
    ] as const
  ).flatMap(([sign, number]) => (number === null ? [] : [`${sign} ${number}`]));
  return [said, ...bounds].join(' ');
}
