/**
 * A value in a tab of the main area.
 */
import { MainAreaWidget } from '@jupyterlab/apputils';
import { ReactWidget } from '@jupyterlab/ui-components';
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
          <LargeValue name={name} onClose={this._close} />
        </SessionContext.Provider>
      </SurroundingsContext.Provider>
    );
  }

  private readonly _close = (): void => this.parent?.dispose();
}

export function largerTab(what: Larger): MainAreaWidget {
  const tab = new MainAreaWidget({ content: new LargeWidget(what) });
  tab.id = `session-state-value-${++count}`;
  tab.title.label = what.name;
  tab.title.caption = what.surroundings.trans.__('%1, a variable of the session', what.name);
  tab.title.icon = sessionIcon;
  tab.title.closable = true;
  // Nothing that stays empty: there is no toolbar.
  tab.toolbar.hide();
  return tab;
}
