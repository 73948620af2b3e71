import { nullTranslator } from '@jupyterlab/translation';
import { act, fireEvent, render, screen, within } from '@testing-library/react';
import React from 'react';

import { Asks } from '../asks';
import { PanelView } from '../components/PanelView';
import type { PickerCurrent } from '../components/SessionPicker';
import type { Current } from '../current';
import type { Listed } from '../model';
import { RequestError } from '../rest';
import type { ListState, SessionList } from '../sessionlist';
import { click, doing, pick } from './showsession';
import { FakeServer, openPage, settle } from './fakeserver';

const session = (name: string | null, more: Partial<Listed> = {}): Listed => ({
  sessionId: name ?? 'unnamed',
  name,
  paths: [],
  revision: 1,
  updatedAt: Date.now(),
  variableCount: 1,
  bytes: 10,
  connected: { editors: 0, kernels: 0 },
  ...more
});

class FakeList {
  state: ListState;
  readonly done: string[] = [];
  failure: RequestError | null = null;
  private readonly _listeners = new Set<() => void>();

  constructor(sessions: Listed[]) {
    this.state = { sessions, problem: null };
  }

  getState = (): ListState => this.state;
  subscribe = (listener: () => void): (() => void) => {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  };
  show(state: ListState): void {
    this.state = state;
    this._listeners.forEach(listener => listener());
  }
  refresh = (): Promise<void> => Promise.resolve();
  keep = (id: string): boolean => this.done.push(`keep ${id}`) > 0;
  remove = (id: string): void => void this.done.push(`remove ${id}`);
  make = (name: string): Promise<string> => this._do(`make ${name}`, name);
  rename = (id: string, name: string): Promise<string> => this._do(`rename ${id} ${name}`, id);
  duplicate = (id: string, name: string): Promise<string> => this._do(`copy ${id} ${name}`, name);

  private _do(what: string, answer: string): Promise<string> {
    if (this.failure !== null) {
      return Promise.reject(this.failure);
    }
    this.done.push(what);
    return Promise.resolve(answer);
  }
}

let used: (string | null)[];
let usedBy: unknown[];
let openedByPanel: string[];
let asks: Asks;
let bringToFront: (notebook: object) => void;
const notebook = { of: 'n.ipynb' };

async function show(
  list: FakeList,
  own: string | null = null,
  state: Current = { kind: 'none' }
): Promise<void> {
  openedByPanel = [];
  used = [];
  usedBy = [];
  asks = new Asks();
  const listeners = new Set<() => void>();
  const current = {
    getState: () => state,
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    refresh: () => undefined,
    use: (id: string | null, by: unknown) => {
      used.push(id);
      usedBy.push(by);
      return Promise.resolve();
    },
    own,
    front: notebook as object
  };
  bringToFront = front => {
    current.front = front;
    state = { kind: 'opening' };
    listeners.forEach(listener => listener());
  };
  // Asked for before it is there.
  asks.ask('sessions');
  await act(async () => {
    render(
      <PanelView
        current={current as unknown as PickerCurrent}
        list={list as unknown as SessionList}
        asks={asks}
        trans={nullTranslator.load('session_state_ext')}
        newEditor={null}
        openNotebook={path => openedByPanel.push(path)}
      />
    );
    await settle();
  });
}

const shown = (): (string | null)[] =>
  screen.queryAllByTestId('session-item').map(each => each.getAttribute('data-name'));

function item(name: string): HTMLElement {
  const found = screen
    .getAllByTestId('session-item')
    .find(each => each.getAttribute('data-name') === name);
  return found!;
}

const menu = (name: string): HTMLElement => within(item(name)).getByTestId('session-menu');
const notice = (): string | null => screen.getByTestId('notice').textContent;

test('says of each what it holds and who has it open', async () => {
  const connected = { editors: 2, kernels: 1 };
  await show(
    new FakeList([
      session('sweep', { paths: ['/work/a.ipynb', '/work/b.ipynb'], connected }),
      session(null, { paths: ['/work/plain.ipynb'], variableCount: 3, updatedAt: null }),
      session('')
    ])
  );
  expect(shown().slice(0, 2)).toEqual(['sweep', 'plain']);
  expect(item('sweep').textContent).toContain('1 variable · now');
  expect(within(item('sweep')).getByTestId('session-paths').textContent).toBe(
    '/work/a.ipynb/work/b.ipynb'
  );
  expect(within(item('sweep')).getByTestId('session-users').textContent).toBe(
    'open: 2 panels, 1 kernel'
  );
  expect(item('plain').textContent).toContain('3 variables · never changed');
});

test('two notebooks of one name differ by their folders, and are opened from there', async () => {
  const client = openPage(new FakeServer());
  await settle();
  Object.assign(notebook, { context: { path: 'n.ipynb' } });
  const paths = ['/one/a.ipynb', '/two/a.ipynb', 'other-disk'];
  const state = { kind: 'open', client, notebook: null, runner: null };
  await show(new FakeList([session('sweep', { paths })]), null, state as unknown as Current);
  const named = [...within(item('sweep')).getByTestId('session-paths').children];
  expect(named.map(each => each.textContent)).toEqual(['one/a.ipynb', 'two/a.ipynb', 'other-disk']);
  await pick(menu('sweep'), 'open-1');
  expect(openedByPanel).toEqual(['two/a.ipynb']);
});

test('without a name and a notebook it is called by the one that had it last', async () => {
  const last = (path: string, isOwn: boolean): Partial<Listed> => ({
    sessionId: path,
    last: { path, isOwn }
  });
  await show(
    new FakeList([session(null, last('one/a.ipynb', true)), session(null, last('b.ipynb', false))])
  );
  expect(shown()).toEqual(['a’s own', 'b, earlier']);
});

test('a new one is made by a button, too, and one that is called like another says so', async () => {
  const list = new FakeList([session('one')]);
  await show(list);
  await click(screen.getByTestId('session-new'));
  await click(screen.getByText('Cancel'));
  expect(screen.queryByTestId('session-name')).toBeNull();
  await click(screen.getByTestId('session-new'));
  const field = screen.getByTestId('session-name');
  await doing(() => void fireEvent.change(field, { target: { value: 'one' } }));
  expect(screen.getByText('Another session has this name, too.')).toBeTruthy();
  await doing(() => void fireEvent.change(field, { target: { value: 'two' } }));
  expect(screen.queryByTestId('problem')).toBeNull();
  await click(screen.getByTestId('name-take'));
  expect(list.done).toEqual(['make two']);
});

test('is walked through with the arrows, and left with Escape', async () => {
  await show(new FakeList([session('one'), session('two')]));
  const field = screen.getByTestId('session-search');
  expect(document.activeElement).toBe(field);
  for (const [key, text] of [
    ['ArrowDown', 'one'],
    ['ArrowDown', 'two'],
    ['ArrowDown', 'two'],
    ['ArrowUp', 'one']
  ]) {
    fireEvent.keyDown(document.activeElement!, { key });
    expect(document.activeElement?.textContent).toBe(text);
  }
  fireEvent.keyDown(document.activeElement!, { key: 'ArrowUp' });
  expect(document.activeElement).toBe(field);
  await doing(() => void fireEvent.keyDown(field, { key: 'Escape' }));
  expect(screen.queryByTestId('picker')).toBeNull();
});

test('Tab stops at one of the list, from which the arrows go on', async () => {
  const list = new FakeList(['one', 'two', 'three'].map(name => session(name)));
  await show(list);
  const stops = (): (string | null)[] =>
    [...document.querySelectorAll<HTMLElement>('.jp-SessionItem button')]
      .filter(each => each.tabIndex === 0)
      .map(each => each.closest<HTMLElement>('.jp-SessionItem')!.dataset.name ?? null);
  expect(stops()).toEqual(['one', 'one']);
  await doing(() => menu('two').focus());
  expect(stops()).toEqual(['two', 'two']);
  await doing(() => void fireEvent.keyDown(menu('two'), { key: 'ArrowDown' }));
  expect(stops()).toEqual(['three', 'three']);
  expect(document.activeElement?.textContent).toBe('three');
  await doing(() => menu('two').focus());
  const left = async (...names: string[]): Promise<void> =>
    doing(() => list.show({ sessions: names.map(name => session(name)), problem: null }));
  await left('one', 'three');
  expect(stops()).toEqual(['three', 'three']);
  await left('one');
  expect(stops()).toEqual(['one', 'one']);
});

test('is searched', async () => {
  await show(new FakeList([session('one'), session('two')]));
  const field = screen.getByTestId('session-search');
  await doing(() => void fireEvent.change(field, { target: { value: 'TW' } }));
  expect(shown()).toEqual(['two']);
  await doing(() => void fireEvent.change(field, { target: { value: 'x' } }));
  expect(screen.getByTestId('picker-none').textContent).toBe('No session is named like this.');
});

test('of very many the first are drawn, and the rest is found', async () => {
  await show(new FakeList(Array.from({ length: 1000 }, (_, i) => session(`s${i}`))));
  expect(shown().length).toBe(50);
  expect(screen.getByTestId('picker').textContent).toContain('950 more: search for them.');
});

test('a click uses it here, and says so with a way back', async () => {
  await show(new FakeList([session('one')]));
  await click(within(item('one')).getByTestId('session-use'));
  expect(used).toEqual(['one']);
  expect(screen.queryByTestId('picker')).toBeNull();
  expect(notice()).toContain('This notebook has one now.');
});

test.each([
  ['its own', 'own', ['own']],
  ['a new one', '', [null]]
])('goes back to %s', async (_, own, expected) => {
  await show(new FakeList([session('one'), session('own')]), own);
  await click(screen.getByTestId('go-back'));
  expect(used).toEqual(expected);
});

test('does not offer to go back to what is gone', async () => {
  await show(new FakeList([session('one')]), 'gone');
  expect(screen.queryByTestId('go-back')).toBeNull();
});

test('renames and duplicates', async () => {
  const list = new FakeList([session('one')]);
  await show(list);
  await pick(menu('one'), 'rename');
  const field = screen.getByTestId('session-name');
  await doing(() => void fireEvent.change(field, { target: { value: '  ' } }));
  await doing(() => void fireEvent.keyDown(field, { key: 'Enter' }));
  expect(screen.getByText('Give it a name.')).toBeTruthy();
  await doing(() => void fireEvent.change(field, { target: { value: ' first ' } }));
  await doing(() => void fireEvent.keyDown(field, { key: 'Enter' }));
  await pick(menu('one'), 'duplicate');
  expect(list.done).toEqual(['rename one first', 'copy one one copy']);
  await click(screen.getByTestId('notice-action'));
  expect(used).toEqual(['one copy']);
});

test('what was done to a notebook is taken back there, and not offered to the next one in front', async () => {
  const list = new FakeList([session('one')]);
  await show(list);
  await click(within(item('one')).getByTestId('session-use'));
  await doing(() => bringToFront({ of: 'another.ipynb' }));
  expect(screen.queryByTestId('notice')).toBeNull();
  await doing(() => asks.ask('sessions'));
  await pick(menu('one'), 'delete');
  await doing(() => bringToFront(notebook));
  // A session is nobody's notebook: its deletion can be taken back wherever one is.
  expect(notice()).toContain('Deleted one.');
});

test('a new session is for the notebook that was in front when it was asked for', async () => {
  const list = new FakeList([]);
  let made: (id: string) => void = () => undefined;
  list.make = () => new Promise(resolve => (made = resolve));
  await show(list);
  await click(screen.getByTestId('session-new'));
  const field = screen.getByTestId('session-name');
  await doing(() => void fireEvent.change(field, { target: { value: 'sweep' } }));
  await doing(() => void fireEvent.keyDown(field, { key: 'Enter' }));
  await doing(() => bringToFront({ of: 'another.ipynb' }));
  await doing(() => made('new'));
  expect([used, usedBy]).toEqual([['new'], [notebook]]);
  expect(screen.queryByTestId('notice')).toBeNull();
});

test('deletes with an undo', async () => {
  const list = new FakeList([session('one')]);
  await show(list);
  await pick(menu('one'), 'delete');
  expect(notice()).toContain('Deleted one.');
  await click(screen.getByTestId('notice-action'));
  expect(list.done).toEqual(['remove one', 'keep one']);
});

test.each([
  ['its own where it has one', 'own', ['own']],
  ['a new one where that is gone', 'gone', [null]]
])('a notebook whose session is deleted goes back to %s', async (_, own, expected) => {
  const client = openPage(new FakeServer());
  await settle();
  const state = { kind: 'open', client, notebook: null, runner: null } as unknown as Current;
  const { sessionId } = client.getState();
  await show(new FakeList([session('temp', { sessionId }), session('own')]), own, state);
  await pick(menu('temp'), 'delete');
  expect(used).toEqual(expected);
});

test('a refusal is said in a sentence', async () => {
  const list = new FakeList([session('one')]);
  await show(list);
  list.failure = new RequestError(403, 'forbidden', 'Forbidden');
  await pick(menu('one'), 'duplicate');
  expect(notice()).toContain('You may not do this here.');
  await doing(() => list.show({ ...list.state, problem: new RequestError(0, '', '') }));
  expect(screen.getByTestId('picker-problem').textContent).toBe(
    'The server did not answer. Try again.'
  );
});
