import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import React, { memo, useState } from 'react';

import { useSelected, useSurroundings } from '../context';
import { Icon } from './Icon';
import { MenuButton } from './IconButton';
import type { History } from '../history';
import { toldOf, type Line } from '../timeline';
import { HistoryEdit, HistorySides, isBrief } from './HistoryValue';
import { authorWords, labelWords, noteWords, runWords, type Onlooker } from './historywords';
import type { HistoryDeeds } from './useHistoryDeeds';
import { fullTime, timeWords } from './moments';

const SHOWN = 4;

/** One change, or the writes of one run. */
export const HistoryLine = memo(function HistoryLine(props: {
  line: Line;
  history: History;
  deeds: HistoryDeeds;
  on: Onlooker;
  /** Took it back, if one did. */
  undone: number | undefined;
  /** Snapshots of its revision, comma between. */
  snapshots: string;
  isNews: boolean;
  onSnapshot(revision: number): void;
}): React.JSX.Element {
  const { line, history, deeds, on, undone, snapshots, isNews, onSnapshot } = props;
  const { trans, notebook } = useSurroundings();
  const readOnly = useSelected(state => state.readOnly);
  const offline = useSelected(state => state.status.kind === 'offline');
  const newest = useSelected(state => state.meta.revision);
  const [isOpen, setOpen] = useState(false);
  const { entries, notes } = line;
  const [entry, oldest] = [entries[0]!, entries[entries.length - 1]!];
  const { revision, origin } = entry;
  const parts = toldOf(line);
  const shown = parts.slice(0, SHOWN);
  const label = labelWords(entry, trans);
  const isRun = entries.length > 1;
  const run = notes.find(note => note.kind === 'run');
  const said = notes.filter(note => note.kind === 'renamed' || parts.length === 0);
  const isLong =
    isRun ||
    parts.length > SHOWN ||
    parts.some(part => !isBrief(part.before) || !isBrief(part.after));
  const time =
    isRun && timeWords(oldest.at) !== timeWords(entry.at)
      ? `${timeWords(oldest.at)} – ${timeWords(entry.at)}`
      : timeWords(entry.at);
  const details = [
    authorWords(origin, on, trans),
    ...(isRun ? [trans._n('%1 change', '%1 changes', entries.length)] : []),
    ...(run?.kind === 'run' && parts.length > 0 ? [runWords(run, trans)] : []),
    time
  ];
  const cell = origin.cell;
  const names = [...new Set(line.edits.map(edit => edit.name))];
  const canWrite = !readOnly && !offline;
  return (
    <li
      className="jp-HistoryLine"
      data-testid="history-line"
      data-key={line.key}
      data-revision={revision}
      data-news={isNews}
      data-undone={undone !== undefined}
    >
      <button
        type="button"
        className="jp-HistoryLine-number"
        data-testid="history-look"
        aria-label={trans.__('Look at revision %1', revision)}
        title={trans.__('Look at revision %1, without changing anything', revision)}
        onClick={() => deeds.look(revision)}
      >
        {revision}
      </button>
      <div className="jp-HistoryLine-body">
        {label === null ? null : <div className="jp-HistoryLine-label">{label}</div>}
        {shown.map((part, i) => (
          <div key={i} className="jp-HistoryLine-edit">
            <HistoryEdit edit={part} />
          </div>
        ))}
        {said.map((note, i) => (
          <div key={`note-${i}`} className="jp-HistoryLine-edit">
            {noteWords(note, trans)}
          </div>
        ))}
        {shown.length === 0 && said.length === 0 && label === null ? (
          <div className="jp-HistoryLine-edit">{trans.__('nothing is different after it')}</div>
        ) : null}
        <div className="jp-HistoryLine-who" title={fullTime(entry.at)} data-testid="history-who">
          {details.join(' · ')}
        </div>
        {undone === undefined ? null : (
          <span className="jp-HistoryLine-mark">{trans.__('taken back by %1', undone)}</span>
        )}
        {snapshots === '' ? null : (
          <span className="jp-HistoryLine-mark" data-mark="snapshot">
            {trans.__('snapshot %1', snapshots)}
          </span>
        )}
        {isLong ? (
          <button
            type="button"
            className="jp-SessionButton jp-mod-link jp-HistoryLine-more"
            data-testid="history-open"
            aria-expanded={isOpen}
            onClick={() => setOpen(!isOpen)}
          >
            {isOpen ? (
              <Icon of={caretDownIcon} size="12px" />
            ) : (
              <Icon of={caretRightIcon} size="12px" />
            )}
            {isOpen
              ? trans.__('Less')
              : isRun
                ? trans.__('Each of them')
                : parts.length > SHOWN
                  ? trans.__('%1 more', parts.length - SHOWN)
                  : trans.__('In full')}
          </button>
        ) : null}
        {!isOpen ? null : isRun ? (
          <ol className="jp-HistoryLine-each">
            {entries.map(each => (
              <li key={each.revision}>
                <button
                  type="button"
                  className="jp-HistoryLine-number"
                  aria-label={trans.__('Look at revision %1', each.revision)}
                  onClick={() => deeds.look(each.revision)}
                >
                  {each.revision}
                </button>
                <span>
                  {each.edits.map((edit, i) => (
                    <React.Fragment key={i}>
                      {i === 0 ? null : ', '}
                      <HistoryEdit edit={edit} width={16} />
                    </React.Fragment>
                  ))}
                  {each.edits.length > 0
                    ? null
                    : each.notes.map(note => noteWords(note, trans)).join(', ')}
                </span>
              </li>
            ))}
          </ol>
        ) : (
          line.edits.map(edit => <HistorySides key={edit.name} edit={edit} />)
        )}
      </div>
      <MenuButton
        testid="history-line-menu"
        label={trans.__('Actions for revision %1', revision)}
        title={trans.__('Actions for revision %1', revision)}
        quiet
        items={() => [
          { id: 'look', label: trans.__('Look at It'), run: () => deeds.look(revision) },
          {
            id: 'compare-now',
            label: trans.__('Compare with Now'),
            run: () => void history.compare(revision, newest)
          },
          {
            id: 'compare-before',
            label: trans.__('Compare with Before It'),
            run: () => void history.compare(oldest.revision - 1, revision)
          },
          null,
          {
            id: 'take-back',
            label: trans.__('Take Back'),
            enabled: canWrite && !isRun && undone === undefined && line.edits.length > 0,
            run: () => deeds.undo(revision)
          },
          {
            id: 'restore',
            label: trans.__('Go Back to It'),
            enabled: canWrite && revision < newest,
            run: () => deeds.restore(revision)
          },
          {
            id: 'snapshot',
            label: trans.__('Keep as Snapshot…'),
            enabled: canWrite,
            run: () => onSnapshot(revision)
          },
          null,
          ...names.slice(0, 3).map((name, i) => ({
            id: `only-${i}`,
            label: trans.__('Only Changes of %1', name),
            run: () => history.open(name)
          })),
          {
            id: 'cell',
            label: trans.__('Show the Cell'),
            enabled: cell !== undefined && on.cellNumber(cell) !== null,
            run: () => notebook?.showCell(cell!)
          }
        ]}
      />
    </li>
  );
});
