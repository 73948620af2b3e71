import { caretLeftIcon, closeIcon, redoIcon, undoIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useMemo, useRef, useState } from 'react';

import { useAsk, useSelected, useTrans } from '../context';
import { Button } from './Button';
import { FilterField } from './FilterField';
import { IconButton, MenuButton } from './IconButton';
import type { History, HistoryState } from '../history';
import { linesOf, undoneBy, type Line } from '../timeline';
import { HistoryEarlier } from './HistoryEarlier';
import { HistoryLine } from './HistoryLine';
import { SnapshotForm, SnapshotList } from './HistorySnapshots';
import { matches, refusalWords } from './historywords';
import { SyncLight } from './SyncLight';
import { useClock } from './useClock';
import { useFocusBack } from './useFocusBack';
import { useOnlooker } from './useHistory';
import type { HistoryDeeds } from './useHistoryDeeds';
import { useKeptPlace } from './useKeptPlace';
import { dayWords, momentWords } from './moments';

interface Section {
  title: string;
  about: string | null;
  isNews: boolean;
  lines: Line[];
}

/** The changes of the session, newest first. */
export function HistoryList(props: {
  history: History;
  state: HistoryState;
  deeds: HistoryDeeds;
}): React.JSX.Element {
  const { history, state, deeds } = props;
  const { listing, snapshots, refusal, away } = state;
  const { entries, name, next, isLoaded, isLoading, problem } = listing;
  const trans = useTrans();
  const on = useOnlooker();
  const now = useClock(60_000);
  const [filter, setFilter] = useState('');
  const [naming, setNaming] = useState<{ revision: number | null } | null>(null);
  const [showsSnapshots, setShowsSnapshots] = useState(false);
  const end = useSelected(each => each.status.end);
  const offline = useSelected(each => each.status.kind === 'offline');
  const readOnly = useSelected(each => each.readOnly);
  const newest = useSelected(each => each.meta.revision);
  const scroller = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  useFocusBack(field, '[data-testid="history-button"]');
  useEffect(() => field.current?.focus({ preventScroll: true }), []);
  useAsk('snapshot', () => setNaming({ revision: null }));

  const needle = filter.trim().toLocaleLowerCase();
  const lines = useMemo(() => linesOf(entries), [entries]);
  const shown = useMemo(
    () => lines.filter(line => matches(line, needle, on, trans)),
    [lines, needle, on, trans]
  );
  const undone = useMemo(() => undoneBy(entries), [entries]);
  const named = useMemo(() => {
    const found = new Map<number, string[]>();
    snapshots.forEach(each =>
      found.set(each.revision, [...(found.get(each.revision) ?? []), `“${each.name}”`])
    );
    return found;
  }, [snapshots]);
  const isNews = (line: Line): boolean =>
    away !== null &&
    line.entries[0]!.revision <= away.until &&
    line.entries[0]!.revision > away.since.revision;
  const sections: Section[] = [];
  for (const line of shown) {
    const news = isNews(line);
    const title = news
      ? trans.__('While you were away')
      : dayWords(line.entries[0]!.at, Math.max(now, line.entries[0]!.at), trans);
    const last = sections[sections.length - 1];
    if (last?.title === title) {
      last.lines.push(line);
    } else {
      const about =
        news && away !== null
          ? trans.__('since %1', momentWords(away.since.at, Math.max(now, away.since.at)))
          : null;
      sections.push({ title, about, isNews: news, lines: [line] });
    }
  }
  const [missed, toTop] = useKeptPlace(scroller, lines);
  const isDead = end !== null;
  const canWrite = !readOnly && !offline && !isDead;
  const why = readOnly
    ? trans.__('You may read this session, not change it.')
    : offline
      ? trans.__('The server cannot be reached.')
      : '';
  const trouble = ((): string | null => {
    if (end === 'gone') {
      return trans.__('This session was deleted, and its history with it.');
    }
    if (end !== null) {
      return trans.__('You may no longer use this session.');
    }
    if (offline || problem === '') {
      return trans.__(
        'The server cannot be reached. What came since then is shown once it is there again.'
      );
    }
    if (problem !== null) {
      return problem;
    }
    return readOnly
      ? trans.__('You may read this session, not change it: you can look and compare.')
      : null;
  })();
  return (
    <>
      <div className="jp-SessionHead">
        <div className="jp-SessionHead-line">
          <IconButton
            icon={caretLeftIcon}
            testid="history-close"
            label={trans.__('Back to the variables')}
            onClick={history.close}
          />
          <h2>{trans.__('History')}</h2>
          <SyncLight />
        </div>
        <div className="jp-SessionHead-line">
          <FilterField
            ref={field}
            testid="history-filter"
            label={trans.__('Filter the history by variable, person or value')}
            placeholder={trans.__('Filter')}
            value={filter}
            onChange={setFilter}
          />
          <IconButton
            icon={undoIcon}
            testid="history-undo"
            label={trans.__('Undo your newest change')}
            title={why === '' ? trans.__('Undo your newest change (Ctrl+Z)') : why}
            idle={!canWrite}
            onClick={() => deeds.undo()}
          />
          <IconButton
            icon={redoIcon}
            testid="history-redo"
            label={trans.__('Redo')}
            title={why === '' ? trans.__('Redo what you have undone (Ctrl+Shift+Z)') : why}
            idle={!canWrite}
            onClick={() => deeds.redo()}
          />
          <MenuButton
            testid="history-menu"
            label={trans.__('Actions for the history')}
            items={() => [
              {
                id: 'take-snapshot',
                label: trans.__('Take a Snapshot…'),
                enabled: canWrite,
                run: () => setNaming({ revision: null })
              },
              {
                id: 'snapshots',
                label: trans.__('Snapshots'),
                checked: showsSnapshots,
                run: () => setShowsSnapshots(!showsSnapshots)
              },
              {
                id: 'compare',
                label: trans.__('Compare Two Revisions'),
                enabled: !offline && newest > 0,
                run: () => void history.compare(Math.max(0, newest - 1), newest)
              }
            ]}
          />
        </div>
        {name === null ? null : (
          <div className="jp-SessionHead-line" data-testid="history-only">
            <span className="jp-HistoryOnly">{trans.__('Only %1', name)}</span>
            <IconButton
              icon={closeIcon}
              testid="history-all"
              label={trans.__('Show the changes of all variables')}
              quiet
              onClick={() => history.open()}
            />
          </div>
        )}
      </div>
      <div
        className="jp-SessionBody jp-HistoryBody"
        ref={scroller}
        data-testid="history"
        aria-busy={isLoading}
      >
        {missed === 0 ? null : (
          <button
            type="button"
            className="jp-SessionButton jp-mod-accent jp-HistoryMissed"
            data-testid="history-missed"
            onClick={toTop}
          >
            {trans._n('%1 new change above', '%1 new changes above', missed)}
          </button>
        )}
        {trouble === null ? null : (
          <div className="jp-HistorySentence" role="status" data-testid="history-trouble">
            <p>{trouble}</p>
            {problem !== null && end === null ? (
              <Button onClick={history.retry}>{trans.__('Try again')}</Button>
            ) : null}
          </div>
        )}
        {naming === null ? null : (
          <SnapshotForm
            revision={naming.revision}
            taken={snapshots}
            deeds={deeds}
            onEnd={() => setNaming(null)}
          />
        )}
        {showsSnapshots ? (
          <SnapshotList
            snapshots={snapshots}
            deeds={deeds}
            onTake={() => setNaming({ revision: null })}
            onEnd={() => setShowsSnapshots(false)}
          />
        ) : null}
        {refusal === null ? null : (
          <div className="jp-SessionCard jp-mod-refused" role="alert" data-testid="undo-refused">
            <div className="jp-SessionCard-line jp-mod-text">{refusalWords(refusal, trans)}</div>
            <div className="jp-SessionCard-line jp-mod-actions">
              <Button
                testid="undo-force"
                onClick={() =>
                  refusal.verb === 'undo'
                    ? deeds.undo(refusal.revision ?? undefined, true)
                    : deeds.redo(true)
                }
              >
                {refusal.verb === 'undo'
                  ? trans.__('Take back all the same')
                  : trans.__('Redo all the same')}
              </Button>
              <Button onClick={history.dismissRefusal}>{trans.__('Leave it')}</Button>
            </div>
          </div>
        )}
        {sections.map((section, i) => (
          <section key={`${section.title} ${i}`} aria-label={section.title}>
            <h3 className="jp-SessionTitle">
              {section.title}
              {section.about === null ? null : <span>{section.about}</span>}
            </h3>
            <ul className="jp-HistoryLines">
              {section.lines.map(line => (
                <HistoryLine
                  key={line.key}
                  line={line}
                  history={history}
                  deeds={deeds}
                  on={on}
                  undone={undone.get(line.entries[0]!.revision)}
                  snapshots={line.entries
                    .flatMap(entry => named.get(entry.revision) ?? [])
                    .join(', ')}
                  isNews={section.isNews}
                  onSnapshot={revision => setNaming({ revision })}
                />
              ))}
            </ul>
          </section>
        ))}
        {isLoaded && shown.length === 0 ? (
          <p className="jp-HistorySentence" data-testid="history-none">
            {entries.length > 0
              ? trans.__('No change that is loaded matches.')
              : name === null
                ? trans.__('Nothing has been changed yet. Every change will stand here.')
                : trans.__('The history remembers no change of %1.', name)}
          </p>
        ) : null}
        <HistoryEarlier
          history={history}
          next={next}
          isLoaded={isLoaded}
          isLoading={isLoading}
          isEmpty={entries.length === 0}
          oldest={entries[entries.length - 1]?.revision ?? 0}
          isAll={name === null}
        />
      </div>
    </>
  );
}
