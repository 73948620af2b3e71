import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Widget } from '@lumino/widgets';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'session-state-ext:plugin',
  autoStart: true,
  activate: (app: JupyterFrontEnd) => {
    const panel = new Widget();
    panel.id = 'session-state-panel';
    panel.title.caption = 'Session';
    panel.node.dataset.testid = 'session-panel';
    app.shell.add(panel, 'right', { rank: 90 });
  }
};

export default plugin;
