/**
 * A session as one JSON document: the same that `jupyter session export` writes and `import` reads, digit for digit.
 */
import { isObject, parseJson, stringifyJson, type Json } from './json';
import type { SessionState, Spec } from './model';

const FORMAT = 'session-state/1';

export interface Imported {
  /** null where the document does not say. */
  name: string | null;
  variables: { [name: string]: Json };
  specs: { [name: string]: Spec };
}

export type NotADocument = 'not-json' | 'not-an-object' | 'another-version';

/** A file that is no session. */
export class DocumentError extends Error {
  constructor(readonly code: NotADocument) {
    super(code);
  }
}

/** `state` with its rows; `now` in ms since the Unix epoch. */
export function writeDocument(state: SessionState, now: number): string {
  const rows = state.rows ?? [];
  const document = {
    format: FORMAT,
    exportedAt: now,
    sessionId: state.sessionId,
    name: state.meta.name,
    paths: state.meta.paths,
    revision: state.meta.revision,
    variables: Object.fromEntries(rows.map(row => [row.name, row.value])),
    specs: Object.fromEntries(
      rows.flatMap(row => (row.spec === undefined ? [] : [[row.name, row.spec]]))
    )
  };
  return `${stringifyJson(document)}\n`;
}

/** Reads an exported session, or any JSON object as its variables. @throws DocumentError */
export function readDocument(text: string): Imported {
  let document: Json;
  try {
    document = parseJson(text);
  } catch {
    throw new DocumentError('not-json');
  }
  if (!isObject(document)) {
    throw new DocumentError('not-an-object');
  }
  const { format, name, variables = {}, specs = {} } = document;
  if (typeof format !== 'string' || !format.startsWith('session-state/')) {
    return { name: null, variables: document, specs: {} };
  }
  if (format !== FORMAT) {
    throw new DocumentError('another-version');
  }
  if (!isObject(variables) || !isObject(specs)) {
    throw new DocumentError('not-an-object');
  }
  return {
    name: typeof name === 'string' ? name : null,
    variables,
    specs: specs as unknown as { [name: string]: Spec }
  };
}
