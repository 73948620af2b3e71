import React, { useState } from 'react';

// So many characters have room on three lines of the narrowest panel.
const SHORT = 90;

/** What a declaration says of a variable; of a long one three lines, and a click shows all of it. */
export function RowAbout(props: { text: string }): React.JSX.Element {
  const { text } = props;
  const [isOpen, setOpen] = useState(false);
  const about = (
    <span className="jp-SessionRow-about" data-testid="about" data-open={isOpen}>
      {text}
    </span>
  );
  return text.length <= SHORT && !text.includes('\n') ? (
    about
  ) : (
    <button
      type="button"
      className="jp-SessionRow-aboutall"
      data-testid="about-all"
      aria-expanded={isOpen}
      onClick={() => setOpen(!isOpen)}
    >
      {about}
    </button>
  );
}
