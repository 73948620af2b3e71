import React, { useState } from 'react';

import { useTrans } from '../context';
import { prettyJson, type Json } from '../json';
import { BRIEF, isPurged, weightOf, type Edit, type Side } from '../timeline';
import { Button } from './Button';
import { editWords, pathWords, sidesWords, sideWords } from './historywords';
import { numberWords } from './moments';

/** One edit on a line: `alpha 0.1 → 0.35`. The old value is struck through, the new one stands after the arrow. */
export function HistoryEdit(props: { edit: Edit; width?: number }): React.JSX.Element {
  const { edit, width = BRIEF } = props;
  const { before, after } = edit;
  const trans = useTrans();
  const [old, next] = sidesWords(edit, trans, width);
  return (
    <span className="jp-HistoryEdit" title={editWords(edit, trans)}>
      <b>{edit.name}</b>
      {edit.path.length === 0 ? null : <span>{pathWords(edit.path)}</span>}{' '}
      {before === 'absent' ? (
        <em>{trans.__('new')}</em>
      ) : before === 'unknown' ? null : (
        <del>{old}</del>
      )}
      {before === 'unknown' ? ' → ' : before === 'absent' ? ' ' : ' → '}
      {after === 'absent' ? <em>{trans.__('deleted')}</em> : <ins>{next}</ins>}
    </span>
  );
}

/** Whether a line says all there is to say of a side. */
export function isBrief(side: Side, width = BRIEF): boolean {
  return typeof side !== 'object' || isPurged(side) || weightOf(side.value, 400) <= width;
}

// More than this is laid out on demand.
const SHOWN = 2000;

function HistoryText(props: { title: string; value: Json }): React.JSX.Element {
  const { title, value } = props;
  const trans = useTrans();
  const [isWhole, setWhole] = useState(false);
  // A beginning of a very large value is enough for its first characters.
  const text = React.useMemo(() => prettyJson(value, 34), [value]);
  const shown = isWhole ? text : text.slice(0, SHOWN);
  return (
    <figure className="jp-HistoryText">
      <figcaption>{title}</figcaption>
      <pre tabIndex={0} aria-label={title}>
        {shown}
        {shown.length < text.length ? ' …' : ''}
      </pre>
      {shown.length < text.length ? (
        <Button look="link" testid="history-show-all" onClick={() => setWhole(true)}>
          {trans.__('Show all %1 characters', numberWords(text.length))}
        </Button>
      ) : null}
    </figure>
  );
}

/** Both sides of an edit in full. */
export function HistorySides(props: { edit: Edit }): React.JSX.Element {
  const { before, after } = props.edit;
  const trans = useTrans();
  const side = (title: string, each: Side): React.JSX.Element =>
    typeof each === 'object' && !isPurged(each) ? (
      <HistoryText title={title} value={each.value} />
    ) : (
      <figure className="jp-HistoryText">
        <figcaption>{title}</figcaption>
        <p>{sideWords(each, trans)}</p>
      </figure>
    );
  return (
    <div className="jp-HistorySides">
      <b>{props.edit.name}</b>
      {side(trans.__('before'), before)}
      {side(trans.__('after'), after)}
    </div>
  );
}
