import { Selection } from '../selection';

let selection: Selection;

beforeEach(() => {
  selection = new Selection();
  selection.show(['a', 'b', 'c', 'd']);
});

function names(): string[] {
  return [...selection.getState().names];
}

test('nothing can be ticked before somebody wants to', () => {
  expect(selection.getState().isOn).toBe(false);
  selection.start();
  expect(selection.getState()).toEqual({ isOn: true, names: new Set() });
});

test('a stretch goes from the row that was chosen last', () => {
  selection.toggle('b');
  selection.extend('d');
  expect(names()).toEqual(['b', 'c', 'd']);
  selection.toggle('c');
  selection.extend('a');
  expect(names().sort()).toEqual(['a', 'b', 'c', 'd']);
});

test('a stretch without a beginning is one row', () => {
  selection.extend('c');
  expect(names()).toEqual(['c']);
});

test('all, and then none', () => {
  selection.all();
  expect(names()).toEqual(['a', 'b', 'c', 'd']);
  selection.all();
  expect(names()).toEqual([]);
});

test('ending forgets it', () => {
  selection.toggle('a');
  selection.end();
  expect(selection.getState()).toEqual({ isOn: false, names: new Set() });
});
