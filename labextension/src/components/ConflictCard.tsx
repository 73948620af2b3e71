import React from 'react';

import { useClient, useSurroundings } from '../context';
import { stringifyJson, type Json } from '../json';
import type { Conflict } from '../conflicts';
import { memberAt, partsOf, type Edit, type Side } from '../timeline';
import { Button } from './Button';
import { apartWords, authorWords, pathWords, sideWords } from './historywords';
import { errorSentence } from './sentences';
import { useClock } from './useClock';
import { useCopy } from './useCopy';
import { useOnlooker } from './useHistory';
import { momentWords } from './moments';

/** One place of a value on one side of a conflict. */
interface Shown {
  path: string;
  text: string;
  whole: string;
}

const LONGEST = 2000;
/** What stands beside its title at any width. */
const SHORT = 12;

function sideOf(value: Json | undefined): Side {
  return value === undefined ? 'absent' : { value };
}

/** Two values for one variable: the person chooses. */
export function ConflictCard(props: { conflict: Conflict }): React.JSX.Element {
  const { conflict } = props;
  const { name, mine, theirs, base, origin, mineAt, theirsAt, stands } = conflict;
  const client = useClient();
  const { trans, notify } = useSurroundings();
  const on = useOnlooker();
  const now = useClock();
  const copy = useCopy();
  const time = (at: number): string => momentWords(at, Math.max(now, at));
  const who = origin === null ? trans.__('Elsewhere') : authorWords(origin, on, trans);
  const words = (side: Side, width?: number): string =>
    side === 'absent' ? trans.__('deleted') : sideWords(side, trans, width);
  // Of two objects only what differs, or one would look for it in vain.
  const parts = partsOf({ name, path: [], before: sideOf(mine), after: sideOf(theirs) });
  const shown = (side: (part: Edit) => Side, other: 'before' | 'after'): Shown[] =>
    parts.map(part => {
      const whole = words(side(part), LONGEST);
      const text = apartWords(whole, words(part[other], LONGEST));
      return { path: pathWords(part.path), text, whole };
    });
  const put = (value: Json | undefined): void => {
    try {
      if (value === undefined) {
        client.deleteVariable(name);
      } else {
        client.setVariable(name, value);
      }
      void client.flush();
      notify(null);
    } catch (error) {
      notify({ text: errorSentence(error, trans) });
    }
  };
  // The one that is not chosen stands nowhere any more.
  const decide = (which: 'mine' | 'theirs'): void => {
    const other = which === 'mine' ? theirs : mine;
    if (which === 'mine') {
      client.keepMine(name);
    } else {
      client.takeTheirs(name);
    }
    const action = { label: trans.__('Undo'), run: () => put(other) };
    notify({
      text:
        which === 'mine'
          ? trans.__('%1 has your value.', name)
          : trans.__('%1 has their value. Yours was %2', name, words(sideOf(mine))),
      action,
      ...(which === 'mine' || mine === undefined
        ? {}
        : {
            other: {
              label: trans.__('Copy mine'),
              run: () => copy(stringifyJson(mine), { text: trans.__('Copied.'), action })
            }
          })
    });
  };
  return (
    <div
      className="jp-SessionCard"
      role="group"
      aria-label={trans.__('Conflict over %1', name)}
      data-testid="conflict"
    >
      <ConflictSide
        title={trans.__('Yours, %1', time(mineAt))}
        values={shown(part => part.before, 'after')}
        isSaved={stands === 'mine'}
        testid="conflict-keep"
        label={trans.__('Keep')}
        onChoose={() => decide('mine')}
      />
      <ConflictSide
        title={theirsAt === null ? who : trans.__('%1, %2', who, time(theirsAt))}
        values={shown(part => part.after, 'before')}
        isSaved={stands === 'theirs'}
        testid="conflict-take"
        label={trans.__('Take')}
        onChoose={() => decide('theirs')}
      />
      {base === undefined ? null : (
        <ConflictSide
          title={trans.__('Before')}
          values={shown(part => memberAt(base, part.path), 'before')}
          testid="conflict-before"
        />
      )}
    </div>
  );
}

/** One side of it, with the button that chooses it, if it can be chosen. */
function ConflictSide(props: {
  title: string;
  values: readonly Shown[];
  isSaved?: boolean;
  testid: string;
  label?: string;
  onChoose?(): void;
}): React.JSX.Element {
  const { title, values, isSaved = false, testid, label, onChoose } = props;
  const { trans } = useSurroundings();
  const isLong =
    values.length > 1 || values.some(({ path, text }) => path.length + text.length > SHORT);
  return (
    <div
      className={`jp-SessionConflict-side ${onChoose === undefined ? 'jp-mod-before' : ''}`}
      data-long={isLong}
      data-testid={`${testid}-side`}
    >
      <span className="jp-SessionCard-title">
        {title}
        {isSaved ? <em> {trans.__('saved now')}</em> : null}
      </span>
      <span className="jp-SessionConflict-values">
        {values.map(({ path, text, whole }) => (
          <code key={path} title={`${path} ${whole}`.trim()}>
            {path === '' ? null : <span>{path} </span>}
            {text}
          </code>
        ))}
      </span>
      {onChoose === undefined ? null : (
        <Button testid={testid} onClick={onChoose}>
          {label}
        </Button>
      )}
    </div>
  );
}
