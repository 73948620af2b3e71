import React, { useState, useSyncExternalStore } from 'react';

import { useSurroundings } from '../context';
import { Button } from './Button';

const INSTALL = '%pip install session-state-ext';

const never = (): (() => void) => () => undefined;

/** Where the kernel's environment lacks the package: the line that installs it there. */
export function InstallCard(): React.JSX.Element | null {
  const { trans, notebook, notify } = useSurroundings();
  const lacks = notebook?.kernelPackage ?? null;
  const found = useSyncExternalStore(lacks?.subscribe ?? never, () => lacks?.getState() ?? null);
  const [closedFor, setClosedFor] = useState<unknown>(null);
  if (lacks === null || found !== 'missing' || closedFor === lacks) {
    return null;
  }
  const insert = (): void => {
    if (notebook?.insertCell(INSTALL) !== true) {
      notify({ text: trans.__('This notebook takes no new cell.') });
    }
  };
  return (
    <div className="jp-SessionCard" role="note" data-testid="install">
      <div className="jp-SessionCard-line jp-mod-text">
        <span>
          {trans.__(
            'The kernel %1 lacks the extension: its cells do not see these variables. This line installs it there:',
            `“${lacks.kernelName}”`
          )}
        </span>
      </div>
      <div className="jp-SessionCard-line">
        <code className="jp-SessionInstall">{INSTALL}</code>
      </div>
      <div className="jp-SessionCard-line jp-mod-actions">
        <Button testid="install-insert" onClick={insert}>
          {trans.__('Insert as a cell')}
        </Button>
        <Button testid="install-close" onClick={() => setClosedFor(lacks)}>
          {trans.__('Not now')}
        </Button>
      </div>
    </div>
  );
}
