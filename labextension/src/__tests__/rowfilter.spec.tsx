import { act, fireEvent, screen } from '@testing-library/react';

import { parseJson } from '../json';
import { FakeServer } from './fakeserver';
import { doing, editor, names, press, showSession, type } from './showsession';

let server: FakeServer;

beforeEach(async () => {
  vi.useFakeTimers();
  server = new FakeServer();
  const values = {
    lr: '0.10',
    epochs: '3',
    'model.kind': '"ridge"',
    'model.deep': 'true',
    space: '{"kind": "Ridge", "rate": 0.1}',
    losses: '[0.5, 0.25]',
    people: '[{"who": "ann"}]',
    at: '{"$date": "2026-01-02T03:04:05"}',
    frame:
      '{"$dataframe": {"columns": [{"name": "x", "dtype": "int64", "data": [7]}], "index": {"name": null, "range": [0, 1, 1]}}}',
    nothing: 'null'
  };
  Object.entries(values).forEach(([name, text]) => server.set(name, parseJson(text)));
  server.declare('optimizer', { schema: { enum: ['adam', 'sgd'] }, default: 'adam' });
  await showSession(server);
});

async function filter(text: string): Promise<(string | null)[]> {
  await doing(
    () => void fireEvent.change(screen.getByTestId('filter'), { target: { value: text } })
  );
  return names();
}

test.each([
  ['MODEL', ['model.deep', 'model.kind']],
  ['kind mod', ['model.kind']],
  ['type:number', ['epochs', 'lr']],
  ['type:int', ['epochs']],
  ['type:text', ['model.kind', 'optimizer']],
  ['type:switch', ['model.deep']],
  ['type:choice', ['optimizer']],
  ['type:object', ['space']],
  ['type:dict', ['space']],
  ['type:list', ['losses', 'people']],
  ['type:table', ['frame', 'people']],
  ['type:DataFrame', ['frame']],
  ['type:datetime', ['at']],
  ['type:null', ['nothing']],
  ['value:ridge', ['model.kind', 'space']],
  ['value:0.1', ['lr', 'space']],
  ['value:2026-01-02', ['at']],
  ['value:ridge type:text', ['model.kind']],
  ['type:', ['at', 'epochs']]
] as const)('%s', async (text, found) => {
  expect((await filter(text)).slice(0, text === 'type:' ? 2 : 99)).toEqual([...found]);
});

test('its tooltip says what it finds, and what is not there is said', async () => {
  expect(screen.getByTestId('filter').title).toContain('type:number');
  await filter('type:nonsense');
  expect(screen.getByText('No variable is like this.')).toBeTruthy();
});

test('how many it finds stands beside it, and how types and values are looked for is said', async () => {
  expect(screen.getByTestId('found').textContent).toBe('');
  await filter('model');
  expect(screen.getByTestId('found').textContent).toBe('2 of 11');
  await filter('typ:number');
  expect(
    screen.getByText(
      'No variable is named like this. A type is looked for by type:number, a value by value:0.1.'
    )
  ).toBeTruthy();
});

test('what is added and does not match takes the filter off, says so, and puts it back', async () => {
  await filter('model');
  await doing(() => screen.getByTestId('add-button').click());
  const field = (testid: string): HTMLElement => screen.getByTestId(testid);
  await doing(() => void fireEvent.change(field('add-name'), { target: { value: 'other' } }));
  await doing(() => void fireEvent.change(field('add-value'), { target: { value: '1' } }));
  await doing(() => field('add-save').click());
  expect(names()).toContain('other');
  expect(field('notice').textContent).toContain('other is not like “model”: the filter is off.');
  await doing(() => field('notice-action').click());
  expect(names()).toEqual(['model.deep', 'model.kind']);
});

test('a row that is typed into stays until it is left', async () => {
  expect(await filter('value:0.1 type:number')).toEqual(['lr']);
  await type('lr', '0.7');
  await press('lr', 'Enter');
  await act(() => vi.advanceTimersByTimeAsync(1000));
  expect(server.value('lr')).toBe(0.7);
  expect(names()).toEqual(['lr']);
  await doing(() => editor('lr').blur());
  expect(names()).toEqual([]);
  await doing(() => server.set('epochs', 0.1));
  expect(names()).toEqual(['epochs']);
});
