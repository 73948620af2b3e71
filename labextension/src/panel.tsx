/**
 * The panel as a widget of the shell.
 */
import type { CodeEditor } from '@jupyterlab/codeeditor';
import { nullTranslator, type ITranslator } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import React from 'react';

import type { Asks } from './asks';
import { speak } from './components/moments';
import { PanelView, type Larger } from './components/PanelView';
import type { CurrentSession } from './current';
import type { Histories } from './history';
import { sessionIcon } from './icons';
import type { Settings } from './rest';
import type { SessionList } from './sessionlist';
import { PANEL_ID } from './tokens';

export interface PanelOptions {
  current: CurrentSession;
  list: SessionList;
  histories: Histories;
  asks: Asks;
  settings: Settings;
  openNotebook(path: string): void;
  newEditor: CodeEditor.Factory | null;
  /** Shows a value in a place of its own; null where there is none. */
  onLarger: ((what: Larger) => void) | null;
  translator?: ITranslator;
}

export class SessionPanel extends ReactWidget {
  constructor(private readonly options: PanelOptions) {
    super();
    const translator = options.translator ?? nullTranslator;
    this._trans = translator.load('session_state_ext');
    speak(translator.languageCode);
    this.id = PANEL_ID;
    this.addClass('jp-SessionPanel');
    this.title.icon = sessionIcon;
    // Notebook 7 lists panels by their caption.
    this.title.caption = this._trans.__('Session');
    this.node.dataset.testid = 'session-panel';
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', this._trans.__('Session'));
  }

  /** Gives it the keys, where it has not got them: back to where they were last, or to its beginning. */
  focus(): void {
    const { node } = this;
    if (!node.contains(document.activeElement)) {
      const last = this._last?.isConnected === true ? this._last : null;
      (last ?? node.querySelector('button'))?.focus();
    }
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.node.addEventListener('focusin', this);
  }

  protected override onBeforeDetach(message: Message): void {
    this.node.removeEventListener('focusin', this);
    super.onBeforeDetach(message);
  }

  handleEvent(event: Event): void {
    this._last = event.target as HTMLElement;
  }

  protected override render(): React.JSX.Element {
    const { current, list, histories, asks, newEditor, settings, openNotebook, onLarger } =
      this.options;
    return (
      <PanelView
        current={current}
        list={list}
        histories={histories}
        asks={asks}
        trans={this._trans}
        newEditor={newEditor}
        settings={settings}
        openNotebook={openNotebook}
        onLarger={onLarger ?? undefined}
      />
    );
  }

  private readonly _trans: ReturnType<ITranslator['load']>;
  private _last: HTMLElement | null = null;
}
