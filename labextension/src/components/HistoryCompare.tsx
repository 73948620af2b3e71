import { caretLeftIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useRef, useState } from 'react';

import { useSelected, useTrans } from '../context';
import { Button } from './Button';
import { IconButton } from './IconButton';
import type { Comparison, History } from '../history';
import { partsOf, type Altered, type Edit } from '../timeline';
import { HistoryEdit, HistorySides, isBrief } from './HistoryValue';
import { useFocusBack } from './useFocusBack';

function editOf({ name, before, after }: Altered): Edit {
  return {
    name,
    path: [],
    before: before === null ? 'absent' : { value: before.value },
    after: after === null ? 'absent' : { value: after.value }
  };
}

/** What differs between two revisions. */
export function HistoryCompare(props: {
  history: History;
  comparison: Comparison;
}): React.JSX.Element {
  const { history, comparison } = props;
  const { from, to, altered, problem } = comparison;
  const trans = useTrans();
  const newest = useSelected(state => state.meta.revision);
  const top = useRef<HTMLButtonElement>(null);
  useFocusBack(top, '[data-testid="history-filter"]');
  useEffect(() => top.current?.focus(), []);
  const edits = (altered ?? []).map(editOf);
  const groups: [string, string, Edit[]][] = [
    ['added', trans.__('Added'), edits.filter(edit => edit.before === 'absent')],
    [
      'changed',
      trans.__('Changed'),
      edits.filter(edit => edit.before !== 'absent' && edit.after !== 'absent')
    ],
    ['removed', trans.__('Removed'), edits.filter(edit => edit.after === 'absent')]
  ];
  return (
    <>
      <div className="jp-SessionHead">
        <div className="jp-SessionHead-line">
          <IconButton
            ref={top}
            icon={caretLeftIcon}
            testid="history-back"
            label={trans.__('Back to the history')}
            onClick={history.back}
          />
          <h2>{trans.__('Compare')}</h2>
        </div>
        <div className="jp-SessionHead-line jp-HistoryCompare-between">
          <RevisionField
            key={`from ${from}`}
            label={trans.__('From revision')}
            testid="compare-from"
            revision={from}
            newest={newest}
            onChange={next => void history.compare(next, to)}
          />
          <RevisionField
            key={`to ${to}`}
            label={trans.__('to revision')}
            testid="compare-to"
            revision={to}
            newest={newest}
            onChange={next => void history.compare(from, next)}
          />
        </div>
      </div>
      <div className="jp-SessionBody" data-testid="comparison" aria-busy={altered === null}>
        {problem !== null ? (
          <p className="jp-HistorySentence" role="alert">
            {problem === '' ? trans.__('The server cannot be reached. Try again later.') : problem}
          </p>
        ) : altered === null ? (
          <p className="jp-HistorySentence">{trans.__('Looking …')}</p>
        ) : edits.length === 0 ? (
          <p className="jp-HistorySentence" data-testid="comparison-none">
            {trans.__('Nothing differs between revision %1 and revision %2.', from, to)}
          </p>
        ) : null}
        {groups.map(([id, title, all]) =>
          all.length === 0 ? null : (
            <section key={id} aria-label={title} data-testid={`compare-${id}`}>
              <h3 className="jp-SessionTitle">
                {title} <span>{all.length}</span>
              </h3>
              <ul className="jp-HistoryLines">
                {all.map(edit => (
                  <ComparedEdit key={edit.name} edit={edit} />
                ))}
              </ul>
            </section>
          )
        )}
      </div>
    </>
  );
}

function ComparedEdit(props: { edit: Edit }): React.JSX.Element {
  const { edit } = props;
  const trans = useTrans();
  const [isOpen, setOpen] = useState(false);
  const parts = partsOf(edit);
  const isShort = parts.every(part => isBrief(part.before) && isBrief(part.after));
  return (
    <li className="jp-HistoryCompare-edit" data-testid="compared" data-name={edit.name}>
      {parts.map((part, i) => (
        <div key={i} className="jp-HistoryLine-edit">
          <HistoryEdit edit={part} />
        </div>
      ))}
      {isShort ? null : (
        <Button look="link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? trans.__('Less') : trans.__('In full')}
        </Button>
      )}
      {isOpen ? <HistorySides edit={edit} /> : null}
    </li>
  );
}

function RevisionField(props: {
  label: string;
  testid: string;
  revision: number;
  newest: number;
  onChange(revision: number): void;
}): React.JSX.Element {
  const { label, testid, revision, newest, onChange } = props;
  const [text, setText] = useState(String(revision));
  const take = (): void => {
    const next = Number(text);
    if (text.trim() !== '' && Number.isInteger(next) && next >= 0 && next !== revision) {
      onChange(next);
    }
  };
  return (
    <label>
      <span>{label}</span>
      <input
        type="number"
        min={0}
        max={newest}
        data-testid={testid}
        value={text}
        onChange={event => setText(event.target.value)}
        onBlur={take}
        onKeyDown={event => event.key === 'Enter' && take()}
      />
    </label>
  );
}
