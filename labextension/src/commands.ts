/**
 * What the panel does, as commands: for the palette, shortcuts, menus and other extensions.
 */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { InputDialog, type ICommandPalette } from '@jupyterlab/apputils';
import type { Cell } from '@jupyterlab/cells';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { MessageLoop } from '@lumino/messaging';

import type { Ask, Asks } from './asks';
import type { Current, CurrentSession } from './current';
import { sessionIcon } from './icons';
import { proposeStep } from './proposal';
import { askForStep } from './stepdialog';
import { scanCells } from './steps';
import { CommandIDs } from './tokens';

export interface CommandOptions {
  app: JupyterFrontEnd;
  current: CurrentSession;
  tracker: INotebookTracker;
  asks: Asks;
  trans: TranslationBundle;
  palette: ICommandPalette | null;
  /** Brings the panel to the front. */
  show(): void;
  /** Gives it the keys, where it has not got them. */
  focus(): void;
}

type Open = Current & { kind: 'open' };

export function addCommands(options: CommandOptions): void {
  const { app, current, tracker, asks, trans, palette, show, focus } = options;
  const open = (): Open | null => {
    const now = current.getState();
    return now.kind === 'open' ? now : null;
  };
  /** Of a cell's menu the one that was clicked, which JupyterLab does not make the active one; else that one. */
  const cellOf = ({ clicked }: ReadonlyPartialJSONObject): Cell | null => {
    const node =
      clicked === true ? app.contextMenuHitTest(each => each.matches('.jp-Cell')) : undefined;
    const cells = tracker.currentWidget?.content.widgets;
    return clicked === true
      ? (cells?.find(each => each.node === node) ?? null)
      : tracker.activeCell;
  };
  const add = (
    id: string,
    label: string,
    execute: (cell: Cell | null) => unknown,
    more: {
      needsSession?: boolean;
      isEnabled?: (cell: Cell | null) => boolean;
      caption?: string;
    } = {}
  ): void => {
    const { needsSession = true, isEnabled = () => true, caption } = more;
    app.commands.addCommand(id, {
      label,
      caption,
      icon: id === CommandIDs.show ? sessionIcon : undefined,
      isEnabled: args => (!needsSession || open() !== null) && isEnabled(cellOf(args)),
      execute: args => {
        const cell = cellOf(args);
        const { currentWidget } = tracker;
        if (args.clicked === true && cell !== null && currentWidget !== null) {
          // What is done to it is seen there.
          currentWidget.content.activeCellIndex = currentWidget.content.widgets.indexOf(cell);
        }
        return execute(cell);
      }
    });
    palette?.addItem({ command: id, category: trans.__('Session State') });
  };
  /** The panel does it, where a person sees how it goes. */
  const asking =
    (...what: Ask[]) =>
    (): void => {
      show();
      // JupyterLab's palette gives the focus back to the notebook as it closes: what is asked for comes after that.
      setTimeout(() => {
        MessageLoop.flush();
        what.forEach(each => asks.ask(each));
      });
    };
  const canWrite = (): boolean => open()?.client.getState().readOnly === false;

  add(
    CommandIDs.show,
    trans.__('Show the Session Panel'),
    () => {
      show();
      // For the reason above.
      setTimeout(() => {
        MessageLoop.flush();
        focus();
      });
    },
    { needsSession: false }
  );
  add(CommandIDs.add, trans.__('Add a Session Variable'), asking('session', 'add'), {
    isEnabled: canWrite
  });
  add(CommandIDs.filter, trans.__('Filter Session Variables'), asking('session', 'filter'));
  add(CommandIDs.run, trans.__('Run Steps That Are Not Fresh'), async () => {
    const runner = open()?.runner;
    await runner?.runDue();
    // The panel says why it went no further.
    if (runner !== undefined && runner.getState().stopped !== null) {
      asking('session', 'present')();
    }
  });
  add(CommandIDs.flush, trans.__('Save Session Variables Now'), () => open()?.client.flush());
  add(CommandIDs.connect, trans.__('Connect the Session Again'), () => open()?.client.connect());
  add(CommandIDs.copy, trans.__('Copy All Session Variables as JSON'), asking('session', 'copy'));
  add(CommandIDs.history, trans.__('Show the Session’s History'), asking('session', 'history'));
  add(
    CommandIDs.undo,
    trans.__('Undo the Newest Change of Session Variables'),
    asking('session', 'undo'),
    {
      isEnabled: canWrite
    }
  );
  add(
    CommandIDs.redo,
    trans.__('Redo the Change of Session Variables'),
    asking('session', 'redo'),
    {
      isEnabled: canWrite
    }
  );
  add(
    CommandIDs.snapshot,
    trans.__('Take a Snapshot of the Session…'),
    asking('session', 'history', 'snapshot'),
    { isEnabled: canWrite }
  );
  add(
    CommandIDs.steps,
    trans.__('Show the Session’s Steps'),
    asking('session', 'present', 'steps')
  );
  add(CommandIDs.choose, trans.__('Choose a Session…'), asking('sessions'), {
    needsSession: false
  });
  add(CommandIDs.create, trans.__('New Session…'), asking('new-session'), { needsSession: false });
  add(CommandIDs.import, trans.__('Import a Session…'), asking('import'), { needsSession: false });
  add(CommandIDs.export, trans.__('Export the Session…'), asking('export'));
  add(CommandIDs.detach, trans.__('Detach the Notebook from Its Session'), asking('detach'));
  add(CommandIDs.back, trans.__('Go Back to the Notebook’s Own Session'), asking('back'), {
    isEnabled: () => current.own !== null
  });

  add(
    CommandIDs.makeStep,
    trans.__('Make This Cell a Step…'),
    cell => makeStep(plainCell(cell), open(), trans),
    { needsSession: false, isEnabled: cell => plainCell(cell) !== null }
  );
  add(
    CommandIDs.insert,
    trans.__('Insert session[…]'),
    async () => {
      const now = open();
      const names = [...(now?.client.getState().variables.keys() ?? [])].sort();
      const { button, value } = await InputDialog.getItem({
        title: trans.__('Which variable?'),
        items: names,
        okLabel: trans.__('Insert'),
        cancelLabel: trans.__('Cancel')
      });
      if (button.accept && value !== null && value !== '') {
        now?.notebook.insert(`session[${JSON.stringify(value)}]`);
      }
    },
    {
      isEnabled: cell =>
        (open()?.client.getState().variables.size ?? 0) > 0 && codeCell(cell) !== null
    }
  );
}

/** A cell, where it is code that may be changed. */
function codeCell(cell: Cell | null): Cell | null {
  return cell !== null && cell.model.type === 'code' && cell.model.getMetadata('editable') !== false
    ? cell
    : null;
}

/** The same, where it is no step so far. */
function plainCell(any: Cell | null): Cell | null {
  const cell = codeCell(any);
  const source = cell?.model.sharedModel.getSource() ?? '';
  return scanCells([{ id: '', source }]).length === 0 && !source.startsWith('%%') ? cell : null;
}

async function makeStep(
  cell: Cell | null,
  open: Open | null,
  trans: TranslationBundle
): Promise<void> {
  if (cell === null) {
    return;
  }
  const { sharedModel } = cell.model;
  const cells = open?.notebook.cells() ?? [];
  const state = open?.client.getState();
  const steps = [...scanCells(cells).map(step => step.name), ...(state?.steps.keys() ?? [])];
  const proposal = proposeStep(sharedModel.getSource(), {
    variables: state?.variables.keys() ?? [],
    others: cells.filter(each => each.id !== cell.model.id).map(each => each.source),
    steps
  });
  const line = await askForStep(sharedModel.getSource(), proposal, steps, trans);
  if (line !== null) {
    sharedModel.setSource(`${line}\n${sharedModel.getSource()}`);
  }
}
