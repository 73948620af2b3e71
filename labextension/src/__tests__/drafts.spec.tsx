/** What was typed and is not valid outlives its page, as what was typed and is does. */
import { act, cleanup, fireEvent, within } from '@testing-library/react';

import { Drafts } from '../drafts';
import { Shelf } from '../shelf';
import { Tab } from '../tab';
import { closePages, FakeServer, openPage } from './fakeserver';
import { click, doing, editor, light, press, row, showSession, type } from './showsession';

let server: FakeServer;

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  server.set('lr', 0.1);
  server.set('space', { a: 1 });
});

/** The page goes, and another one of the same tab comes. */
async function reload(): Promise<void> {
  cleanup();
  closePages();
  await showSession(server);
}

test('a number with a comma stands in its field after a reload, until it is mended', async () => {
  await showSession(server);
  await type('lr', '0,5');
  await reload();
  expect(editor('lr').value).toBe('0,5');
  expect(light()).toEqual({ text: '1 not valid', state: 'invalid' });
  expect(within(row('lr')).getByTestId('problem').textContent).toContain('Use a point: 0.5.');
  await type('lr', '0.5');
  await press('lr', 'Enter');
  await reload();
  expect(editor('lr').value).toBe('0.5');
  expect(light().state).toBe('saved');
});

test('what was thrown away does not come back', async () => {
  await showSession(server);
  await type('lr', '0,5');
  await press('lr', 'Escape');
  await reload();
  expect(editor('lr').value).toBe('0.1');
});

test('JSON with an open bracket is opened again', async () => {
  await showSession(server);
  await click(editor('space'));
  await click(within(row('space')).getByTestId('editor-json'));
  await doing(() => void fireEvent.change(editor('space'), { target: { value: '{"a": [1' } }));
  await reload();
  expect(editor('space').value).toBe('{"a": [1');
  await doing(() => void fireEvent.change(editor('space'), { target: { value: '{"a": [1]}' } }));
  expect(editor('space').value).toBe('{"a": [1]}');
});

test('of a variable that is gone nothing is kept', async () => {
  await showSession(server);
  await type('lr', '0,5');
  cleanup();
  closePages();
  server.write([{ op: 'delete', name: 'lr' }]);
  await showSession(server);
  expect(light().state).toBe('saved');
});

test('a dead tab’s are taken up by the next page, a living one’s are left to it', async () => {
  const shelf = new Shelf(localStorage, 'http://lab/', 'ada');
  new Drafts(shelf, 's', 'dead').put('lr', '0,5');
  new Drafts(shelf, 's', 'alive').put('lr', '0,7');
  localStorage.setItem('session-state:lease:alive', String(Date.now()));
  const tab = await Tab.claim({ local: localStorage, session: null, locks: null });
  const drafts = await Drafts.of(shelf, 's', tab);
  act(() => void openPage(server, { drafts, tab: tab.id }));
  expect([...drafts.invalid]).toEqual([['lr', '0,5']]);
  // Its own is newer than what a dead tab has left.
  new Drafts(shelf, 's', 'another').put('lr', '0,9');
  expect([...(await Drafts.of(shelf, 's', tab)).invalid]).toEqual([['lr', '0,5']]);
  expect(shelf.tabsOf('s', 'draft').sort()).toEqual(['alive', tab.id].sort());
});
