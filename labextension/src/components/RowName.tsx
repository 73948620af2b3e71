import React, { useRef } from 'react';

import { useWidth } from './useWidth';

// A name of so many characters has room on three lines of the narrowest panel.
const SHORT = 48;
const LINES = 3;
// Of bold text, px; lines that break at words are filled to some four fifths.
const CHARACTER = 8.6;
const FILLED = 0.8;

/** A variable's name on as many lines as it needs; of one that needs more than three the middle is left out. */
export function RowName(props: { name: string; title: string }): React.JSX.Element {
  const { name, title } = props;
  return name.length <= SHORT ? (
    <span className="jp-SessionRow-name" title={title}>
      {broken(name)}
    </span>
  ) : (
    <LongName {...props} />
  );
}

function LongName({ name, title }: { name: string; title: string }): React.JSX.Element {
  const line = useRef<HTMLSpanElement>(null);
  const width = useWidth(line);
  return (
    <span className="jp-SessionRow-nameline" ref={line}>
      <span className="jp-SessionRow-name" title={title}>
        {broken(width === 0 ? name : shortened(name, ((LINES * width) / CHARACTER) * FILLED))}
      </span>
    </span>
  );
}

/** Names that begin alike often differ at their end. */
export function shortened(name: string, most: number): string {
  const room = Math.max(SHORT / 2, Math.floor(most));
  const characters = Array.from(name);
  if (characters.length <= room) {
    return name;
  }
  const end = Math.floor((room - 1) / 2);
  return `${characters.slice(0, room - 1 - end).join('')}…${characters.slice(-end).join('')}`;
}

/** With places to break a line, between the words of a name. */
function broken(name: string): React.ReactNode[] {
  const words = name
    .replace(/([_./\-:]+)(?=[^_./\-:])/g, '$1\n')
    .replace(/(\p{Ll}|\d)(?=\p{Lu})/gu, '$1\n')
    .split('\n');
  return words.map((word, i) => (
    <React.Fragment key={i}>
      {i === 0 ? null : <wbr />}
      {word}
    </React.Fragment>
  ));
}
