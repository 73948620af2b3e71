import { readFileSync } from 'node:fs';

import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';

import { Asks } from '../asks';
import { addCommands, type CommandOptions } from '../commands';
import { CommandIDs } from '../tokens';
import { FakeServer, openPage, settle } from './fakeserver';

const read = (path: string): string => readFileSync(path, 'utf8');
const schema = JSON.parse(read('labextension/schema/plugin.json')) as {
  'jupyter.lab.menus': { main: { id: string; items: { command: string }[] }[] };
  'jupyter.lab.shortcuts': { command: string; keys: string[]; macKeys: string[] }[];
};
const shortcuts = schema['jupyter.lab.shortcuts'];
const ids = Object.values(CommandIDs);

let commands: CommandRegistry;
let listed: string[];
let asks: Asks;
let shown: number;
let focused: number;
let tracker: { activeCell: unknown; currentWidget: unknown };
let clickedNode: HTMLElement | null;

function add(current: object = { kind: 'none' }): void {
  commands = new CommandRegistry();
  listed = [];
  asks = new Asks();
  shown = focused = 0;
  tracker = { activeCell: null, currentWidget: null };
  clickedNode = null;
  addCommands({
    app: {
      commands,
      contextMenuHitTest: (is: (node: HTMLElement) => boolean) =>
        clickedNode !== null && is(clickedNode) ? clickedNode : undefined
    } as unknown as CommandOptions['app'],
    current: { getState: () => current, own: null } as unknown as CommandOptions['current'],
    tracker: tracker as CommandOptions['tracker'],
    asks,
    trans: nullTranslator.load('session_state_ext'),
    palette: { addItem: ({ command }: { command: string }) => listed.push(command) } as never,
    show: () => {
      shown++;
    },
    focus: () => {
      focused++;
    }
  });
}

test('every command has a label of its own, and is in the palette once', () => {
  add();
  expect(commands.listCommands().sort()).toEqual([...ids].sort());
  expect([...listed].sort()).toEqual([...ids].sort());
  expect(new Set(ids.map(id => commands.label(id))).size).toBe(ids.length);
});

test('who asks for the panel gets the keys into it, after the palette has given them back', async () => {
  add();
  await commands.execute(CommandIDs.show);
  expect([shown, focused]).toEqual([1, 0]);
  await new Promise(resolve => setTimeout(resolve));
  expect(focused).toBe(1);
});

test('every command is in the documents', () => {
  const words = read('docs/extending.md');
  const named = words.match(/`(?:session-state)?:[a-z-]+`/g)?.map(each => each.split(':')[1]);
  expect(named?.map(each => `session-state:${each!.slice(0, -1)}`).sort()).toEqual([...ids].sort());
});

test('the panel is in the View menu, where Notebook 7 has nothing else that shows it', () => {
  const [view] = schema['jupyter.lab.menus'].main;
  expect([view?.id, view?.items[0]?.command]).toEqual(['jp-mainmenu-view', CommandIDs.show]);
  expect(read('README.md')).toContain('*View > Show the Session Panel*');
  add();
  expect(commands.label(CommandIDs.show)).toBe('Show the Session Panel');
});

test('every shortcut is of a command, and in the documents as it is pressed', () => {
  const rows = read('docs/reference.md').match(/^\| (?:Alt|Ctrl)\+Shift\+.*$/gm) ?? [];
  const pressed = (keys: string[]): string => keys.join(' ').replaceAll(' ', '+');
  expect(rows.map(row => row.split(' | ').slice(0, 2).join(' | '))).toEqual(
    shortcuts.map(({ keys, macKeys }) => `| ${pressed(keys)} | ${pressed(macKeys)}`)
  );
  expect(ids).toEqual(expect.arrayContaining(shortcuts.map(each => each.command)));
});

test.each([
  [CommandIDs.undo, ['session', 'undo']],
  [CommandIDs.redo, ['session', 'redo']],
  [CommandIDs.snapshot, ['session', 'history', 'snapshot']],
  [CommandIDs.history, ['session', 'history']],
  [CommandIDs.steps, ['session', 'present', 'steps']]
] as const)('%s asks the panel, and brings it to the front', async (id, asked) => {
  const client = openPage(new FakeServer());
  await settle();
  add({ kind: 'open', client });
  await commands.execute(id);
  expect(shown).toBe(1);
  await vi.waitFor(() => expect(asked.filter(each => asks.take(each))).toEqual(asked));
});

test.each([
  ['train', 1],
  [null, 0]
])('a run that stops at %j shows the panel %i times', async (stopped, times) => {
  const client = openPage(new FakeServer());
  await settle();
  const runner = { runDue: () => Promise.resolve(), getState: () => ({ stopped }) };
  add({ kind: 'open', client, runner });
  await commands.execute(CommandIDs.run);
  expect(shown).toBe(times);
});

test('a cell’s menu is of the cell that was clicked', () => {
  add();
  const cell = (source: string): object => ({
    node: Object.assign(document.createElement('div'), { className: 'jp-Cell' }),
    model: { type: 'code', getMetadata: () => undefined, sharedModel: { getSource: () => source } }
  });
  const [step, plain] = [cell('#| step: train'), cell('lr = 1')] as { node: HTMLElement }[];
  tracker.activeCell = step;
  tracker.currentWidget = { content: { widgets: [step, plain] } };
  clickedNode = plain!.node;
  const isEnabled = (args = {}): boolean => commands.isEnabled(CommandIDs.makeStep, args);
  expect([isEnabled(), isEnabled({ clicked: true })]).toEqual([false, true]);
  clickedNode = step!.node;
  tracker.activeCell = plain;
  expect([isEnabled(), isEnabled({ clicked: true })]).toEqual([true, false]);
  const menu = readFileSync('labextension/schema/plugin.json', 'utf8');
  expect(menu.match(/"clicked": true/g)).toHaveLength(2);
});

test('what needs a session is disabled without one, and what writes where one may only read', async () => {
  add();
  const enabled = (): string[] => ids.filter(id => commands.isEnabled(id));
  expect(enabled()).toEqual([
    CommandIDs.show,
    CommandIDs.choose,
    CommandIDs.create,
    CommandIDs.import
  ]);
  const server = new FakeServer();
  server.readOnly = true;
  const client = openPage(server);
  await settle();
  add({ kind: 'open', client });
  expect(enabled()).toContain(CommandIDs.history);
  for (const id of [CommandIDs.add, CommandIDs.undo, CommandIDs.redo, CommandIDs.snapshot]) {
    expect(enabled()).not.toContain(id);
  }
});
