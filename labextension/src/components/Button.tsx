import React, { forwardRef } from 'react';

interface Look {
  testid?: string;
  /** What is to be done first, what stands back, reads as a link, is an icon; a frame with words where nothing is said. */
  look?: 'accent' | 'quiet' | 'link' | 'icon';
}

/** A button with words, or with what its children draw; see IconButton for one that is an icon. */
export const Button = forwardRef<
  HTMLButtonElement,
  Look & Omit<React.ButtonHTMLAttributes<HTMLButtonElement>, 'type' | 'className'>
>(function Button({ testid, look, ...rest }, ref) {
  return (
    <button
      ref={ref}
      type="button"
      className={look === undefined ? 'jp-SessionButton' : `jp-SessionButton jp-mod-${look}`}
      data-testid={testid}
      {...rest}
    />
  );
});
