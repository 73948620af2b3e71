/**
 * What of an edit is known to be refused before it is tried.
 */
import type { Json } from './json';
import { DEFAULT_LIMITS, valueProblem, type ValueProblem } from './limits';
import type { Limits } from './model';
import { nameProblem, type NameProblem } from './names';
import type { Replica } from './replica';

export type EditProblem = NameProblem | ValueProblem | 'read-only' | 'exists' | 'missing';

/** An edit that is not even tried. */
export class EditError extends Error {
  constructor(
    readonly code: EditProblem,
    readonly variable: string,
    /** Those that it does not keep to. */
    readonly limits: Limits = DEFAULT_LIMITS
  ) {
    super(`${variable}: ${code}`);
  }
}

/** @throws EditError where nothing can be written under this name */
export function checkWritable(name: string, replica: Replica): void {
  const problem = nameProblem(name, replica.limits.nameChars);
  if (problem !== null) {
    throw new EditError(problem, name, replica.limits);
  }
  if (replica.readOnly) {
    throw new EditError('read-only', name);
  }
}

/** @throws EditError where the server would not take this value */
export function checkValue(name: string, value: Json, replica: Replica): void {
  const problem = valueProblem(value, replica.limits);
  if (problem !== null) {
    throw new EditError(problem, name, replica.limits);
  }
}
