import { closeIcon, codeIcon, launchIcon } from '@jupyterlab/ui-components';
import React, { createContext, useContext } from 'react';

import { useSurroundings, useTrans } from '../context';
import { IconButton, MenuButton } from './IconButton';
import type { MenuItem } from './menu';

/** Where one can go from a value that is shown whole. */
export interface Ways {
  name: string;
  close(): void;
  /** null where it is JSON already. */
  json: (() => void) | null;
  readOnly: boolean;
}

/** null where the value is all there is. */
export const WaysContext = createContext<Ways | null>(null);

/** The line under a value that is shown whole: where one is in it, and what can be done with it. */
export function ValueBar(props: {
  /** What is said of the place, and leads to others. */
  place?: React.ReactNode;
  /** Further buttons. */
  children?: React.ReactNode;
  more?: readonly (MenuItem | null)[];
}): React.JSX.Element {
  const { place, children, more = [] } = props;
  const trans = useTrans();
  const ways = useContext(WaysContext);
  const { larger } = useSurroundings();
  const enlarge = ways === null || larger === undefined ? null : (): void => larger(ways.name);
  const label = trans.__('Open Larger');
  const items = enlarge === null ? more : [{ id: 'larger', label, run: enlarge }, null, ...more];
  return (
    <div className="jp-SessionBar" role="group" aria-label={trans.__('This value')}>
      {place}
      <span className="jp-SessionBar-ways">
        {children}
        {ways?.json == null ? null : (
          <IconButton
            icon={codeIcon}
            testid="editor-json"
            label={ways.readOnly ? trans.__('Show as JSON') : trans.__('Edit as JSON')}
            quiet
            onClick={ways.json}
          />
        )}
        {more.length === 0 ? null : (
          <MenuButton
            testid="value-menu"
            label={trans.__('More for this value')}
            quiet
            items={() => items}
          />
        )}
        {enlarge === null || more.length > 0 ? null : (
          <IconButton icon={launchIcon} testid="larger" label={label} quiet onClick={enlarge} />
        )}
        {ways === null ? null : (
          <IconButton
            icon={closeIcon}
            testid="editor-close"
            label={trans.__('Close %1', ways.name)}
            quiet
            onClick={ways.close}
          />
        )}
      </span>
    </div>
  );
}
