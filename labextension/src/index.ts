/**
 * Wires the panel into JupyterLab and Notebook 7.
 */
import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, ISessionContextDialogs } from '@jupyterlab/apputils';
import { IEditorServices } from '@jupyterlab/codeeditor';
import { PageConfig } from '@jupyterlab/coreutils';
import { INotebookTracker, NotebookActions } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { CurrentSession, type Current } from './current';
import { sessionIcon } from './icons';
import { JupyterNotebook } from './notebook';
import type { Pace } from './pacer';
import { SessionPanel } from './panel';
import { Sessions } from './sessions';
import { CommandIDs, ISessionState, PANEL_PLUGIN_ID, PLUGIN_ID } from './tokens';

interface Provided extends ISessionState {
  readonly current: CurrentSession;
}

// JupyterLab's own, and the one it has under JupyterHub.
const LOGOUTS = ['filemenu:logout', 'hub:logout'];

const DEFAULT_PACE: Pace = { debounce: 500, maxWait: 2000 };

/** Follows the notebooks and keeps their sessions in step. */
const sessionState: JupyterFrontEndPlugin<ISessionState> = {
  id: PLUGIN_ID,
  description: 'The durable, shared variables of the notebooks.',
  autoStart: true,
  provides: ISessionState,
  requires: [INotebookTracker],
  optional: [ISettingRegistry, ISessionContextDialogs, ITranslator],
  activate: async (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    registry: ISettingRegistry | null,
    dialogs: ISessionContextDialogs | null,
    translator: ITranslator | null
  ): Promise<Provided> => {
    const { serverSettings, user } = app.serviceManager;
    let pace = DEFAULT_PACE;
    registry
      ?.load(PLUGIN_ID)
      .then(settings => {
        const read = (): void => {
          pace = { ...DEFAULT_PACE, ...(settings.composite as Partial<Pace>) };
        };
        settings.changed.connect(read);
        read();
      })
      .catch((reason: unknown) =>
        console.warn('session-state-ext: settings could not be loaded.', reason)
      );
    // On a server of one's own all callers are one person, whose name is another one in each browser and after each
    // login. Without an answer all sessions of this address count as one person's, too.
    const isLocal = PageConfig.getOption('sessionStateOwner') === 'local';
    await user.ready.catch(() => undefined);
    const sessions = new Sessions({
      settings: serverSettings,
      user: isLocal ? null : (user.identity?.username ?? null),
      pace: () => pace
    });
    const current = new CurrentSession(
      tracker,
      sessions,
      notebook => new JupyterNotebook(notebook, dialogs ?? undefined, translator ?? undefined)
    );
    // Any way to run a cell: it must see what was typed before it. Fires before the request is sent, on a channel that
    // is as quick, and the kernel's barrier waits for what is still on its way.
    NotebookActions.executionScheduled.connect((_, { notebook }) => {
      void current.clientOf(notebook)?.flush();
    });
    const again = (): void => sessions.all().forEach(client => client.connect());
    let loggingOut = false;
    app.commands.commandExecuted.connect((_, { id }) => {
      loggingOut ||= LOGOUTS.includes(id);
    });
    // Somebody who stays after all, for a file that is not saved, keeps what is here.
    const stay = (): void => {
      loggingOut = false;
    };
    window.addEventListener('pointerdown', stay, true);
    window.addEventListener('keydown', stay, true);
    window.addEventListener('online', again);
    window.addEventListener('focus', again);
    // Browsers hide a page before it goes, or after.
    const leave = (): void => sessions.leave(loggingOut);
    window.addEventListener('pagehide', leave);
    document.addEventListener('visibilitychange', () =>
      document.visibilityState === 'hidden' ? leave() : again()
    );
    app.serviceManager.sessions.runningChanged.connect(again);
    return { current, open: path => sessions.open(path) };
  }
};

/** Shows the session of the notebook in front. */
const panel: JupyterFrontEndPlugin<void> = {
  id: PANEL_PLUGIN_ID,
  description: 'The Session panel.',
  autoStart: true,
  requires: [ISessionState],
  optional: [IEditorServices, ITranslator, ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    state: ISessionState,
    editors: IEditorServices | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ): void => {
    const { current } = state as Provided;
    const trans = (translator ?? nullTranslator).load('session_state_ext');
    const widget = new SessionPanel({
      current,
      newEditor: editors?.factoryService.newInlineEditor ?? null,
      translator: translator ?? undefined
    });
    app.shell.add(widget, 'right', { rank: 90, type: 'Session' });
    restorer?.add(widget, widget.id);

    const open = (): (Current & { kind: 'open' }) | null => {
      const now = current.getState();
      return now.kind === 'open' ? now : null;
    };
    app.commands.addCommand(CommandIDs.show, {
      label: trans.__('Show the Session Panel'),
      icon: sessionIcon,
      execute: () => app.shell.activateById(widget.id)
    });
    app.commands.addCommand(CommandIDs.add, {
      label: trans.__('Add a Session Variable'),
      isEnabled: () => open() !== null,
      execute: () => {
        app.shell.activateById(widget.id);
        requestAnimationFrame(() =>
          widget.node.querySelector<HTMLButtonElement>('[data-testid="add-button"]')?.click()
        );
      }
    });
    app.commands.addCommand(CommandIDs.run, {
      label: trans.__('Run Steps That Are Not Fresh'),
      isEnabled: () => open() !== null,
      execute: () => open()?.runner.runDue()
    });
    app.commands.addCommand(CommandIDs.flush, {
      label: trans.__('Save Session Variables Now'),
      isEnabled: () => open() !== null,
      execute: () => open()?.client.flush()
    });
    const category = trans.__('Session');
    Object.values(CommandIDs).forEach(command => palette?.addItem({ command, category }));
  }
};

export default [sessionState, panel];
