import { statusOf, type Situation } from '../status';

const well: Situation = {
  live: true,
  everLive: true,
  failing: false,
  kept: true,
  readOnly: false,
  edits: 0,
  held: 0,
  conflicts: 0,
  refused: 0,
  waits: null,
  invalid: 0,
  half: 0,
  end: null
};

test.each([
  ['all is well', {}, 'saved'],
  ['an edit is on its way', { edits: 1 }, 'saving'],
  ['all edits wait for a step', { edits: 2, held: 2 }, 'waiting'],
  ['one of them does', { edits: 2, held: 1 }, 'saving'],
  ['the server asks to come again', { edits: 1, waits: 'Busy.' }, 'saving'],
  ['nobody has answered yet', { live: false, everLive: false }, 'loading'],
  ['nobody answers', { live: false, everLive: false, failing: true }, 'offline'],
  ['the channel was lost', { live: false, edits: 3 }, 'offline'],
  ['the session was deleted', { live: false, end: 'gone' }, 'offline'],
  ['two values need a decision', { conflicts: 1, edits: 1 }, 'conflict'],
  ['an edit was refused', { refused: 1 }, 'conflict'],
  ['a field holds what is not valid', { invalid: 1, edits: 1 }, 'invalid'],
  ['a field holds half of something', { half: 1 }, 'saving'],
  [
    'a field is not valid, and two values need a decision',
    { invalid: 1, conflicts: 1 },
    'conflict'
  ],
  ['one may only read', { readOnly: true }, 'readonly'],
  ['nothing reaches a disk', { storage: 'memory', conflicts: 1 }, 'notkept'],
  ['nothing reached one, and nobody answers', { storage: 'memory', live: false }, 'offline'],
  ['the disk can only be read', { storage: 'read-only', readOnly: true, edits: 1 }, 'readonly'],
  ['edits would be lost', { kept: false, live: false, edits: 1 }, 'notkept']
] as [string, Partial<Situation>, string][])('%s: %j is %s', (_, situation, kind) => {
  expect(statusOf({ ...well, ...situation }).kind).toBe(kind);
});
