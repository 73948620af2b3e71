import React from 'react';

import { flatJson, isNumber, isObject, numberText, type Json } from '../json';

const MOST_TOKENS = 40;

/** The beginning of a value, coloured like code, on one line. */
export function Summary(props: { value: Json }): React.JSX.Element {
  const tokens: React.JSX.Element[] = [];
  describe(props.value, tokens);
  return <code className="jp-SessionSummary">{tokens}</code>;
}

function describe(value: Json, tokens: React.JSX.Element[]): void {
  if (tokens.length > MOST_TOKENS) {
    return;
  }
  const add = (kind: string, text: string): void => {
    tokens.push(
      <span key={tokens.length} data-token={kind}>
        {text}
      </span>
    );
  };
  const list = (open: string, close: string, count: number, member: (i: number) => void): void => {
    add('mark', open);
    for (let i = 0; i < count && tokens.length <= MOST_TOKENS; i++) {
      if (i > 0) {
        add('mark', ', ');
      }
      member(i);
    }
    add('mark', tokens.length > MOST_TOKENS ? '…' : close);
  };
  if (Array.isArray(value)) {
    list('[', ']', value.length, i => describe(value[i] as Json, tokens));
  } else if (isObject(value)) {
    const entries = Object.entries(value);
    list('{', '}', entries.length, i => {
      const [key, member] = entries[i]!;
      add('key', `${key}: `);
      describe(member, tokens);
    });
  } else if (isNumber(value)) {
    add('number', numberText(value));
  } else {
    // No more of a long text than is shown of it.
    const text = flatJson(typeof value === 'string' ? value.slice(0, 81) : value);
    add(
      typeof value === 'string' ? 'text' : 'word',
      text.length > 80 ? `${text.slice(0, 79)}…` : text
    );
  }
}
