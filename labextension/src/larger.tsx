/**
 * A value in a tab of the main area.
 */
import { MainAreaWidget } from '@jupyterlab/apputils';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Widget } from '@lumino/widgets';
import React from 'react';

import { LargeValue } from './components/LargeValue';
import type { Larger } from './components/PanelView';
import { SessionContext, SurroundingsContext } from './context';
import { sessionIcon } from './icons';

let count = 0;

class LargeWidget extends ReactWidget {
  constructor(private readonly what: Larger) {
    super();
    this.addClass('jp-SessionPanel');
    this.addClass('jp-SessionLarge');
  }

  protected override render(): React.JSX.Element {
    const { client, surroundings, name } = this.what;
    return (
      <SurroundingsContext.Provider value={surroundings}>
        <SessionContext.Provider value={client}>
          <LargeValue name={name} onName={this._call} onClose={this._close} />
        </SessionContext.Provider>
      </SurroundingsContext.Provider>
    );
  }

  private readonly _call = (name: string): void => {
    if (this.parent !== null) {
      call(this.parent, { ...this.what, name });
    }
  };
  private readonly _close = (): void => this.parent?.dispose();
}

function call({ title }: Widget, { name, surroundings }: Larger): void {
  title.label = name;
  title.caption = surroundings.trans.__('%1, a variable of the session', name);
}

export function largerTab(what: Larger): MainAreaWidget {
  const tab = new MainAreaWidget({ content: new LargeWidget(what) });
  tab.id = `session-state-value-${++count}`;
  call(tab, what);
  tab.title.icon = sessionIcon;
  tab.title.closable = true;
  // Nothing that stays empty: there is no toolbar.
  tab.toolbar.hide();
  return tab;
}
