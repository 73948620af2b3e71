/**
 * What a value may be, checked before it is sent: a refusal here costs nothing and names its reason.
 */
import { isNumber, isObject, numberText, stringifyJson, type Json } from './json';
import type { Limits } from './model';

export const DEFAULT_LIMITS: Limits = {
  valueBytes: 1024 * 1024,
  sessionBytes: 16 * 1024 * 1024,
  variables: 10_000,
  depth: 64,
  digits: 4300,
  nameChars: 128
};

export type ValueProblem = 'large' | 'deep' | 'digits' | 'range' | 'surrogate';

function find(value: Json, limits: Limits, depth: number): ValueProblem | null {
  if (isNumber(value)) {
    const text = numberText(value);
    if (/[.eE]/.test(text)) {
      return Number.isFinite(Number(text)) ? null : 'range';
    }
    return text.replace('-', '').length > limits.digits ? 'digits' : null;
  }
  if (typeof value === 'string') {
    return value.isWellFormed() ? null : 'surrogate';
  }
  if (!Array.isArray(value) && !isObject(value)) {
    return null;
  }
  if (depth > limits.depth) {
    return 'deep';
  }
  if (isObject(value) && Object.keys(value).some(key => !key.isWellFormed())) {
    return 'surrogate';
  }
  for (const member of Object.values(value)) {
    const problem = find(member, limits, depth + 1);
    if (problem !== null) {
      return problem;
    }
  }
  return null;
}

/** Why the server would refuse this value, or null. */
export function valueProblem(value: Json, limits: Limits = DEFAULT_LIMITS): ValueProblem | null {
  const problem = find(value, limits, 1);
  if (problem !== null) {
    return problem;
  }
  const text = stringifyJson(value);
  // UTF-8 takes three bytes a unit at most, so that short texts need no counting.
  const large =
    text.length * 3 > limits.valueBytes &&
    new TextEncoder().encode(text).length > limits.valueBytes;
  return large ? 'large' : null;
}
