/** A panel of one session over the fake server, as a person has it before them. */
import { act, fireEvent, render, screen, within } from '@testing-library/react';
import { nullTranslator } from '@jupyterlab/translation';
import React from 'react';

import type { SessionClient } from '../client';
import { FocusKeeper } from '../components/FocusKeeper';
import { SessionView } from '../components/SessionView';
import { SessionProvider, SurroundingsContext, type Surroundings } from '../context';
import type { NotebookInFront } from '../notebook';
import { Runner } from '../runner';
import type { CellSource } from '../steps';
import { openPage, settle, type FakeServer } from './fakeserver';

export class FakeNotebook implements NotebookInFront {
  readonly name = 'diabetes-tuning.ipynb';
  sources: CellSource[] = [];
  readonly ran: string[] = [];
  readonly inserted: string[] = [];
  readonly shown: string[] = [];
  interrupts = 0;
  /** What running a cell does to the session. */
  effect: (id: string) => void = () => undefined;
  hasKernel = true;
  kernelId: string | null = null;
  kernelLife: string | null = null;
  private readonly _listeners = new Set<() => void>();

  cells(): readonly CellSource[] {
    return this.sources;
  }

  subscribe = (listener: () => void): (() => void) => {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  };

  write(sources: CellSource[]): void {
    this.sources = sources;
    this._listeners.forEach(listener => listener());
  }

  runCell = (id: string): Promise<'ran' | 'no-kernel'> => {
    if (!this.hasKernel) {
      return Promise.resolve('no-kernel');
    }
    this.ran.push(id);
    this.effect(id);
    return Promise.resolve('ran');
  };

  interrupt = (): Promise<void> => {
    this.interrupts++;
    return Promise.resolve();
  };

  showCell = (id: string, line?: number): void =>
    void this.shown.push(line === undefined ? id : `${id}:${line}`);

  kernelPackage?: NotebookInFront['kernelPackage'];

  insertCell = (source: string): boolean => {
    this.inserted.push(source);
    return true;
  };

  insert = (text: string): boolean => {
    this.inserted.push(text);
    return true;
  };
}

export interface Shown {
  client: SessionClient;
  notebook: FakeNotebook;
  runner: Runner;
}

export async function showSession(
  server: FakeServer,
  notebook = new FakeNotebook(),
  more: (client: SessionClient) => Partial<Surroundings> = () => ({})
): Promise<Shown> {
  const client = openPage(server);
  await settle();
  const runner = new Runner(client, notebook);
  const surroundings = {
    trans: nullTranslator.load('session_state_ext'),
    newEditor: null,
    notebook,
    runner,
    notify: () => undefined,
    ...more(client)
  };
  await act(async () => {
    render(
      <SurroundingsContext.Provider value={surroundings}>
        <SessionProvider client={client}>
          <div className="jp-SessionPanel" tabIndex={-1}>
            <FocusKeeper />
            <SessionView />
          </div>
        </SessionProvider>
      </SurroundingsContext.Provider>
    );
    await settle();
  });
  return { client, notebook, runner };
}

export function row(name: string): HTMLElement {
  const found = screen
    .queryAllByTestId('row')
    .find(each => each.getAttribute('data-name') === name);
  if (found === undefined) {
    throw new Error(`There is no row ${name}.`);
  }
  return found;
}

export function names(): (string | null)[] {
  return screen.queryAllByTestId('row').map(each => each.getAttribute('data-name'));
}

export function editor(name: string): HTMLInputElement {
  return within(row(name)).getByTestId('editor');
}

export function light(): { text: string | null; state: string | null } {
  const node = screen.getByTestId('sync-light');
  return { text: node.textContent, state: node.getAttribute('data-state') };
}

export async function doing(what: () => void): Promise<void> {
  await act(async () => {
    what();
    await settle();
  });
}

export async function type(name: string, text: string): Promise<void> {
  await doing(() => {
    editor(name).focus();
    fireEvent.change(editor(name), { target: { value: text } });
  });
}

export async function press(name: string, key: string): Promise<void> {
  await doing(() => void fireEvent.keyDown(editor(name), { key }));
}

export async function click(node: HTMLElement): Promise<void> {
  await doing(() => void fireEvent.click(node));
}

/** Picks an entry of the menu that a button opens. */
export async function pick(button: HTMLElement, entry: string): Promise<void> {
  await click(button);
  const item = document.querySelector<HTMLElement>(`[data-testid="menu-${entry}"]`);
  if (item === null) {
    throw new Error(`There is no menu entry ${entry}.`);
  }
  await doing(() => {
    // jsdom has no layout, and the menu looks where the pointer is.
    item.getBoundingClientRect = () => new DOMRect(0, 0, 10, 10);
    const at = { bubbles: true, clientX: 1, clientY: 1, button: 0 };
    item.dispatchEvent(new MouseEvent('pointermove', at));
    item.dispatchEvent(new MouseEvent('pointerup', at));
  });
}
