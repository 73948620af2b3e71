import type { LabIcon } from '@jupyterlab/ui-components';
import { closeIcon, ellipsesIcon } from '@jupyterlab/ui-components';
import React, { forwardRef } from 'react';

import { useTrans } from '../context';
import { Icon } from './Icon';
import { Button } from './Button';
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
    <Button
      ref={ref}
      look={quiet ? 'quiet' : 'icon'}
      testid={testid}
      aria-label={label}
      title={title}
      disabled={disabled}
      aria-disabled={idle}
      onClick={idle === true ? undefined : onClick}
    >
      <Icon of={icon} />
    </Button>
  );
});

export function CloseButton(props: { onClick(): void }): React.JSX.Element {
  const { onClick } = props;
  const trans = useTrans();
  return (
    <IconButton icon={closeIcon} testid="close" label={trans.__('Close')} quiet onClick={onClick} />
  );
}

/** The button with three dots: `items` are those of its menu, as they are when it opens. */
export const MenuButton = forwardRef<
  HTMLButtonElement,
  Look & { items(): readonly (MenuItem | null)[] }
>(function MenuButton(props, ref) {
  const trans = useTrans();
  const { testid, label, title = trans.__('More'), quiet = false, tabIndex, items } = props;
  return (
    <Button
      ref={ref}
      tabIndex={tabIndex}
      look={quiet ? 'quiet' : 'icon'}
      testid={testid}
      aria-label={label}
      aria-haspopup="menu"
      aria-expanded="false"
      title={title}
      onClick={event => openMenu(event.currentTarget, items())}
    >
      <Icon of={ellipsesIcon} />
    </Button>
  );
});
