import { fireEvent, screen, within } from '@testing-library/react';

import { FakeServer } from './fakeserver';
import { doing, editor, row, showSession } from './showsession';

const VALUES = { alpha: 1, 'model.depth': 3, 'model.lr': 0.1, note: 'x' };

beforeEach(async () => {
  const server = new FakeServer();
  Object.entries(VALUES).forEach(([name, value]) => server.set(name, value));
  await showSession(server);
});

const menu = (name: string): HTMLElement => within(row(name)).getByTestId('row-menu');

async function walk(key: string, more = {}): Promise<void> {
  await doing(() => void fireEvent.keyDown(document.activeElement!, { key, ...more }));
}

test('the arrow down leads from the filter to the first row and on, also over the titles between', async () => {
  screen.getByTestId('filter').focus();
  await walk('ArrowDown');
  expect(document.activeElement).toBe(menu('alpha'));
  await walk('ArrowDown');
  expect(document.activeElement).toBe(screen.getByTestId('prefix'));
  await walk('ArrowDown');
  expect(document.activeElement).toBe(menu('model.depth'));
  await walk('ArrowUp');
  await walk('ArrowUp');
  expect(document.activeElement).toBe(menu('alpha'));
  await walk('ArrowUp');
  expect(document.activeElement).toBe(screen.getByTestId('filter'));
});

test('End and Home lead to the last row and the first, and from the last one goes nowhere', async () => {
  menu('model.lr').focus();
  await walk('End');
  expect(document.activeElement).toBe(menu('note'));
  await walk('ArrowDown');
  expect(document.activeElement).toBe(menu('note'));
  await walk('Home');
  expect(document.activeElement).toBe(menu('alpha'));
});

test('rows that are put away are passed over', async () => {
  await doing(() => void fireEvent.click(screen.getByTestId('prefix')));
  screen.getByTestId('prefix').focus();
  await walk('ArrowDown');
  expect(document.activeElement).toBe(menu('note'));
});

test('an arrow in a field is the field’s own, and one with another key is not for walking', async () => {
  editor('note').focus();
  await walk('ArrowDown');
  expect(document.activeElement).toBe(editor('note'));
  menu('alpha').focus();
  for (const held of ['altKey', 'ctrlKey', 'metaKey', 'shiftKey']) {
    await walk('ArrowDown', { [held]: true });
    expect(document.activeElement).toBe(menu('alpha'));
  }
});
