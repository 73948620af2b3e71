import { act, fireEvent, screen, within } from '@testing-library/react';

import type { Spec } from '../model';
import { FakeServer } from './fakeserver';
import { doing, editor, light, names, pick, press, row, showSession, type } from './showsession';

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

const RATE: Spec = {
  schema: { type: 'number', minimum: 0, maximum: 1 },
  default: 0.1,
  description: 'learning rate'
};

function menu(name: string): HTMLElement {
  return within(row(name)).getByTestId('row-menu');
}

test('a declared variable shows what it is, and is a parameter whoever wrote it', async () => {
  server.set('loss', 1, { kind: 'step', step: 'train' });
  server.set('lr', 0.5, { kind: 'step', step: 'train' });
  server.declare('lr', RATE);
  await showSession(server);
  expect(names()).toEqual(['lr', 'loss']);
  expect(within(row('lr')).getByTestId('about').textContent).toBe('learning rate');
});

test('its type is what it was declared to be, with or without a value', async () => {
  const declared: Record<string, Spec> = {
    lr: RATE,
    epochs: { schema: { type: 'integer', minimum: 1 } },
    depth: { schema: { type: 'integer', minimum: 1, maximum: 9 }, default: 3 },
    share: { schema: { type: 'number', exclusiveMaximum: 1 } },
    optimizer: { schema: { enum: ['adam', 'sgd', 3] }, default: 'adam' },
    day: { schema: { type: 'string', format: 'date' } },
    on: { schema: { type: 'boolean' } },
    note: { schema: { type: ['string', 'null'] } },
    seed: { schema: { type: 'number' }, default: 1 },
    sizes: { schema: { type: 'array' }, default: [1, 2] }
  };
  Object.entries(declared).forEach(([name, spec]) => server.declare(name, spec));
  server.set('lr', 'a text that came before');
  server.declare('other', { description: 'nothing of its type' });
  await showSession(server);
  const types = Object.fromEntries(
    [...names()].map(name => [name, within(row(name!)).getByTestId('type').textContent])
  );
  expect(types).toEqual({
    lr: 'text',
    epochs: 'integer ≥ 1',
    depth: 'integer 1 – 9',
    share: 'number < 1',
    optimizer: 'one of 3',
    day: 'date',
    on: 'switch',
    note: 'text',
    seed: 'number',
    sizes: '2 numbers',
    other: 'null'
  });
});

test('a number between bounds has a slider', async () => {
  server.declare('lr', RATE);
  await showSession(server);
  const slider = within(row('lr')).getByTestId<HTMLInputElement>('slider');
  expect([slider.min, slider.max, slider.step, slider.value]).toEqual(['0', '1', '0.01', '0.1']);
  expect(within(row('lr')).getByTestId('slider-ends').textContent).toBe('01');
  await doing(() => void fireEvent.change(slider, { target: { value: '0.75' } }));
  expect(editor('lr').value).toBe('0.75');
  await doing(() => void fireEvent.blur(slider));
  expect(server.rows.get('lr')?.value).toBe(0.75);
});

test('a slider is taken back by Escape, sent or not, and saved by Enter', async () => {
  server.declare('lr', RATE);
  await showSession(server);
  const slider = within(row('lr')).getByTestId<HTMLInputElement>('slider');
  const slide = (value: string): Promise<void> =>
    doing(() => {
      slider.focus();
      fireEvent.change(slider, { target: { value } });
    });
  const hit = (name: string): Promise<void> =>
    doing(() => void fireEvent.keyDown(slider, { key: name }));
  await slide('0.5');
  await hit('Escape');
  expect([slider.value, editor('lr').value]).toEqual(['0.1', '0.1']);
  expect(server.mutates).toHaveLength(0);
  await slide('0.5');
  await doing(() => void fireEvent.pointerUp(slider));
  expect(server.value('lr')).toBe(0.5);
  await hit('Escape');
  expect(server.value('lr')).toBe(0.1);
  await slide('0.6');
  await hit('Enter');
  expect(server.value('lr')).toBe(0.6);
  await hit('Escape');
  expect(server.value('lr')).toBe(0.6);
});

test('what a slider is drawn to takes the place of what is not valid beside it', async () => {
  server.declare('lr', RATE);
  await showSession(server);
  await type('lr', '0,5');
  expect(light().state).toBe('invalid');
  const slider = within(row('lr')).getByTestId<HTMLInputElement>('slider');
  await doing(() => void fireEvent.change(slider, { target: { value: '0.75' } }));
  expect(editor('lr').value).toBe('0.75');
  expect(within(row('lr')).queryByTestId('problem')).toBeNull();
  expect(light().state).toBe('saving');
});

test('what is not allowed stays in the field with the sentence, and is not sent', async () => {
  server.declare('lr', RATE);
  await showSession(server);
  await type('lr', '2');
  await press('lr', 'Enter');
  await pass(5000);
  expect(within(row('lr')).getByTestId('problem').textContent).toBe(
    '2 is more than the maximum 1.'
  );
  expect(server.rows.get('lr')?.value).toBe(0.1);
  await type('lr', '0.2');
  await press('lr', 'Enter');
  expect(within(row('lr')).queryByTestId('problem')).toBeNull();
  expect(server.rows.get('lr')?.value).toBe(0.2);
});

test('what only the server can refuse is told in the row', async () => {
  server.declare('name', { schema: { type: 'string', pattern: '^a' } });
  server.set('name', 'ada');
  const message = 'name: "bob" does not match ^a.';
  server.refuses = op => (op.op === 'set' ? { code: 'invalid-value', message } : null);
  await showSession(server);
  await type('name', 'bob');
  await press('name', 'Enter');
  expect(within(row('name')).getByTestId('refused').textContent).toContain(message);
  expect(screen.getAllByTestId('refused')).toHaveLength(1);
  expect(editor('name').value).toBe('ada');
});

test('choices are chosen', async () => {
  server.declare('optimizer', { schema: { enum: ['adam', 'sgd', 3] }, default: 'adam' });
  await showSession(server);
  const select = editor('optimizer');
  const options = within(select).getAllByRole('option');
  expect(options.map(each => each.textContent)).toEqual(['adam', 'sgd', '3']);
  await doing(() => void fireEvent.change(select, { target: { value: '2' } }));
  expect(server.rows.get('optimizer')?.value).toBe(3);
});

test('a choice is taken back by Escape', async () => {
  server.declare('optimizer', { schema: { enum: ['adam', 'sgd', 3] }, default: 'adam' });
  await showSession(server);
  await doing(() => editor('optimizer').focus());
  await doing(() => void fireEvent.change(editor('optimizer'), { target: { value: '2' } }));
  await press('optimizer', 'Escape');
  expect(server.value('optimizer')).toBe('adam');
  await doing(() => void fireEvent.change(editor('optimizer'), { target: { value: '1' } }));
  await press('optimizer', 'Enter');
  await press('optimizer', 'Escape');
  expect(server.value('optimizer')).toBe('sgd');
});

/** Key by key, as a browser tells of a date whose year is being typed. */
async function typeDays(name: string, ...days: string[]): Promise<void> {
  for (const value of days) {
    await doing(() => {
      fireEvent.keyDown(editor(name), { key: '1' });
      fireEvent.change(editor(name), { target: { value } });
    });
  }
}

describe('a date', () => {
  beforeEach(async () => {
    server.set('day', { $localDate: '2026-11-22' });
    await showSession(server);
    await doing(() => editor('day').focus());
  });

  const HALF = ['0002-11-22', '0020-11-22', '0203-11-22'];

  test('that is typed counts when it is whole: on Enter, or when the field is left', async () => {
    await typeDays('day', ...HALF, '2031-11-22');
    expect(light().state).toBe('saving');
    await pass(5000);
    expect(server.mutates).toHaveLength(0);
    await press('day', 'Enter');
    expect(server.value('day')).toEqual({ $localDate: '2031-11-22' });
    await typeDays('day', '2031-11-02');
    await press('day', 'Escape');
    expect(editor('day').value).toBe('2031-11-22');
    await typeDays('day', '2031-11-02', '2031-11-23');
    await doing(() => editor('day').blur());
    expect(server.value('day')).toEqual({ $localDate: '2031-11-23' });
    expect(server.mutates).toHaveLength(2);
  });

  test('that is picked counts at once', async () => {
    await doing(() => void fireEvent.change(editor('day'), { target: { value: '2031-01-02' } }));
    expect(server.value('day')).toEqual({ $localDate: '2031-01-02' });
  });

  test('is taken back by Escape, sent or not', async () => {
    await typeDays('day', ...HALF);
    await press('day', 'Escape');
    expect(editor('day').value).toBe('2026-11-22');
    expect(light().state).toBe('saved');
    await doing(() => void fireEvent.change(editor('day'), { target: { value: '2031-01-02' } }));
    await press('day', 'Escape');
    expect(server.value('day')).toEqual({ $localDate: '2026-11-22' });
  });

  test('that is not whole when the field is left stays there, with a sentence', async () => {
    await typeDays('day', ...HALF);
    await doing(() => editor('day').blur());
    expect(within(row('day')).getByTestId('problem').textContent).toBe(
      'Write the year in four digits. The last saved value is 2026-11-22.'
    );
    await typeDays('day', '');
    await doing(() => void fireEvent.blur(editor('day')));
    expect(within(row('day')).getByTestId('problem').textContent).toBe(
      'Not a whole date. The last saved value is 2026-11-22.'
    );
    expect(light().state).toBe('invalid');
    expect(server.mutates).toHaveLength(0);
  });

  test('that is being typed is sent when a cell asks for it', async () => {
    await typeDays('day', ...HALF, '2031-11-22');
    expect(server.frames('dirty').at(-1)).toEqual({ type: 'dirty', dirty: true });
    await doing(() => server.deliver({ type: 'flush', id: 'q' }));
    expect(server.value('day')).toEqual({ $localDate: '2031-11-22' });
    await doing(() => editor('day').blur());
    expect(server.mutates).toHaveLength(1);
  });
});

test('what has no value yet, and what is not allowed any more, is marked', async () => {
  server.declare('epochs', { schema: { type: 'integer', minimum: 1 } });
  server.set('lr', 5);
  server.declare('lr', RATE);
  server.declare('day', { schema: { type: 'string', format: 'date' } });
  await showSession(server);
  const said = (name: string): string | null =>
    within(row(name)).getByTestId('invalid').textContent;
  expect([said('epochs'), said('lr'), said('day')]).toEqual([
    'No value yet.',
    '5 is more than the maximum 1.',
    'No value yet.'
  ]);
  expect(row('lr').getAttribute('data-state')).toBe('invalid');
  await type('epochs', '3');
  await press('epochs', 'Enter');
  expect(within(row('epochs')).queryByTestId('invalid')).toBeNull();
  await doing(() => void fireEvent.change(editor('day'), { target: { value: '2026-11-22' } }));
  expect(editor('day').value).toBe('2026-11-22');
});

test('the menu goes back to the default, locks and unlocks', async () => {
  server.declare('lr', RATE);
  server.set('lr', 0.5);
  await showSession(server);
  await pick(menu('lr'), 'reset');
  expect(server.rows.get('lr')?.value).toBe(0.1);
  await pick(menu('lr'), 'lock');
  expect(server.rows.get('lr')?.spec).toEqual({ ...RATE, locked: true });
  expect(editor('lr').readOnly).toBe(true);
  await pick(menu('lr'), 'lock');
  expect(server.rows.get('lr')?.spec).toEqual({ ...RATE, locked: false });
  expect(editor('lr').readOnly).toBe(false);
});
