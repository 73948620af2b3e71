import { act, fireEvent, screen, within } from '@testing-library/react';

import { parseJson, stringifyJson, type Json } from '../json';
import { FakeServer, settle } from './fakeserver';
import {
  click,
  doing,
  editor,
  light,
  names,
  pick,
  press,
  row,
  showSession,
  type
} from './showsession';

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

function text(name: string): string {
  return stringifyJson(server.value(name)!);
}

async function open(name: string, value: Json): Promise<void> {
  server.set(name, value);
  await showSession(server);
  await click(editor(name));
}

function node(pointer: string): HTMLElement {
  const found = screen
    .getAllByTestId('tree-item')
    .find(each => each.getAttribute('data-pointer') === pointer);
  if (found === undefined) {
    throw new Error(`There is no line ${pointer}.`);
  }
  return found;
}

async function key(target: HTMLElement, name: string, more = {}): Promise<void> {
  await doing(() => void fireEvent.keyDown(target, { key: name, ...more }));
}

async function fill(field: HTMLElement, typed: string): Promise<void> {
  await doing(() => void fireEvent.change(field, { target: { value: typed } }));
}

describe('a tree', () => {
  const VALUE = parseJson('{"model": {"lr": 0.10, "deep": true}, "folds": [1, 2, 3]}');

  test('opens and closes, and is walked with arrows', async () => {
    await open('space', VALUE);
    const tree = screen.getByRole('tree', { name: 'space' });
    expect(within(tree).getAllByRole('treeitem')).toHaveLength(2);
    await key(node('/model'), 'ArrowRight');
    expect(node('/model').getAttribute('aria-expanded')).toBe('true');
    await key(tree, 'ArrowDown');
    expect(document.activeElement).toBe(node('/model/lr'));
    expect(node('/model/lr').getAttribute('aria-level')).toBe('2');
    await key(tree, 'ArrowLeft');
    expect(document.activeElement).toBe(node('/model'));
    await key(tree, 'End');
    expect(document.activeElement).toBe(node('/folds'));
  });

  test('a leaf is edited in its place: a patch, and no other digit changes', async () => {
    await open('space', VALUE);
    await key(node('/model'), 'ArrowRight');
    await key(node('/model'), 'ArrowDown');
    await key(node('/model/lr'), 'Enter');
    const field = screen.getByTestId('place');
    expect((field as HTMLInputElement).value).toBe('0.10');
    await fill(field, '0.2');
    await key(field, 'Enter');
    expect(server.received.join()).toContain('{"op":"replace","path":"/model/lr","value":0.2}');
    expect(text('space')).toBe('{"model":{"lr":0.2,"deep":true},"folds":[1,2,3]}');
    expect(document.activeElement).toBe(node('/model/lr'));
  });

  test('what is typed goes out while the field is open, and Escape takes it back', async () => {
    await open('space', { lr: 0.1 });
    await key(node('/lr'), 'Enter');
    await fill(screen.getByTestId('place'), '0.7');
    await pass(500);
    expect(server.value('space')).toEqual({ lr: 0.7 });
    await key(screen.getByTestId('place'), 'Escape');
    expect(server.value('space')).toEqual({ lr: 0.1 });
    expect(screen.queryByTestId('place')).toBeNull();
  });

  test('what is no number stays in the field, with a sentence, and is not sent', async () => {
    await open('space', { lr: 0.1 });
    await key(node('/lr'), 'Enter');
    await fill(screen.getByTestId('place'), '0,5');
    await key(screen.getByTestId('place'), 'Enter');
    expect(screen.getByTestId('problem').textContent).toBe('Use a point: 0.5.');
    await pass(5000);
    expect(server.mutates).toHaveLength(0);
    await fill(screen.getByTestId('place'), '0.5');
    await key(screen.getByTestId('place'), 'Enter');
    expect(server.value('space')).toEqual({ lr: 0.5 });
  });

  test('a branch with a field that is not valid stays open', async () => {
    await open('space', { model: { lr: 0.1 } });
    await key(node('/model'), 'ArrowRight');
    await key(node('/model/lr'), 'Enter');
    await fill(screen.getByTestId('place'), '0,5');
    await key(screen.getByTestId('place'), 'Enter');
    await key(node('/model'), 'ArrowLeft');
    await click(within(row('space')).getByTestId('editor-json'));
    expect(screen.getByTestId<HTMLInputElement>('place').value).toBe('0,5');
    await key(screen.getByTestId('place'), 'Escape');
    await key(node('/model'), 'ArrowLeft');
    expect(node('/model').getAttribute('aria-expanded')).toBe('false');
  });

  test('keys are added, renamed and removed, and removing is taken back', async () => {
    await open('space', { a: 1 });
    await click(screen.getByTestId('tree-add'));
    const field = screen.getByTestId('tree-key');
    await fill(field, 'a');
    await key(field, 'Enter');
    expect(screen.getByTestId('problem').textContent).toBe('There is a key of this name.');
    await fill(field, 'b');
    await key(field, 'Enter');
    expect(server.value('space')).toEqual({ a: 1, b: null });
    await key(node('/a'), 'Delete');
    expect(server.value('space')).toEqual({ b: null });
    await click(screen.getByTestId('notice-action'));
    expect(server.value('space')).toEqual({ b: null, a: 1 });
  });

  test('items move with Alt and an arrow', async () => {
    await open('space', { l: ['a', 'b'] });
    await key(node('/l'), 'ArrowRight');
    await key(node('/l'), 'ArrowDown');
    await key(node('/l/0'), 'ArrowDown', { altKey: true });
    expect(server.value('space')).toEqual({ l: ['b', 'a'] });
    expect(document.activeElement).toBe(node('/l/1'));
  });

  test('a switch in it is one click, and the menu has it all', async () => {
    await open('space', { deep: true });
    await click(within(node('/deep')).getByRole('checkbox'));
    expect(server.value('space')).toEqual({ deep: false });
    await pick(within(node('/deep')).getByTestId('tree-menu'), 'tree-remove');
    expect(server.value('space')).toEqual({});
  });

  test('what stands at a place is copied, and the way to it, by readers, too', async () => {
    const writeText = vi.fn(() => Promise.resolve());
    vi.stubGlobal('navigator', { clipboard: { writeText } });
    server.readOnly = true;
    await open('the space', parseJson('{"a \\"b\\"": [1, {"lr": 0.10, "note": "two\\nlines"}]}'));
    await key(node('/a "b"'), 'ArrowRight');
    await key(node('/a "b"/1'), 'ArrowRight');
    const menu = (pointer: string): HTMLElement => within(node(pointer)).getByTestId('tree-menu');
    await pick(menu('/a "b"/1/lr'), 'tree-path');
    expect(writeText).toHaveBeenLastCalledWith('session["the space"]["a \\"b\\""][1]["lr"]');
    await pick(menu('/a "b"/1/lr'), 'tree-copy');
    expect(writeText).toHaveBeenLastCalledWith('0.10');
    await pick(menu('/a "b"/1/note'), 'tree-copy');
    expect(writeText).toHaveBeenLastCalledWith('two\nlines');
    const setData = vi.fn();
    await doing(() => void fireEvent.copy(node('/a "b"/1'), { clipboardData: { setData } }));
    expect(setData).toHaveBeenCalledWith('text/plain', '{"lr":0.10,"note":"two\\nlines"}');
    expect(document.querySelector('[data-testid="menu-tree-remove"]')).toBeNull();
  });

  test('is found as it was left when its row comes back into view', async () => {
    await open('space', VALUE);
    await key(node('/model'), 'ArrowRight');
    const filter = screen.getByTestId('filter');
    await fill(filter, 'nothing');
    expect(screen.queryByRole('tree')).toBeNull();
    await fill(filter, '');
    expect(node('/model/lr')).toBeTruthy();
    expect(document.activeElement).not.toBe(node('/model'));
  });

  test('a reader walks it and changes nothing', async () => {
    server.readOnly = true;
    await open('space', { deep: true, lr: 1 });
    await key(node('/lr'), 'Enter');
    await key(node('/lr'), 'Delete');
    expect(screen.queryByTestId('place')).toBeNull();
    expect(screen.queryByRole('checkbox')).toBeNull();
    expect(server.mutates).toHaveLength(0);
  });
});

describe('a table', () => {
  const RECORDS: Json = [
    { who: 'ann', n: 1 },
    { who: 'bob', n: 2 }
  ];

  function cells(): string[][] {
    return screen
      .getAllByRole('row')
      .slice(1)
      .map(each =>
        within(each)
          .getAllByRole('gridcell')
          .map(cell => cell.textContent ?? '')
      );
  }

  async function goTo(r: number, c: number): Promise<void> {
    const cell = within(screen.getAllByRole('row')[r + 1]!).getAllByRole('gridcell')[c]!;
    await doing(() => cell.focus());
  }

  const grid = (): HTMLElement => screen.getByRole('grid');

  test('a cell is typed over, Enter goes down, and the type stays', async () => {
    await open('people', RECORDS);
    expect(cells()).toEqual([
      ['ann', '1'],
      ['bob', '2']
    ]);
    await goTo(0, 1);
    await key(grid(), '7');
    const field = screen.getByTestId('place');
    await fill(field, '7x');
    await key(field, 'Enter');
    expect(screen.getByTestId('problem').textContent).toBe('Not a number.');
    await fill(field, '75');
    await key(field, 'Enter');
    expect(server.value('people')).toEqual([
      { who: 'ann', n: 75 },
      { who: 'bob', n: 2 }
    ]);
    await key(grid(), 'Enter');
    expect(screen.getByTestId<HTMLInputElement>('place').value).toBe('2');
  });

  test('rows are added and deleted, and deleting is taken back', async () => {
    await open('people', RECORDS);
    await click(screen.getByTestId('add-row'));
    expect(server.value('people')).toHaveLength(3);
    await goTo(0, 0);
    await click(screen.getByTestId('delete-row'));
    expect(cells().map(each => each[0])).toEqual(['bob', 'null']);
    await click(screen.getByTestId('notice-action'));
    expect(cells().map(each => each[0])).toEqual(['ann', 'bob', 'null']);
  });

  test('a piece of a spreadsheet is pasted, and makes rows as it needs them', async () => {
    await open('people', RECORDS);
    await goTo(1, 0);
    const clipboardData = { getData: () => 'cy\t3\r\n"d\tq"\t4.50\tmore\r\n' };
    await doing(() => void fireEvent.paste(grid(), { clipboardData }));
    expect(text('people')).toBe(
      '[{"who":"ann","n":1},{"who":"cy","n":3},{"who":"d\\tq","n":4.50}]'
    );
    expect(screen.getByTestId('notice').firstChild!.textContent).toBe(
      'Pasted into people. 1 column beyond the last one was left out.'
    );
    await click(screen.getByTestId('notice-action'));
    expect(server.value('people')).toEqual(RECORDS);
  });

  async function paste(pasted: string): Promise<void> {
    await doing(() => void fireEvent.paste(grid(), { clipboardData: { getData: () => pasted } }));
  }

  const said = (): string | null => screen.getByTestId('notice').firstChild!.textContent;

  test('cells that are pasted and hold no number are counted, and are numbers with points', async () => {
    await open('people', RECORDS);
    await goTo(0, 1);
    await paste('1,5\n2,25\nfew\n');
    expect(text('people')).toBe(
      '[{"who":"ann","n":"1,5"},{"who":"bob","n":"2,25"},{"who":null,"n":"few"}]'
    );
    expect(said()).toBe('Pasted into people. 3 cells hold no number, such as “1,5”.');
    await pass(60_000);
    await click(screen.getByTestId('notice-other'));
    expect(text('people')).toBe(
      '[{"who":"ann","n":1.5},{"who":"bob","n":2.25},{"who":null,"n":"few"}]'
    );
    expect(said()).toBe('Pasted into people. 1 cell holds no number, such as “few”.');
    expect(screen.queryByTestId('notice-other')).toBeNull();
    await click(screen.getByTestId('notice-action'));
    expect(server.value('people')).toEqual(RECORDS);
  });

  test('several cells are pasted as cells into one that is open, too; one goes into its field', async () => {
    await open('people', RECORDS);
    await goTo(0, 0);
    await key(grid(), 'Enter');
    const field = screen.getByTestId('place');
    await doing(() => void fireEvent.paste(field, { clipboardData: { getData: () => 'dan' } }));
    expect(screen.getByTestId('place')).toBe(field);
    const clipboardData = { getData: () => 'dan\t7\neve\t8' };
    await doing(() => void fireEvent.paste(field, { clipboardData }));
    expect(server.value('people')).toEqual([
      { who: 'dan', n: 7 },
      { who: 'eve', n: 8 }
    ]);
    expect(screen.queryByTestId('place')).toBeNull();
  });

  test('cells that are pasted into a matrix and hold no number are told of, too', async () => {
    await open('grid', [
      [1, 2],
      [3, 4]
    ]);
    await goTo(1, 0);
    await paste('5\t6,5\n\t8');
    expect(server.value('grid')).toEqual([
      [1, 2],
      [5, '6,5'],
      [null, 8]
    ]);
    expect(said()).toBe('Pasted into grid. 2 cells hold no number, such as “6,5”.');
    await click(screen.getByTestId('notice-action'));
    expect(server.value('grid')).toEqual([
      [1, 2],
      [3, 4]
    ]);
  });

  test('a pasted cell has the type of its column, and a blank one is none', async () => {
    await open('people', [
      { who: 'ann', n: null, at: { $localDate: '2026-11-22' }, old: true },
      { who: 'bob', n: 2, at: null, old: false }
    ]);
    await goTo(0, 0);
    await paste('7\t3\t2026-01-02\tFALSE\n\t\t\tyes');
    expect(server.value('people')).toEqual([
      { who: '7', n: 3, at: { $localDate: '2026-01-02' }, old: false },
      { who: '', n: null, at: null, old: 'yes' }
    ]);
    expect(said()).toBe('Pasted into people. 1 cell does not fit its column, such as “yes”.');
  });

  test('of 1,000 rows a page is in the page', async () => {
    await open(
      'many',
      [...Array(1000).keys()].map(n => ({ n }))
    );
    expect(screen.getAllByRole('row').length).toBeLessThan(20);
    expect(grid().getAttribute('aria-rowcount')).toBe('1001');
    await click(screen.getByTestId('rows-after'));
    expect(cells()[0]).toEqual(['12']);
    await key(grid(), 'End', { ctrlKey: true });
    expect(cells().at(-1)).toEqual(['999']);
  });

  test('a part of it is copied, or all of it with its names', async () => {
    const writeText = vi.fn(() => Promise.resolve());
    vi.stubGlobal('navigator', { clipboard: { writeText } });
    server.readOnly = true;
    await open('people', RECORDS);
    const copied = async (): Promise<unknown> => {
      const setData = vi.fn();
      await doing(() => void fireEvent.copy(grid(), { clipboardData: { setData } }));
      return setData.mock.lastCall?.[1];
    };
    await goTo(0, 1);
    expect(await copied()).toBe('1');
    await key(grid(), 'ArrowDown', { shiftKey: true });
    expect(await copied()).toBe('1\n2');
    await key(grid(), 'ArrowLeft', { shiftKey: true });
    expect(await copied()).toBe('ann\t1\nbob\t2');
    expect(screen.getAllByRole('gridcell', { selected: true })).toHaveLength(4);
    await key(grid(), 'ArrowUp');
    expect(await copied()).toBe('ann');
    await key(grid(), 'a', { ctrlKey: true });
    expect(await copied()).toBe('ann\t1\nbob\t2');
    await pick(screen.getByTestId('value-menu'), 'table-copy');
    expect(writeText).toHaveBeenCalledWith('who\tn\nann\t1\nbob\t2');
  });

  test('is sorted by a column to be looked at: a cell is written where it belongs', async () => {
    await open('people', [...RECORDS, { who: 'cy', n: 0 }]);
    const header = (): HTMLElement => screen.getByRole('columnheader', { name: /^n/ });
    await click(header());
    expect(cells().map(each => each[0])).toEqual(['cy', 'ann', 'bob']);
    expect(header().getAttribute('aria-sort')).toBe('ascending');
    expect(server.mutates).toHaveLength(0);
    await goTo(0, 1);
    await key(grid(), '9');
    await key(screen.getByTestId('place'), 'Enter');
    expect(server.value('people')).toEqual([...RECORDS, { who: 'cy', n: 9 }]);
    expect(cells().map(each => each[0])).toEqual(['cy', 'ann', 'bob']);
    await goTo(1, 0);
    await click(screen.getByTestId('delete-row'));
    expect(cells().map(each => each[0])).toEqual(['bob', 'cy']);
    await click(screen.getByTestId('notice-action'));
    await click(header());
    expect(cells().map(each => each[0])).toEqual(['cy', 'bob', 'ann']);
    await doing(() => void fireEvent.paste(grid(), { clipboardData: { getData: () => 'x\ty' } }));
    expect(screen.getByTestId('notice').textContent).toContain('take the sorting away first');
    await click(screen.getByTestId('notice-action'));
    expect(cells().map(each => each[0])).toEqual(['ann', 'bob', 'cy']);
    expect(header().getAttribute('aria-sort')).toBeNull();
  });

  test('any row is gone to, and pages may be long', async () => {
    await open(
      'many',
      [...Array(1000).keys()].map(n => ({ n }))
    );
    await click(screen.getByTestId('rows-place'));
    await fill(screen.getByTestId('rows-jump'), 'x');
    await key(screen.getByTestId('rows-jump'), 'Enter');
    expect(screen.getByTestId('rows-jump').getAttribute('aria-invalid')).toBe('true');
    await fill(screen.getByTestId('rows-jump'), '700');
    await key(screen.getByTestId('rows-jump'), 'Enter');
    expect(document.activeElement?.textContent).toBe('700');
    await pick(screen.getByTestId('value-menu'), 'table-page');
    expect(cells()).toHaveLength(50);
    expect(cells()[0]).toEqual(['700']);
  });

  test('a page with a cell that is not valid is not turned', async () => {
    await open(
      'many',
      [...Array(30).keys()].map(n => ({ n }))
    );
    await goTo(0, 0);
    await key(grid(), 'Enter');
    await fill(screen.getByTestId('place'), '0,5');
    await click(screen.getByTestId('rows-after'));
    expect(screen.getByTestId<HTMLInputElement>('place').value).toBe('0,5');
    expect(cells()[1]).toEqual(['1']);
    await key(screen.getByTestId('place'), 'Escape');
    await click(screen.getByTestId('rows-after'));
    expect(cells()[0]).toEqual(['12']);
  });

  test('a frame says its types, and is not typed into', async () => {
    await open(
      'frame',
      parseJson(
        '{"$dataframe": {"columns": [{"name": "lr", "dtype": "float64", "data": [0.50, null]}], "index": {"name": null, "range": [0, 2, 1]}}}'
      )
    );
    expect(within(row('frame')).getByTestId('type').textContent).toBe('DataFrame 2x1');
    expect(screen.getByRole('columnheader', { name: /lr/ }).textContent).toBe('lrfloat64');
    expect(cells()).toEqual([['0.50'], ['NaN']]);
    await key(grid(), 'Enter');
    expect(screen.queryByTestId('place')).toBeNull();
  });
});

describe('scalars', () => {
  test('a date is text that is checked', async () => {
    server.set('at', { $date: '2026-01-02T03:04:05' });
    await showSession(server);
    expect(within(row('at')).getByTestId('type').textContent).toBe('datetime');
    expect(editor('at').value).toBe('2026-01-02 03:04:05');
    await type('at', '2026-02-30 10:00');
    expect(within(row('at')).getByTestId('problem').textContent).toBe(
      'Not a datetime: write it like 2026-11-22 19:00:00.'
    );
    await type('at', '2026-02-28 10:00');
    await press('at', 'Enter');
    expect(server.value('at')).toEqual({ $date: '2026-02-28T10:00:00' });
  });

  test('a number may become NaN and a number again, in one field', async () => {
    server.set('loss', 0.5);
    await showSession(server);
    const field = editor('loss');
    await type('loss', 'nan');
    await press('loss', 'Enter');
    expect(server.value('loss')).toEqual({ $numberDouble: 'NaN' });
    expect(editor('loss')).toBe(field);
    await type('loss', '2.0');
    await press('loss', 'Enter');
    expect(text('loss')).toBe('2.0');
  });

  test('a picture is an image, and only of PNG', async () => {
    const png =
      'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAEElEQVR4nGNQaPgAQQxwFgBY9Alh/Z7kGAAAAABJRU5ErkJggg==';
    server.set('good', { $image: { png, width: 3, height: 2 } });
    server.set('bad', { $image: { png: btoa('<svg onload="alert(1)">'), width: 3, height: 2 } });
    await showSession(server);
    const image = within(row('good')).getByRole('img', { name: 'good: picture, 3 × 2 pixels' });
    expect(image.getAttribute('src')).toBe(`data:image/png;base64,${png}`);
    expect(row('bad').querySelector('img')).toBeNull();
  });

  test('a text of 1 MiB is shown by its beginning until somebody opens it', async () => {
    server.set('log', 'x'.repeat(1_000_000));
    await showSession(server);
    expect(row('log').textContent!.length).toBeLessThan(1000);
    await click(editor('log'));
    expect(editor('log').value).toHaveLength(1_000_000);
  });
});

describe('what is typed into a large value', () => {
  const LOG = 'x'.repeat(200_000);
  const length = (): number => (server.value('log') as string).length;

  beforeEach(async () => {
    await open('log', LOG);
    await doing(() => editor('log').focus());
  });

  test('is sent when typing pauses', async () => {
    await type('log', `${LOG}y`);
    expect(light().state).toBe('saving');
    await pass(1400);
    await type('log', `${LOG}yz`);
    await pass(1400);
    expect(server.mutates).toHaveLength(0);
    await pass(100);
    expect(length()).toBe(200_002);
    expect(light().state).toBe('saved');
    expect(editor('log').value).toHaveLength(200_002);
  });

  test('is sent when the field is left, and when a cell asks for it', async () => {
    await type('log', `${LOG}y`);
    await doing(() => server.deliver({ type: 'flush', id: 'q' }));
    expect(length()).toBe(200_001);
    await type('log', `${LOG}yz`);
    await doing(() => editor('log').blur());
    expect(length()).toBe(200_002);
    await type('log', `${LOG}yzz`);
    await doing(
      () => void fireEvent.change(screen.getByTestId('filter'), { target: { value: 'none' } })
    );
    expect(names()).toEqual([]);
    await pass(500);
    expect(length()).toBe(200_003);
  });

  test('is taken back by Escape, sent or not', async () => {
    await type('log', `${LOG}y`);
    await press('log', 'Escape');
    expect(editor('log').value).toBe(LOG);
    await pass(5000);
    expect(server.mutates).toHaveLength(0);
    await type('log', `${LOG}y`);
    await pass(5000);
    expect(length()).toBe(200_001);
    await press('log', 'Escape');
    expect(length()).toBe(200_000);
  });

  test('goes with a variable that is deleted elsewhere', async () => {
    await type('log', `${LOG}y`);
    await doing(() => server.write([{ op: 'delete', name: 'log' }]));
    await pass(5000);
    expect(names()).toEqual([]);
    expect(server.mutates).toHaveLength(0);
    expect(light().state).toBe('saved');
  });
});

test('what is typed into a cell of a large table is sent when the cell is left', async () => {
  await open(
    'table',
    [...Array(3000).keys()].map(n => ({ n, text: 'x'.repeat(40) }))
  );
  const [cell] = screen.getAllByRole('gridcell');
  await doing(() => cell!.focus());
  await key(screen.getByRole('grid'), 'Enter');
  await fill(screen.getByTestId('place'), '0,5');
  await pass(1000);
  expect(light().state).toBe('saving');
  await key(screen.getByTestId('place'), 'Tab');
  expect(screen.getByTestId('problem').textContent).toBe('Use a point: 0.5.');
  await fill(screen.getByTestId('place'), '0.5');
  expect(server.mutates).toHaveLength(0);
  await key(screen.getByTestId('place'), 'Enter');
  expect((server.value('table') as { n: number }[])[0]!.n).toBe(0.5);
});

describe('several rows', () => {
  beforeEach(async () => {
    for (const name of ['a', 'b', 'c']) {
      server.set(name, 1);
    }
    await showSession(server);
  });

  const boxes = (): HTMLInputElement[] => screen.queryAllByTestId<HTMLInputElement>('select');

  test('are ticked on demand, a stretch with Shift, and deleted with one way back', async () => {
    expect(boxes()).toHaveLength(0);
    await pick(screen.getByTestId('panel-menu'), 'select');
    await click(boxes()[0]!);
    await doing(() => void fireEvent.click(boxes()[1]!, { shiftKey: true }));
    expect(boxes().map(each => each.checked)).toEqual([true, true, false]);
    await click(screen.getByTestId('selection-delete'));
    expect(names()).toEqual(['c']);
    expect([...server.rows.keys()]).toEqual(['c']);
    expect(boxes()).toHaveLength(0);
    await click(screen.getByTestId('notice-action'));
    expect([...server.rows.keys()].sort()).toEqual(['a', 'b', 'c']);
  });

  test('all of them with Ctrl+A, Delete deletes, Escape ends', async () => {
    await key(screen.getByTestId('rows'), 'a', { ctrlKey: true });
    expect(boxes().every(each => each.checked)).toBe(true);
    await key(screen.getByTestId('rows'), 'Escape');
    expect(boxes()).toHaveLength(0);
    await key(screen.getByTestId('rows'), 'a', { ctrlKey: true });
    await key(screen.getByTestId('rows'), 'Delete');
    expect(names()).toEqual([]);
  });

  test('Ctrl+A in a field selects its text and no rows', async () => {
    await key(editor('a'), 'a', { ctrlKey: true });
    expect(boxes()).toHaveLength(0);
  });

  test('are locked and unlocked; what is locked is not deleted', async () => {
    await key(screen.getByTestId('rows'), 'a', { ctrlKey: true });
    await click(boxes()[2]!);
    await click(screen.getByTestId('selection-lock'));
    expect(server.rows.get('a')?.spec?.locked).toBe(true);
    expect(server.rows.get('c')?.spec).toBeUndefined();
    await click(boxes()[2]!);
    await click(screen.getByTestId('selection-delete'));
    expect(names()).toEqual(['a', 'b']);
  });

  test('are copied as Python', async () => {
    const writeText = vi.fn(() => Promise.resolve());
    vi.stubGlobal('navigator', { clipboard: { writeText } });
    await key(screen.getByTestId('rows'), 'a', { ctrlKey: true });
    await pick(screen.getByTestId('selection-copy'), 'copy-python');
    expect(writeText).toHaveBeenCalledWith('a = 1\nb = 1\nc = 1');
    vi.unstubAllGlobals();
  });

  test('stand in one’s own order, which this browser keeps and nobody else sees', async () => {
    await key(row('c'), 'ArrowUp', { altKey: true, shiftKey: true });
    expect(names()).toEqual(['a', 'c', 'b']);
    expect(server.mutates).toHaveLength(0);
    await pick(within(row('a')).getByTestId('row-menu'), 'down');
    expect(names()).toEqual(['c', 'a', 'b']);
    await pick(screen.getByTestId('panel-menu'), 'sort-name');
    expect(names()).toEqual(['a', 'b', 'c']);
    await pick(screen.getByTestId('panel-menu'), 'sort-own');
    expect(names()).toEqual(['c', 'a', 'b']);
  });
});

test('names that begin alike stand under a title, which puts them away', async () => {
  for (const name of ['model.lr', 'model.depth', 'alpha']) {
    server.set(name, 1);
  }
  await showSession(server);
  expect(names()).toEqual(['alpha', 'model.depth', 'model.lr']);
  await click(screen.getByTestId('prefix'));
  expect(names()).toEqual(['alpha']);
  expect(screen.getByTestId('prefix').getAttribute('aria-expanded')).toBe('false');
  await pick(screen.getByTestId('panel-menu'), 'group');
  expect(names()).toEqual(['alpha', 'model.depth', 'model.lr']);
});

test('300 rows are deleted as one edit', async () => {
  const rows = new Map(server.rows);
  for (let i = 0; i < 300; i++) {
    const origin = { kind: 'api' as const };
    rows.set(`v${i}`, { name: `v${i}`, value: i, revision: 1, updatedAt: 0, origin });
  }
  server.rows = rows;
  const { client } = await showSession(server);
  let drawn = 0;
  client.subscribe(() => drawn++);
  await key(screen.getByTestId('rows'), 'a', { ctrlKey: true });
  await key(screen.getByTestId('rows'), 'Delete');
  await act(settle);
  expect(server.mutates).toHaveLength(1);
  expect(server.rows.size).toBe(0);
  expect(drawn).toBeLessThan(20);
});
