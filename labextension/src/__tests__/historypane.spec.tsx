import { act, cleanup, fireEvent, screen } from '@testing-library/react';

import { Asks } from '../asks';
import { History } from '../history';
import { FakeArchive } from './fakearchive';
import { FakeServer, settle } from './fakeserver';
import { click, doing, pick, row, showSession } from './showsession';

let asks: Asks;
let archive: FakeArchive;

beforeEach(() => show());

async function show(): Promise<void> {
  const server = new FakeServer();
  server.set('lr', 1);
  server.set('lr', 2);
  asks = new Asks();
  archive = new FakeArchive(server);
  const shelf = { readLook: () => null, writeLook: () => undefined };
  await showSession(server, undefined, client => ({
    asks,
    history: new History({ client, archive, shelf })
  }));
}

const escape = (): Promise<void> =>
  doing(() => void fireEvent.keyDown(document.activeElement!, { key: 'Escape' }));
const focused = (): string | undefined => (document.activeElement as HTMLElement).dataset.testid;
const press = async (node: HTMLElement): Promise<void> => {
  node.focus();
  await click(node);
};

test('scrolling is no going away: it is the panel that is looked at', async () => {
  const seen: Element[] = [];
  class Observer {
    observe = (node: Element): void => void seen.push(node);
    disconnect = (): void => undefined;
  }
  vi.stubGlobal('IntersectionObserver', Observer);
  cleanup();
  await show();
  expect(seen.map(node => node.className)).toEqual(['jp-SessionPanel']);
});

test('Escape closes the history, and the focus is where it was', async () => {
  await press(screen.getByTestId('history-button'));
  expect(focused()).toBe('history-filter');
  await escape();
  expect(screen.queryByTestId('history')).toBeNull();
  expect(focused()).toBe('history-button');
});

test('the focus goes back to the row whose history was looked at', async () => {
  const menu = row('lr').querySelector<HTMLElement>('[data-testid="row-menu"]')!;
  menu.focus();
  await pick(menu, 'history');
  expect(focused()).toBe('history-filter');
  await escape();
  expect(document.activeElement).toBe(menu);
});

test('what had the focus outside of the panel does not get it from the panel', async () => {
  const outside = document.body.appendChild(document.createElement('button'));
  outside.focus();
  await doing(() => asks.ask('history'));
  await escape();
  expect(focused()).toBe('history-button');
  outside.remove();
});

test('Escape empties the filter first', async () => {
  await press(screen.getByTestId('history-button'));
  const filter = screen.getByTestId('history-filter');
  await doing(() => void fireEvent.change(filter, { target: { value: 'lr' } }));
  await escape();
  expect((filter as HTMLInputElement).value).toBe('');
  await escape();
  expect(screen.queryByTestId('history')).toBeNull();
});

test('Escape goes back from a comparison to the changes, and from there to the variables', async () => {
  await press(screen.getByTestId('history-button'));
  const menu = screen.getByTestId('history-menu');
  menu.focus();
  await pick(menu, 'compare');
  expect(focused()).toBe('history-back');
  await escape();
  expect(screen.queryByTestId('comparison')).toBeNull();
  expect(document.activeElement).toBe(menu);
  await escape();
  expect(focused()).toBe('history-button');
});

test('Escape ends the naming of a snapshot, which a command begins, and nothing else', async () => {
  await doing(() => ['history', 'snapshot'].forEach(each => asks.ask(each as never)));
  expect(focused()).toBe('snapshot-name');
  await escape();
  expect(screen.queryByTestId('snapshot-form')).toBeNull();
  expect(screen.getByTestId('history')).toBeTruthy();
});

test('a command takes back the newest change', async () => {
  await act(async () => {
    asks.ask('undo');
    await settle();
  });
  expect(archive.asked.filter(each => each.startsWith('undo'))).toHaveLength(1);
});
