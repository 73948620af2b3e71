import { DocumentError, readDocument, writeDocument } from '../document';
import { parseJson, stringifyJson } from '../json';
import type { SessionState } from '../model';

const state =
  parseJson(`{"sessionId": "s", "variables": {}, "meta": {"lastSyncedAt": 1, "isDirty": false,
  "revision": 7, "epoch": "e", "name": "sweep", "paths": ["/a.ipynb"]}, "rows": [
  {"name": "lr", "value": 1.0, "revision": 3, "updatedAt": 1, "origin": {"kind": "cell"}, "spec": {"default": 1E-1}},
  {"name": "big", "value": 12345678901234567890, "revision": 4, "updatedAt": 1, "origin": {"kind": "cell"}}]}`);

test('goes into a file digit for digit, and comes back', () => {
  const text = writeDocument(state as unknown as SessionState, 1000);
  expect(text).toContain('"variables":{"lr":1.0,"big":12345678901234567890}');
  expect(text).toContain('"specs":{"lr":{"default":1E-1}}');
  const { name, variables, specs } = readDocument(text);
  expect(name).toBe('sweep');
  expect(Object.keys(variables)).toEqual(['lr', 'big']);
  expect(stringifyJson(variables['big'])).toBe('12345678901234567890');
  expect(Object.keys(specs)).toEqual(['lr']);
});

test('any object of values will do', () => {
  expect(readDocument('{"lr": 0.1, "name": "x"}')).toEqual({
    name: null,
    variables: { lr: 0.1, name: 'x' },
    specs: {}
  });
});

test.each([
  ['{lr: 1}', 'not-json'],
  ['[1]', 'not-an-object'],
  ['{"format": "session-state/1", "variables": []}', 'not-an-object'],
  ['{"format": "session-state/2", "variables": {}}', 'another-version']
])('%s is refused as %s', (text, code) => {
  expect(() => readDocument(text)).toThrow(DocumentError);
  try {
    readDocument(text);
  } catch (error) {
    expect((error as DocumentError).code).toBe(code);
  }
});
