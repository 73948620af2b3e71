import type { LabIcon } from '@jupyterlab/ui-components';
import React from 'react';

/** An icon within a line of text; `size` with its unit. */
export function Icon(props: { of: LabIcon; size?: string }): React.JSX.Element {
  const { of: icon, size = '14px' } = props;
  return <icon.react tag="span" width={size} height={size} />;
}
