import type { LabIcon } from '@jupyterlab/ui-components';
import { ellipsesIcon } from '@jupyterlab/ui-components';
import React, { forwardRef } from 'react';

import { useTrans } from '../context';
import { openMenu, type MenuItem } from './menu';

interface Look {
  testid: string;
  /** What it does, for who does not see the icon. */
  label: string;
  /** What a pointer over it shows; the label, where nothing else is said. */
  title?: string;
  /** Without a frame. */
  quiet?: boolean;
  tabIndex?: number;
}

const classOf = (quiet: boolean): string =>
  `jp-SessionButton ${quiet ? 'jp-mod-quiet' : 'jp-mod-icon'}`;

/** A button that is an icon. */
export const IconButton = forwardRef<
  HTMLButtonElement,
  Look & {
    icon: LabIcon;
    disabled?: boolean;
    /** Nothing to do just now: the button keeps the focus, which one that is disabled under somebody's fingers loses. */
    idle?: boolean;
    onClick(): void;
  }
>(function IconButton(props, ref) {
  const { icon, testid, label, title = label, quiet = false, disabled, idle, onClick } = props;
  return (
    <button
      ref={ref}
      type="button"
      className={classOf(quiet)}
      data-testid={testid}
      aria-label={label}
      title={title}
      disabled={disabled}
      aria-disabled={idle}
      onClick={idle === true ? undefined : onClick}
    >
      <icon.react tag="span" width="14px" height="14px" />
    </button>
  );
});

/** The button with three dots: `items` are those of its menu, as they are when it opens. */
export function MenuButton(
  props: Look & { items(): readonly (MenuItem | null)[] }
): React.JSX.Element {
  const trans = useTrans();
  const { testid, label, title = trans.__('More'), quiet = false, tabIndex, items } = props;
  return (
    <button
      type="button"
      tabIndex={tabIndex}
      className={classOf(quiet)}
      data-testid={testid}
      aria-label={label}
      aria-haspopup="menu"
      aria-expanded="false"
      title={title}
      onClick={event => openMenu(event.currentTarget, items())}
    >
      <ellipsesIcon.react tag="span" width="14px" height="14px" />
    </button>
  );
}
