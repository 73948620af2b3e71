import { act, cleanup, fireEvent, screen, within } from '@testing-library/react';

import { Asks } from '../asks';
import { History } from '../history';
import { RequestError } from '../rest';
import { FakeArchive } from './fakearchive';
import { FakeServer, settle } from './fakeserver';
import { click, doing, pick, row, showSession } from './showsession';

let asks: Asks;
let archive: FakeArchive;

beforeEach(() => show());

async function show(more: (server: FakeServer) => void = () => undefined): Promise<void> {
  const server = new FakeServer();
  server.set('lr', 1);
  server.set('lr', 2);
  more(server);
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

test('what cannot be taken back is said where one is, and shown in the history on demand', async () => {
  archive.refuses = new RequestError(409, 'conflict', 'lr was changed again.');
  await doing(() => asks.ask('undo'));
  expect(screen.queryByTestId('history')).toBeNull();
  expect(screen.getByTestId('notice').textContent).toContain(
    'Not taken back. lr was changed again.'
  );
  archive.refuses = null;
  await click(screen.getByTestId('notice-action'));
  expect(screen.getByTestId('undo-refused').textContent).toContain('Take back all the same');
});

test('the focus goes back to the row whose history was looked at', async () => {
  const menu = row('lr').querySelector<HTMLElement>('[data-testid="row-menu"]')!;
  menu.focus();
  await pick(menu, 'history');
  expect(focused()).toBe('history-filter');
  await escape();
  expect(document.activeElement).toBe(menu);
});

describe('a revision that is looked at', () => {
  const config = { kind: 'ridge', about: 'a long line that says nothing of the rest', lr: 0.1 };

  beforeEach(async () => {
    cleanup();
    await show(server => {
      server.set('config', config);
      server.set('config', { ...config, lr: 0.35 });
      server.set('other', 1);
    });
    await doing(() => asks.ask('history'));
    await click(screen.getByRole('button', { name: 'Look at revision 3' }));
  });

  const looked = (): HTMLElement => screen.getByTestId('looked-rows');
  const shown = (): (string | null)[] =>
    within(looked())
      .queryAllByTestId('row')
      .map(each => each.getAttribute('data-name'));
  const revision = (): string | null => screen.getByTestId('looked').getAttribute('data-revision');

  test('says of an object what is different now', () => {
    expect(within(looked()).getAllByTestId('row-then')[0]?.textContent).toBe(
      '.lr: 0.1, now 0.35Restore'
    );
  });

  test('is narrowed to what differs, and to names', async () => {
    expect(shown()).toEqual(['config', 'lr']);
    await press(screen.getByTestId('look-only'));
    expect(shown()).toEqual(['config']);
    await doing(
      () => void fireEvent.change(screen.getByTestId('look-filter'), { target: { value: 'lr' } })
    );
    expect(screen.getByTestId('looked-none').textContent).toContain('No variable');
  });

  test('is left for the one before and after it, and the focus stays', async () => {
    await press(screen.getByTestId('look-before'));
    expect([revision(), focused()]).toEqual(['2', 'look-before']);
    await press(screen.getByTestId('look-after'));
    await press(screen.getByTestId('look-after'));
    await press(screen.getByTestId('look-after'));
    expect([revision(), focused()]).toEqual(['5', 'look-after']);
    await press(screen.getByTestId('look-after'));
    expect(revision()).toBe('5');
    await press(screen.getByTestId('look-only'));
    expect(screen.getByTestId('looked-none').textContent).toBe('All of it is the same now.');
  });
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
