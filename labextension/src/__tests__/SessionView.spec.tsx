import { act, fireEvent, screen, within } from '@testing-library/react';

import { parseJson, stringifyJson } from '../json';
import type { Run } from '../model';
import { FakeServer, settle } from './fakeserver';
import {
  click,
  doing,
  editor,
  FakeNotebook,
  light,
  names,
  pick,
  press,
  row,
  showSession,
  type
} from './showsession';
import { scanCells } from '../steps';

let server: FakeServer;

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
});

afterEach(() => {
  vi.useRealTimers();
});

async function pass(ms: number): Promise<void> {
  await act(() => vi.advanceTimersByTimeAsync(ms));
}

describe('rows', () => {
  test('stand in two groups, by who wrote them', async () => {
    server.set('lr', 0.1, { kind: 'panel' });
    server.set('note', 'x', { kind: 'api' });
    server.set('loss', 0.2, { kind: 'step', step: 'train' });
    await showSession(server);
    const titles = screen.getAllByRole('heading', { level: 3 }).map(each => each.textContent);
    expect(titles).toEqual(['Parameters', 'Results']);
    expect(names()).toEqual(['lr', 'note', 'loss']);
    expect(within(row('loss')).getByTestId('written-by').textContent).toBe('train · now');
  });

  test('are filtered by name', async () => {
    server.set('alpha', 1);
    server.set('beta', 2);
    await showSession(server);
    fireEvent.change(screen.getByTestId('filter'), { target: { value: 'ALP' } });
    expect(names()).toEqual(['alpha']);
    fireEvent.change(screen.getByTestId('filter'), { target: { value: 'zzz' } });
    expect(names()).toEqual([]);
    expect(screen.getByText('No variable is named like this.')).toBeTruthy();
  });

  test('of a changed variable alone are drawn again', async () => {
    server.set('a', 1);
    server.set('b', 2);
    await showSession(server);
    const before = editor('b');
    await doing(() => server.set('a', 3));
    expect(editor('a').value).toBe('3');
    expect(editor('b')).toBe(before);
  });

  test('a result that a person edits stays where it is', async () => {
    server.set('loss', 0.2, { kind: 'step', step: 'train' });
    server.set('lr', 0.1, { kind: 'panel' });
    await showSession(server);
    await type('loss', '0.3');
    await press('loss', 'Enter');
    expect(names()).toEqual(['lr', 'loss']);
    expect(screen.getByText('Results')).toBeTruthy();
  });

  test('what a step has written is a result, whoever wrote last; what is declared is none', async () => {
    const run = { id: 'r', step: 'train', start: 0, source: '', outputs: ['loss', 'kept'] };
    server.record({ ...run, status: 'done', written: ['loss', 'kept'] });
    server.set('loss', 0.3, { kind: 'panel' });
    server.set('lr', 0.1, { kind: 'panel' });
    server.set('epoch', 1, { kind: 'panel' });
    server.set('kept', 1, { kind: 'step', step: 'train' });
    server.declare('kept', { description: 'k' });
    await showSession(server);
    expect(names()).toEqual(['epoch', 'kept', 'lr', 'loss']);
    await doing(() => server.record({ ...run, id: 's', status: 'running', written: ['epoch'] }));
    expect(names()).toEqual(['kept', 'lr', 'epoch', 'loss']);
  });

  test('10,000 variables: only what is in view is in the page', async () => {
    for (let i = 0; i < 200; i++) {
      server.rows = new Map(server.rows).set(`v${i}`, {
        name: `v${i}`,
        value: i,
        revision: 1,
        updatedAt: 0,
        origin: { kind: 'api' }
      });
    }
    vi.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(600);
    vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(52);
    await showSession(server);
    expect(names().length).toBeLessThan(100);
    expect(names().slice(0, 3)).toEqual(['v0', 'v1', 'v2']);
  });
});

describe('a number', () => {
  beforeEach(async () => {
    server.set('lr', 0.1, { kind: 'panel' });
    await showSession(server);
  });

  test('is shown at once, is saving, and is saved', async () => {
    await type('lr', '0.2');
    expect(light()).toEqual({ text: 'Saving', state: 'saving' });
    expect(row('lr').getAttribute('data-state')).toBe('pending');
    await pass(500);
    expect(server.value('lr')).toBe(0.2);
    expect(light()).toEqual({ text: 'Saved', state: 'saved' });
  });

  test('with a comma stays in the field, with a sentence, and is not sent', async () => {
    await type('lr', '0,01');
    expect(editor('lr').value).toBe('0,01');
    expect(within(row('lr')).getByTestId('problem').textContent).toBe(
      'Use a point: 0.01. The last saved value is 0.1.'
    );
    await pass(5000);
    expect(server.mutates).toHaveLength(0);
    await type('lr', '0.01');
    expect(within(row('lr')).queryByTestId('problem')).toBeNull();
    await pass(500);
    expect(server.value('lr')).toBe(0.01);
  });

  test('that begins well and ends badly leaves what was saved: no half of it counts', async () => {
    for (const text of ['0', '0,', '0,0', '0,01']) {
      await type('lr', text);
    }
    expect(within(row('lr')).getByTestId('problem').textContent).toContain(
      'The last saved value is 0.1.'
    );
    expect(light()).toEqual({ text: '1 not valid', state: 'invalid' });
    await pass(5000);
    expect(server.mutates).toHaveLength(0);
    expect(server.value('lr')).toBe(0.1);
  });

  test('that is not valid is told by the light and its row until it is mended or gone', async () => {
    await type('lr', '0,01');
    expect(light()).toEqual({ text: '1 not valid', state: 'invalid' });
    expect(screen.getByTestId('sync-light').title).toBe(
      'What was typed into lr is not valid and not saved: a click goes there, and Escape takes it back.'
    );
    expect(row('lr').getAttribute('data-state')).toBe('unsaved');
    await type('lr', '0.01');
    await pass(500);
    expect(light().state).toBe('saved');
    await type('lr', '1,');
    await press('lr', 'Escape');
    await pass(500);
    expect(light().state).toBe('saved');
    await type('lr', '1,');
    await doing(() => server.write([{ op: 'delete', name: 'lr' }]));
    expect(light().state).toBe('saved');
  });

  test('half typed is not complained about before the field is left', async () => {
    await type('lr', '0.');
    expect(within(row('lr')).queryByTestId('problem')).toBeNull();
    expect(light().state).toBe('saving');
    await doing(() => void fireEvent.blur(editor('lr')));
    expect(within(row('lr')).getByTestId('problem').textContent).toContain('0.1');
    expect(light().state).toBe('invalid');
    expect(server.mutates).toHaveLength(0);
  });

  test('that is left by a press is complained about after the click, which would miss what moves', async () => {
    await type('lr', '0.');
    await doing(() => {
      fireEvent.pointerDown(document.body);
      fireEvent.blur(editor('lr'));
    });
    expect(light().state).toBe('invalid');
    expect(within(row('lr')).queryByTestId('problem')).toBeNull();
    await doing(() => void fireEvent.pointerUp(document.body));
    await pass(0);
    expect(within(row('lr')).getByTestId('problem').textContent).toContain('0.1');
  });

  test('is saved by Enter, and by leaving the field', async () => {
    await type('lr', '0.3');
    await press('lr', 'Enter');
    expect(server.value('lr')).toBe(0.3);
    await type('lr', '0.4');
    await doing(() => void fireEvent.blur(editor('lr')));
    expect(server.value('lr')).toBe(0.4);
  });

  test('is taken back by Escape, sent or not', async () => {
    await type('lr', '0.3');
    await press('lr', 'Escape');
    expect(editor('lr').value).toBe('0.1');
    await pass(3000);
    expect(server.value('lr')).toBe(0.1);
    await type('lr', '0.5');
    await pass(600);
    expect(server.value('lr')).toBe(0.5);
    await press('lr', 'Escape');
    expect(server.value('lr')).toBe(0.1);
    await type('lr', 'x');
    await press('lr', 'Escape');
    expect(editor('lr').value).toBe('0.1');
    expect(within(row('lr')).queryByTestId('problem')).toBeNull();
  });

  test('goes up and down in its last digit', async () => {
    await press('lr', 'ArrowUp');
    expect(editor('lr').value).toBe('0.2');
    await press('lr', 'ArrowDown');
    expect(editor('lr').value).toBe('0.1');
    await click(within(row('lr')).getByLabelText('Increase lr'));
    await pass(500);
    expect(server.value('lr')).toBe(0.2);
  });

  test('of somebody else replaces mine once mine is sent, not while I type nonsense', async () => {
    await type('lr', '0.3');
    await pass(600);
    await doing(() => server.set('lr', 0.9));
    expect(editor('lr').value).toBe('0.9');
    await type('lr', 'oops');
    await doing(() => server.set('lr', 0.8));
    expect(editor('lr').value).toBe('oops');
    expect(within(row('lr')).getByTestId('problem').textContent).toContain('0.8');
  });
});

test('a big integer is shown and stepped digit for digit', async () => {
  server.set('big', parseJson('9007199254740993'));
  await showSession(server);
  expect(editor('big').value).toBe('9007199254740993');
  await press('big', 'ArrowUp');
  await press('big', 'Enter');
  expect(server.received.join()).toContain('9007199254740994');
});

test('a switch is one click', async () => {
  server.set('standardize', false);
  await showSession(server);
  expect(editor('standardize').getAttribute('aria-checked')).toBe('false');
  await click(editor('standardize'));
  expect(server.value('standardize')).toBe(true);
  expect(row('standardize').textContent).toContain('on');
});

test('a text is text, whatever it looks like', async () => {
  server.set('title', '<b>bold</b>');
  await showSession(server);
  expect(editor('title').value).toBe('<b>bold</b>');
  expect(row('title').querySelector('b')).toBeNull();
  await type('title', '0.5');
  await press('title', 'Enter');
  expect(server.value('title')).toBe('0.5');
});

test('an object is shown in brief, opened with a click, and edited as JSON', async () => {
  server.set('space', parseJson('{"alpha": [0.01, 1.0], "kind": "ridge"}'));
  await showSession(server);
  expect(within(row('space')).getByTestId('type').textContent).toBe('object, 2 keys');
  expect(editor('space').textContent).toBe('{alpha: [0.01, 1.0], kind: "ridge"}');
  await click(editor('space'));
  await click(within(row('space')).getByTestId('editor-json'));
  await type('space', '{"alpha": [0.01, 1.0],}');
  expect(within(row('space')).getByTestId('problem').textContent).toBe(
    'JSON has no comma before a closing bracket.'
  );
  await type('space', '{"alpha": [0.01, 2.0]}');
  await doing(() => void fireEvent.keyDown(editor('space'), { key: 'Enter', ctrlKey: true }));
  expect(server.received.join()).toContain('{"op":"replace","path":"/alpha","value":[0.01,2.0]}');
  expect(stringifyJson(server.value('space')!)).toBe('{"alpha":[0.01,2.0]}');
});

describe('a JSON editor with a text that is not valid', () => {
  beforeEach(async () => {
    server.set('space.a', { a: 1 });
    server.set('space.b', 2);
    await showSession(server);
    await click(editor('space.a'));
    await click(within(row('space.a')).getByTestId('editor-json'));
    await type('space.a', '{"a": ');
  });

  test('is not closed, until the text is thrown away', async () => {
    await click(within(row('space.a')).getByTestId('editor-close'));
    expect(editor('space.a').value).toBe('{"a": ');
    expect(light().state).toBe('invalid');
    await pick(within(row('space.a')).getByTestId('row-menu'), 'json');
    expect(editor('space.a').value).toBe('{"a": ');
    expect(screen.getByTestId('notice').textContent).toContain(
      'What you typed into space.a is not valid: correct it, or throw it away.'
    );
    await click(screen.getByTestId('notice-action'));
    expect(editor('space.a').textContent).toBe('{a: 1}');
    expect(light().state).toBe('saved');
  });

  test('is there again after its row was filtered away, and stays when its group is put away', async () => {
    const filter = screen.getByTestId('filter');
    await doing(() => void fireEvent.change(filter, { target: { value: 'b' } }));
    expect(names()).toEqual(['space.b']);
    expect(light().state).toBe('invalid');
    await doing(() => void fireEvent.change(filter, { target: { value: '' } }));
    expect(editor('space.a').value).toBe('{"a": ');
    await click(screen.getByTestId('prefix'));
    expect(names()).toEqual(['space.a']);
    expect(editor('space.a').value).toBe('{"a": ');
  });
});

test('two people edit different members of one object: both stay, and Escape takes back only mine', async () => {
  server.set('space', { alpha: 1, kind: 'ridge' });
  await showSession(server);
  const theirs = (value: number): Promise<void> =>
    doing(() =>
      server.write(
        [{ op: 'patch', name: 'space', patch: [{ op: 'add', path: '/theirs', value }] }],
        { kind: 'panel' },
        'bob'
      )
    );
  await pick(within(row('space')).getByTestId('row-menu'), 'json');
  await doing(() => void fireEvent.focus(editor('space')));
  await type('space', '{"alpha": 2, "kind": "ridge"}');
  await theirs(7);
  expect(parseJson(editor('space').value)).toEqual({ alpha: 2, kind: 'ridge', theirs: 7 });
  // Half a text hides what they write; what it comes to in the end leaves it alone all the same.
  await type('space', '{"alpha": 3, "kind": "lasso", "theirs": 7');
  await theirs(8);
  await type('space', '{"alpha": 3, "kind": "lasso", "theirs": 7}');
  await doing(() => void fireEvent.keyDown(editor('space'), { key: 'Enter', ctrlKey: true }));
  expect(server.value('space')).toEqual({ alpha: 3, kind: 'lasso', theirs: 8 });
  await type('space', '{"alpha": 4, "kind": "lasso", "theirs": 8}');
  await theirs(9);
  await doing(() => void fireEvent.keyDown(editor('space'), { key: 'Escape' }));
  expect(server.value('space')).toEqual({ alpha: 3, kind: 'lasso', theirs: 9 });
});

test('a list of numbers is a line, with its first and last', async () => {
  server.set('loss', [0.91, 0.5, 0.214]);
  await showSession(server);
  expect(within(row('loss')).getByRole('img').getAttribute('aria-label')).toBe(
    'loss: 3 numbers from 0.91 to 0.214'
  );
  expect(row('loss').textContent).toContain('0.91 → 0.214');
});

describe('adding', () => {
  async function add(name: string, value: string): Promise<void> {
    await click(screen.getByTestId('add-button'));
    fireEvent.change(screen.getByTestId('add-name'), { target: { value: name } });
    fireEvent.change(screen.getByTestId('add-value'), { target: { value } });
    await click(screen.getByTestId('add-save'));
  }

  test.each([
    ['0.1', 0.1],
    ['true', true],
    ['True', true],
    ['None', null],
    ['hello world', 'hello world'],
    ['"0.1"', '0.1'],
    ["'quoted as in Python'", 'quoted as in Python'],
    ['[1, 2]', [1, 2]],
    ['', '']
  ])('%j is saved as what it means', async (text, value) => {
    await showSession(server);
    await add('x', text);
    expect(server.value('x')).toEqual(value);
    expect(screen.queryByTestId('add-form')).toBeNull();
  });

  test.each([
    ['.5', '0.5'],
    ['+5', '5'],
    ['1_000', '1000'],
    ['1 000', '1000'],
    ['007', '7']
  ])('%s is nearly a number: it is asked what is meant', async (text, write) => {
    await showSession(server);
    await add('x', text);
    expect(server.value('x')).toBeUndefined();
    expect(screen.getByTestId('problem').textContent).toBe(
      `Not a number: write ${write}. If it is text, put it in quotes: "${text}".`
    );
  });

  test('under a filter that hides it, is shown all the same, and the focus stays', async () => {
    server.set('alpha', 1);
    await showSession(server);
    await doing(
      () => void fireEvent.change(screen.getByTestId('filter'), { target: { value: 'al' } })
    );
    await add('also', '1');
    expect(screen.getByTestId<HTMLInputElement>('filter').value).toBe('al');
    await add('beta', '2');
    expect(names()).toEqual(['alpha', 'also', 'beta']);
    expect((document.activeElement as HTMLElement).dataset.testid).toBe('add-button');
  });

  test('an empty panel teaches, and its example can be tried', async () => {
    await showSession(server);
    expect(screen.getByTestId('empty').textContent).toContain('shared live with the cells');
    await click(screen.getByTestId('try-example'));
    await click(screen.getByTestId('add-save'));
    expect(server.value('lr')).toBe(0.1);
    expect(screen.queryByTestId('empty')).toBeNull();
  });

  test('a name that cannot be is told why; one that is no Python name is told how', async () => {
    server.set('lr', 1);
    await showSession(server);
    await add('lr', '1');
    expect(screen.getByTestId('problem').textContent).toBe('There is a variable of this name.');
    fireEvent.change(screen.getByTestId('add-name'), { target: { value: '' } });
    expect(screen.getByTestId('problem').textContent).toBe('Give it a name.');
    fireEvent.change(screen.getByTestId('add-name'), { target: { value: 'learning-rate' } });
    expect(screen.getByTestId('add-hint').textContent).toContain('session["learning-rate"]');
    await click(screen.getByTestId('add-save'));
    expect(server.value('learning-rate')).toBe(1);
  });

  test('broken JSON is not saved as text behind one’s back', async () => {
    await showSession(server);
    await add('x', '[1, 2');
    expect(server.value('x')).toBeUndefined();
    expect(screen.getByTestId('problem').textContent).toContain('still open');
  });
});

describe('the row menu', () => {
  test('deletes, and offers to take it back', async () => {
    server.set('lr', 0.1);
    await showSession(server);
    await pick(within(row('lr')).getByTestId('row-menu'), 'delete');
    expect(server.value('lr')).toBeUndefined();
    expect(names()).toEqual([]);
    await click(screen.getByTestId('notice-action'));
    expect(server.value('lr')).toBe(0.1);
  });

  test('duplicates, renames, inserts', async () => {
    server.set('lr', 0.1);
    const { notebook } = await showSession(server);
    const menu = (): HTMLElement => within(row('lr')).getByTestId('row-menu');
    await pick(menu(), 'duplicate');
    expect(server.value('lr_2')).toBe(0.1);
    await pick(menu(), 'insert');
    expect(notebook.inserted).toEqual(['session["lr"]']);
    await pick(menu(), 'rename');
    const field = screen.getByTestId<HTMLInputElement>('rename');
    fireEvent.change(field, { target: { value: 'lr_2' } });
    fireEvent.keyDown(field, { key: 'Enter' });
    expect(screen.getByTestId('problem').textContent).toBe('There is a variable of this name.');
    fireEvent.change(field, { target: { value: 'rate' } });
    await doing(() => void fireEvent.keyDown(field, { key: 'Enter' }));
    expect([server.value('lr'), server.value('rate')]).toEqual([undefined, 0.1]);
    await pass(500);
    expect(document.activeElement).toBe(editor('rate'));
  });
});

describe('trouble', () => {
  test('offline edits go on and are counted', async () => {
    server.set('lr', 0.1);
    await showSession(server);
    await doing(() => server.goDown());
    await type('lr', '0.2');
    expect(editor('lr').value).toBe('0.2');
    expect(light()).toEqual({ text: 'Offline, 1 edit kept', state: 'offline' });
    server.isUp = true;
    await pass(5000);
    expect(server.value('lr')).toBe(0.2);
    expect(light().state).toBe('saved');
  });

  test('a conflict shows both values, and Take takes theirs', async () => {
    server.set('lr', 0.1, { kind: 'panel' });
    await showSession(server);
    await type('lr', '0.35');
    await doing(() => server.set('lr', 0.28, { kind: 'step', step: 'tune' }));
    await pass(500);
    expect(light()).toEqual({ text: '1 conflict', state: 'conflict' });
    const card = within(row('lr')).getByTestId('conflict');
    expect(card.textContent).toMatch(/Yours, .*\d.*0\.35.*step tune, .*\d.*0\.28/);
    await click(within(card).getByTestId('conflict-take'));
    expect(server.value('lr')).toBe(0.28);
    expect(light().state).toBe('saved');
  });

  test('the light goes from one thing that needs hands to the next, and uncovers it', async () => {
    for (const name of ['a', 'b', 'c']) {
      server.set(name, 0.1, { kind: 'panel' });
    }
    await showSession(server);
    await type('a', '0.35');
    await doing(() => server.set('a', 0.28));
    await pass(500);
    await type('b', '0,01');
    fireEvent.change(screen.getByTestId('filter'), { target: { value: 'c' } });
    await doing(() => undefined);
    expect(names()).toEqual(['c']);
    const place = (): string | undefined =>
      document.activeElement?.closest<HTMLElement>('[data-testid="row"]')?.dataset.name;
    await click(screen.getByTestId('sync-light'));
    await pass(100);
    expect(names()).toEqual(['a', 'b', 'c']);
    expect([place(), (document.activeElement as HTMLElement).dataset.testid]).toEqual([
      'a',
      'conflict-keep'
    ]);
    await click(screen.getByTestId('sync-light'));
    await pass(100);
    expect([place(), document.activeElement]).toEqual(['b', editor('b')]);
    await click(screen.getByTestId('sync-light'));
    expect(place()).toBe('a');
  });

  test('the light says itself in a sentence, and tries again at once', async () => {
    await showSession(server);
    await click(screen.getByTestId('sync-light'));
    expect(screen.getByTestId('notice').textContent).toContain('All edits are stored');
    await doing(() => server.goDown());
    server.isUp = true;
    await click(screen.getByTestId('sync-light'));
    expect(screen.getByTestId('notice').textContent).toContain('cannot be reached');
    expect(light().state).toBe('saved');
  });

  test('a refused edit keeps what was typed, with the reason', async () => {
    server.refuses = () => ({ code: 'invalid-value', message: 'lr must be below 1.' });
    server.set('lr', 0.1);
    await showSession(server);
    await type('lr', '7');
    await press('lr', 'Enter');
    expect(editor('lr').value).toBe('0.1');
    const card = screen.getByTestId('refused');
    expect(card.textContent).toContain('lr must be below 1.');
    expect(card.textContent).toContain('7');
    await click(screen.getByTestId('refused-dismiss'));
    expect(light().state).toBe('saved');
  });

  test('a deleted session says so and can be started anew', async () => {
    server.set('lr', 0.1);
    await showSession(server);
    await doing(() => server.deliver({ type: 'deleted' }));
    expect(screen.getByTestId('ended').textContent).toContain('was deleted');
    expect(light().text).toBe('Deleted');
    expect(screen.getByTestId('start-anew').textContent).toBe('Start empty');
    expect(screen.getByTestId('start-with-values').textContent).toBe(
      'Start a new one with this value'
    );
  });

  test('nothing known yet is not shown as nothing there', async () => {
    server.set('lr', 0.1);
    server.isUp = false;
    const { client } = await showSession(server);
    await doing(() => undefined);
    expect(screen.queryByTestId('empty')).toBeNull();
    expect(screen.getByTestId('unknown').textContent).toMatch(/^Offline: .* is not known yet/);
    expect(screen.getByTestId('foot').textContent).not.toContain('revision');
    server.isUp = true;
    await doing(() => client.connect());
    expect(screen.queryByTestId('unknown')).toBeNull();
    expect(names()).toEqual(['lr']);
  });

  test('a reader is not asked to add to an empty session', async () => {
    server.readOnly = true;
    await showSession(server);
    expect(screen.getByTestId('empty').textContent).toContain('You may read it');
    expect(screen.queryByTestId('empty-add')).toBeNull();
  });

  test('a reader’s fields are read-only', async () => {
    server.set('lr', 0.1);
    server.readOnly = true;
    await showSession(server);
    expect(light()).toEqual({ text: 'Read-only', state: 'readonly' });
    expect(editor('lr').readOnly).toBe(true);
    expect(screen.getByTestId<HTMLButtonElement>('add-button').disabled).toBe(true);
  });

  test('a server whose disk cannot be written says what becomes of an edit', async () => {
    server.set('lr', 0.1);
    server.storage = 'memory';
    await showSession(server);
    const title = (): string => screen.getByTestId('sync-light').title;
    expect(light()).toEqual({ text: 'Not kept', state: 'notkept' });
    expect(title()).toContain('in its memory only, and ends with it');
    expect(editor('lr').readOnly).toBe(false);
    await doing(() => server.turn('read-only'));
    expect(light()).toEqual({ text: 'Read-only', state: 'readonly' });
    expect(title()).toContain('change again when it can');
    expect(editor('lr').readOnly).toBe(true);
    await doing(() => server.turn(undefined));
    expect(light()).toEqual({ text: 'Saved', state: 'saved' });
    expect(editor('lr').readOnly).toBe(false);
  });
});

describe('steps', () => {
  const source = '%%session step train --in lr --out loss\nloss = 1';
  let runs = 0;
  const record = (status: Run['status'], more: Partial<Run> = {}): Run => ({
    id: `run${runs}`,
    step: 'train',
    status,
    start: Date.now() - 4000,
    end: status === 'running' ? null : Date.now(),
    inputs: { lr: { revision: server.rows.get('lr')!.revision, value: server.value('lr')! } },
    outputs: ['loss'],
    source: scanCells([{ id: 'c1', source }])[0]?.body ?? '',
    ...more
  });
  const step = (): HTMLElement => screen.getByTestId('step');
  const state = (): string | null => step().getAttribute('data-state');

  async function show(): Promise<FakeNotebook> {
    server.set('lr', 0.1, { kind: 'panel' });
    const notebook = new FakeNotebook();
    notebook.sources = [{ id: 'c1', source }];
    notebook.effect = () => {
      runs++;
      server.record(record('running'));
      server.set('loss', 1 + runs, { kind: 'step', step: 'train' });
      server.set('epoch', 60, { kind: 'step', step: 'train' });
      server.record(record('done'));
    };
    await showSession(server, notebook);
    return notebook;
  }

  test('of the notebook are there before their first run, and as they are written', async () => {
    const notebook = await show();
    expect(state()).toBe('new');
    expect(step().textContent).toContain('not run yet');
    await doing(() =>
      notebook.write([...notebook.sources, { id: 'c2', source: '#| step: eval(loss)' }])
    );
    expect(screen.getAllByTestId('step').map(each => each.dataset.name)).toEqual(['train', 'eval']);
  });

  test('run after a flush, and are fresh by their record', async () => {
    const notebook = await show();
    await type('lr', '0.2');
    const { effect } = notebook;
    const seen: unknown[] = [];
    notebook.effect = id => {
      seen.push(server.value('lr'));
      effect(id);
    };
    await click(screen.getByTestId('step-run'));
    expect(seen).toEqual([0.2]);
    expect(notebook.ran).toEqual(['c1']);
    expect(state()).toBe('fresh');
    await type('lr', '0.3');
    await press('lr', 'Enter');
    expect(state()).toBe('stale');
    expect(row('loss').getAttribute('data-state')).toBe('stale');
    // No output that was declared: the step wrote it while it ran.
    expect(row('epoch').getAttribute('data-state')).toBe('stale');
    expect(step().textContent).toContain('lr changed');
    await click(screen.getByTestId('run-all'));
    expect(state()).toBe('fresh');
    expect(screen.getByTestId('run-all').getAttribute('aria-disabled')).toBe('true');
  });

  test('do not start on what could not be saved: Run with, or Retry', async () => {
    const notebook = await show();
    await type('lr', '0,01');
    await click(screen.getByTestId('step-run'));
    expect(notebook.ran).toEqual([]);
    expect(screen.getByTestId('step-trouble').textContent).toContain('lr: “0,01” cannot be saved');
    expect(screen.getByTestId('step-run-anyway').textContent).toBe('Run with 0.1');
    await type('lr', '0.01');
    await click(screen.getByTestId('step-retry'));
    expect(notebook.ran).toEqual(['c1']);
    expect(server.value('lr')).toBe(0.01);
    expect(screen.queryByTestId('step-trouble')).toBeNull();
  });

  test('that the head could not start are told of there, and all go on from there', async () => {
    const notebook = await show();
    await doing(() =>
      notebook.write([...notebook.sources, { id: 'c2', source: '#| step: eval()' }])
    );
    await type('lr', '0,01');
    await click(screen.getByTestId('run-all'));
    expect(notebook.ran).toEqual([]);
    expect(screen.getAllByTestId('step-trouble')).toHaveLength(1);
    const card = within(screen.getByTestId('stopped'));
    expect(card.getByTestId('step-trouble').textContent).toContain('lr: “0,01” cannot be saved');
    await click(card.getByTestId('step-run-anyway'));
    expect(notebook.ran).toEqual(['c1', 'c2']);
    expect(screen.queryByTestId('stopped')).toBeNull();
  });

  test('whose input is late offer what is saved, not what is shown', async () => {
    await show();
    server.losesMutates = true;
    await type('lr', '0.9');
    await click(screen.getByTestId('step-run'));
    await pass(2500);
    expect(screen.getByTestId('step-trouble').textContent).toContain('Not saved yet: lr.');
    expect(screen.getByTestId('step-run-anyway').textContent).toBe('Run with 0.1');
  });

  test('Run with takes what is saved', async () => {
    const notebook = await show();
    await type('lr', '0,01');
    await click(screen.getByTestId('step-run'));
    await click(screen.getByTestId('step-run-anyway'));
    expect(notebook.ran).toEqual(['c1']);
    expect(state()).toBe('fresh');
  });

  test('that fail say why, and stop the rest', async () => {
    const notebook = await show();
    await doing(() =>
      notebook.write([...notebook.sources, { id: 'c2', source: '#| step: eval()' }])
    );
    notebook.effect = () => {
      runs++;
      server.record(
        record('failed', { error: { type: 'ValueError', message: 'no data', line: 4 } })
      );
    };
    await click(screen.getByTestId('run-all'));
    expect(notebook.ran).toEqual(['c1']);
    expect(screen.getByTestId('step-error').textContent).toBe('ValueError: no data in line 4');
  });

  test('that record nothing are not taken for done', async () => {
    const notebook = await show();
    notebook.effect = () => undefined;
    await click(screen.getByTestId('step-run'));
    await pass(4000);
    expect(state()).toBe('new');
    expect(screen.getByTestId('step-trouble').textContent).toContain('%load_ext session_state_ext');
  });

  test('without a kernel say so', async () => {
    const notebook = await show();
    notebook.hasKernel = false;
    await click(screen.getByTestId('step-run'));
    await settle();
    expect(screen.getByTestId('step-trouble').textContent).toContain('no kernel');
  });

  test('hold back what is typed into a field they read, and say so there', async () => {
    await show();
    await doing(() => server.record(record('running')));
    await type('lr', '0.2');
    expect(screen.getByTestId('row-held').textContent).toBe('waits for train · Enter sends it');
    expect(light()).toEqual({ text: '1 edit waits', state: 'waiting' });
    await press('lr', 'Enter');
    expect(screen.queryByTestId('row-held')).toBeNull();
    expect(light().state).toBe('saved');
    expect(server.value('lr')).toBe(0.2);
  });

  test.each(['failed', 'interrupted'] as const)('that %s leave their outputs marked', async end => {
    const notebook = await show();
    await click(screen.getByTestId('step-run'));
    expect(row('loss').getAttribute('data-state')).toBe('saved');
    notebook.effect = () => {
      runs++;
      server.record(record(end));
    };
    await click(screen.getByTestId('step-run'));
    expect(state()).toBe(end);
    expect(row('loss').getAttribute('data-state')).toBe('stale');
  });

  test('that run are stopped where they were started, not by the second of two clicks', async () => {
    const notebook = await show();
    let stops = 0;
    const interrupt = (): Promise<void> => {
      stops++;
      return Promise.resolve();
    };
    Object.assign(notebook, { interrupt });
    await doing(() => server.record(record('running')));
    expect(screen.queryByTestId('run-all')).toBeNull();
    const stop = screen.getByTestId('head-stop');
    await doing(() => void fireEvent.click(stop, { detail: 2 }));
    expect(stops).toBe(0);
    await click(stop);
    expect(stops).toBe(1);
    await doing(() => server.record(record('interrupted')));
    expect(screen.getByTestId('run-all').textContent).toBe('Run 1');
  });

  test('started elsewhere are running here, and the pill ends with them', async () => {
    await show();
    await doing(() => server.record(record('running')));
    expect(state()).toBe('running');
    await doing(() => server.record(record('interrupted')));
    expect(state()).toBe('interrupted');
  });
});
