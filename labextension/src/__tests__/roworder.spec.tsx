import { act, fireEvent, screen, within } from '@testing-library/react';

import { FakeServer } from './fakeserver';
import { doing, editor, names, pick, press, row, showSession, type } from './showsession';

let server: FakeServer;

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
});

async function pass(ms: number): Promise<void> {
  await act(() => vi.advanceTimersByTimeAsync(ms));
}

/** Written one a second: the last one is the newest. */
async function write(values: Record<string, string | number | null>): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    server.set(name, value);
    await pass(1000);
  }
}

async function sort(order: 'changed' | 'type' | 'name'): Promise<void> {
  await pick(screen.getByTestId('panel-menu'), `sort-${order}`);
}

async function leave(): Promise<void> {
  await doing(() => (document.activeElement as HTMLElement).blur());
}

describe('sorted by the last change', () => {
  beforeEach(async () => {
    await write({ a: 1, b: 2, c: 3 });
    await showSession(server);
    await sort('changed');
  });

  test('the newest is the first', async () => {
    expect(names()).toEqual(['c', 'b', 'a']);
    await doing(() => server.set('a', 9));
    expect(names()).toEqual(['a', 'c', 'b']);
  });

  test('a row that is typed into stays where it is, saved or not, until it is left', async () => {
    const field = editor('a');
    await type('a', '78');
    expect(names()).toEqual(['c', 'b', 'a']);
    await pass(2000);
    expect(server.value('a')).toBe(78);
    expect(names()).toEqual(['c', 'b', 'a']);
    expect(document.activeElement).toBe(field);
    await press('a', 'Enter');
    expect(names()).toEqual(['c', 'b', 'a']);
    await leave();
    expect(names()).toEqual(['a', 'c', 'b']);
  });

  test('nothing moves under one’s hands when others write, and what is new comes first', async () => {
    await doing(() => editor('b').focus());
    await pass(1000);
    await doing(() => server.set('a', 9));
    await pass(1000);
    await doing(() => server.set('d', 4));
    expect(names()).toEqual(['d', 'c', 'b', 'a']);
    await doing(() => editor('c').focus());
    expect(names()).toEqual(['d', 'c', 'b', 'a']);
    await leave();
    expect(names()).toEqual(['d', 'a', 'c', 'b']);
  });

  test('a row that was left before its edit arrived stays until it has', async () => {
    server.losesAnswers = true;
    await type('a', '78');
    await leave();
    expect(row('a').getAttribute('data-state')).toBe('pending');
    expect(names()).toEqual(['c', 'b', 'a']);
    server.losesAnswers = false;
    await doing(() => server.cutAll());
    await pass(5000);
    expect(row('a').getAttribute('data-state')).toBe('saved');
    expect(names()).toEqual(['a', 'c', 'b']);
  });

  test('a row that had the focus when it was deleted leaves it to its neighbour, which stays then', async () => {
    await doing(() => editor('b').focus());
    await doing(() => server.write([{ op: 'delete', name: 'b' }]));
    expect(row('a').contains(document.activeElement)).toBe(true);
    await doing(() => server.set('a', 9));
    expect(names()).toEqual(['c', 'a']);
    await leave();
    expect(names()).toEqual(['a', 'c']);
  });
});

test('sorted by type, a row stays while it becomes another one', async () => {
  await write({ a: null, b: 'text', c: 3 });
  await showSession(server);
  await sort('type');
  expect(names()).toEqual(['a', 'c', 'b']);
  await pick(within(row('a')).getByTestId('row-menu'), 'json');
  await type('a', '"z"');
  await press('a', 'Enter');
  await pass(2000);
  expect(server.value('a')).toBe('z');
  expect(names()).toEqual(['a', 'c', 'b']);
  await leave();
  expect(names()).toEqual(['c', 'a', 'b']);
});

test('a list that becomes a long one does not take the focus away', async () => {
  await write(Object.fromEntries([...Array(58).keys()].map(i => [`v${i}`, i])));
  vi.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(52);
  await showSession(server);
  const field = editor('v57');
  await type('v57', '1');
  await doing(() => ['a', 'b', 'c'].forEach(name => server.set(name, 1)));
  expect(document.activeElement).toBe(field);
  expect(names()).toHaveLength(61);
  await leave();
  expect(names().length).toBeLessThan(61);
});

test('a row that has the focus is in the page wherever the list is scrolled to', async () => {
  const origin = { kind: 'api' as const };
  server.rows = new Map(
    [...Array(200).keys()].map(i => {
      const name = `v${i}`;
      return [name, { name, value: i, revision: 1, updatedAt: i, origin }];
    })
  );
  vi.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(52);
  await showSession(server);
  const scroller = screen.getByTestId('rows').parentElement!;
  const scrollTo = (top: number): Promise<void> =>
    doing(() => {
      scroller.scrollTop = top;
      fireEvent.scroll(scroller);
    });
  const field = editor('v1');
  await doing(() => field.focus());
  await scrollTo(5000);
  expect(names()).toContain('v100');
  expect(document.activeElement).toBe(field);
  await type('v1', '789');
  await press('v1', 'Enter');
  expect(server.value('v1')).toBe(789);
  await leave();
  await scrollTo(5200);
  expect(names()).not.toContain('v1');
});
