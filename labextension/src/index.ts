/**
 * Wires the panel into JupyterLab and Notebook 7.
 */
import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, ISessionContextDialogs } from '@jupyterlab/apputils';
import { IEditorServices } from '@jupyterlab/codeeditor';
import { PageConfig } from '@jupyterlab/coreutils';
import { INotebookTracker, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';

import { Asks } from './asks';
import { addCommands } from './commands';
import { CurrentSession } from './current';
import { Histories } from './history';
import { largerTab } from './larger';
import { JupyterNotebook } from './notebook';
import type { Pace } from './pacer';
import { SessionPanel } from './panel';
import { SessionList } from './sessionlist';
import { Sessions } from './sessions';
import { SessionStatus } from './statusbar';
import { ISessionState, PANEL_PLUGIN_ID, PLUGIN_ID, STATUS_PLUGIN_ID, PANEL_ID } from './tokens';

export type { SessionClient } from './client';
export * from './tokens';

interface Provided extends ISessionState {
  readonly current: CurrentSession;
  readonly sessions: Sessions;
  readonly asks: Asks;
}

// JupyterLab's own, and the one it has under JupyterHub.
const LOGOUTS = ['filemenu:logout', 'hub:logout'];

/** A contents path without its drive, as a running session has it. */
function localPath(path: string): string {
  return path.replace(/^[^/:]*:/, '');
}

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
    // One for each panel, however often its session is asked for.
    const notebooks = new WeakMap<NotebookPanel, JupyterNotebook>();
    const inFront = (panel: NotebookPanel): JupyterNotebook => {
      const known = notebooks.get(panel);
      const made =
        known ?? new JupyterNotebook(panel, dialogs ?? undefined, translator ?? undefined);
      notebooks.set(panel, made);
      return made;
    };
    const current = new CurrentSession(tracker, sessions, inFront);
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
    app.serviceManager.sessions.runningChanged.connect((_, running) => {
      again();
      // Of another drive the server does not know the name.
      const kernels = new Map(running.map(each => [each.path, each.kernel?.id]));
      current.kernelsChanged(path => kernels.get(path) ?? kernels.get(localPath(path)));
    });
    return { current, sessions, asks: new Asks(), open: path => sessions.open(path) };
  }
};

/** Shows the session of the notebook in front. */
const panel: JupyterFrontEndPlugin<void> = {
  id: PANEL_PLUGIN_ID,
  description: 'The Session panel, and its commands.',
  autoStart: true,
  requires: [ISessionState, INotebookTracker],
  optional: [IEditorServices, ITranslator, ICommandPalette, ILayoutRestorer, ILabShell],
  activate: (
    app: JupyterFrontEnd,
    state: ISessionState,
    tracker: INotebookTracker,
    editors: IEditorServices | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    labShell: ILabShell | null
  ): void => {
    const { current, sessions, asks } = state as Provided;
    const trans = (translator ?? nullTranslator).load('session_state_ext');
    const widget = new SessionPanel({
      current,
      list: new SessionList(sessions.settings, Date.now, sessions.lastOf),
      histories: new Histories(
        sessions.settings,
        sessions.shelf,
        PageConfig.getOption('sessionStateOwner') !== 'local'
      ),
      asks,
      settings: sessions.settings,
      openNotebook: path => void app.commands.execute('docmanager:open', { path }),
      newEditor: editors?.factoryService.newInlineEditor ?? null,
      // Notebook 7 has room for its notebook alone.
      onLarger: labShell === null ? null : what => labShell.add(largerTab(what), 'main'),
      translator: translator ?? undefined
    });
    app.shell.add(widget, 'right', { rank: 90, type: 'Session' });
    restorer?.add(widget, widget.id);
    addCommands({
      app,
      current,
      tracker,
      asks,
      trans,
      palette,
      show: () => app.shell.activateById(widget.id),
      focus: () => widget.focus()
    });
  }
};

/** Says in the status bar which session that is, and whether it is saved. */
const status: JupyterFrontEndPlugin<void> = {
  id: STATUS_PLUGIN_ID,
  description: 'The session in the status bar.',
  autoStart: true,
  requires: [ISessionState],
  optional: [IStatusBar, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    state: ISessionState,
    statusBar: IStatusBar | null,
    translator: ITranslator | null
  ): void => {
    const { current } = state;
    const trans = (translator ?? nullTranslator).load('session_state_ext');
    const item = new SessionStatus(current, trans, () => app.shell.activateById(PANEL_ID));
    const changed = new Signal<object, void>(item);
    current.subscribe(() => changed.emit());
    statusBar?.registerStatusItem(STATUS_PLUGIN_ID, {
      item,
      align: 'right',
      rank: 4,
      isActive: () => ['open', 'asked'].includes(current.getState().kind),
      activeStateChanged: changed
    });
  }
};

export default [sessionState, panel, status];
