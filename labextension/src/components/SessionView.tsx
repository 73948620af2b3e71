import React, { useCallback, useMemo, useRef, useState } from 'react';

import {
  SurroundingsContext,
  useAsk,
  useClient,
  useSelected,
  useSurroundings,
  type Notice
} from '../context';
import type { ChannelEnd } from '../channel';
import type { ViewRow } from '../overlay';
import { Selection } from '../selection';
import { AddForm, type Example } from './AddForm';
import { ConflictCard } from './ConflictCard';
import { EmptySession } from './EmptySession';
import { Head } from './Head';
import { HistoryPane } from './HistoryPane';
import { InstallCard } from './InstallCard';
import { KeptCard } from './KeptCard';
import { NewsBar } from './NewsBar';
import { NoticeBar } from './NoticeBar';
import { refusedOf, RefusedCard } from './RefusedCard';
import { asksForRow, readFilter } from './rowfilter';
import { RowsBody } from './RowsBody';
import { Steps } from './Steps';
import { useArrangement } from './useArrangement';
import { useGroups } from './useGroups';
import { useHeldRow } from './useHeldRow';
import { useRemembered, useRememberedScroll } from './useRemembered';
import { useSteps } from './useSteps';
import { clockTime } from './WrittenBy';

const NONE: ReadonlyMap<string, ViewRow> = new Map();

/** One session, from its name to its revision. */
export function SessionView(): React.JSX.Element {
  const around = useSurroundings();
  const { trans } = around;
  const [notice, setNotice] = useState<Notice | null>(null);
  const [adding, setAdding] = useState<{ example: Example | null } | null>(null);
  const [filter, setFilter] = useRemembered('filter', '');
  const [arrangement, arrange] = useArrangement();
  const [selection] = useState(() => new Selection());
  const [traced, setTraced] = useState<string | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  useRememberedScroll(scroller);
  const row = useHeldRow();
  const groups = useGroups(filter, arrangement.order, arrangement.own, row);
  const steps = useSteps();
  const refused = useSelected(state => state.refused);
  const end = useSelected(state => state.status.end);
  const conflicts = useSelected(state => state.conflicts);
  // Asked where something has no row alone, or all of this would be drawn again on each keystroke.
  const variables = useSelected(({ refused, conflicts, variables }) =>
    refused.length + conflicts.size === 0 ? NONE : variables
  );
  // What a row shows is not said twice.
  const elsewhere = refused.filter(each => {
    const { name } = each.edit.op;
    return !variables.has(name) || refusedOf(refused, name) !== each;
  });

  const outdated = steps.filter(step => step.state === 'stale').flatMap(step => step.outputs);
  const staleKey = JSON.stringify(outdated);
  // The same set as long as it holds the same names: the list is drawn by it.
  const stale = useMemo(() => new Set(JSON.parse(staleKey) as string[]), [staleKey]);
  const surroundings = useMemo(
    () => ({ ...around, notify: setNotice, trace: setTraced }),
    [around]
  );
  /** Of a long list a row that is far away is not in the page: the filter brings it. */
  const showRow = (name: string): void => {
    const row = scroller.current?.querySelector<HTMLElement>(
      `[data-testid="row"][data-name="${CSS.escape(name)}"]`
    );
    if (row == null) {
      setFilter(name);
      scroller.current?.scrollTo?.({ top: 0 });
      return;
    }
    row.scrollIntoView?.({ block: 'center' });
    row
      .querySelector<HTMLElement>('[data-testid="editor"], button')
      ?.focus({ preventScroll: true });
  };
  useAsk('add', () => setAdding({ example: null }));
  const closeNotice = useCallback(() => setNotice(null), []);
  const shown = groups.parameters.length + groups.results.length;
  // A conflict over a variable that is gone has no row to stand on.
  const rowless = [...conflicts.values()].filter(conflict => !variables.has(conflict.name));
  return (
    <SurroundingsContext.Provider value={surroundings}>
      <HistoryPane scroller={scroller}>
        <Head
          steps={steps}
          count={groups.count}
          filter={filter}
          arrangement={arrangement}
          onFilter={setFilter}
          onArrange={arrange}
          onSelect={() => selection.start()}
          onAdd={() => setAdding({ example: null })}
        />
        <div className="jp-SessionBody" ref={scroller}>
          {end === null ? null : <Ended end={end} />}
          <NewsBar />
          <InstallCard />
          <KeptCard />
          {adding === null ? null : (
            <AddForm
              key={adding.example?.name}
              example={adding.example}
              onEnd={() => setAdding(null)}
            />
          )}
          {elsewhere.map(each => (
            <RefusedCard key={each.id} refused={each} />
          ))}
          {rowless.map(conflict => (
            <div key={conflict.name} className="jp-SessionRow" data-state="conflict">
              <div className="jp-SessionRow-head">
                <span className="jp-SessionRow-name">{conflict.name}</span>
              </div>
              <ConflictCard conflict={conflict} />
            </div>
          ))}
          {groups.count === 0 && adding === null ? (
            <EmptySession isBrief={steps.length > 0} onAdd={example => setAdding({ example })} />
          ) : null}
          {shown === 0 && groups.count > 0 ? (
            <p className="jp-SessionBody-none">
              {asksForRow(readFilter(filter))
                ? trans.__('No variable is like this.')
                : trans.__('No variable is named like this.')}
            </p>
          ) : null}
          <RowsBody
            groups={groups}
            arrangement={arrangement}
            onArrange={arrange}
            selection={selection}
            row={row}
            stale={stale}
            scroller={scroller}
          />
          <Steps
            steps={steps}
            look={arrangement.steps}
            onLook={look => arrange({ steps: look })}
            traced={traced}
            onTrace={setTraced}
            onVariable={showRow}
          />
        </div>
      </HistoryPane>
      <NoticeBar notice={notice} onEnd={closeNotice} />
      <Foot />
    </SurroundingsContext.Provider>
  );
}

function Ended(props: { end: ChannelEnd }): React.JSX.Element {
  const { end } = props;
  const { trans, notify } = useSurroundings();
  const client = useClient();
  const start = (): void => {
    client
      .startAnew()
      .catch(() => notify({ text: trans.__('The server did not answer. Try again.') }));
  };
  return (
    <div className="jp-SessionCard jp-mod-refused" role="alert" data-testid="ended">
      <div className="jp-SessionCard-line jp-mod-text">
        {end === 'gone'
          ? trans.__('This session was deleted. What you see is what this browser remembers of it.')
          : trans.__('You may no longer use this session.')}
      </div>
      <div className="jp-SessionCard-line jp-mod-actions">
        <button
          type="button"
          className="jp-SessionButton jp-mod-accent"
          data-testid="start-anew"
          onClick={start}
        >
          {end === 'gone' ? trans.__('Start a new session') : trans.__('Try again')}
        </button>
      </div>
    </div>
  );
}

function Foot(): React.JSX.Element {
  const { trans, history } = useSurroundings();
  const meta = useSelected(state => state.meta);
  const confirmed = useSelected(state => state.confirmed);
  return (
    <div className="jp-SessionFoot" data-testid="foot">
      <span>{trans.__('revision %1', meta.revision)}</span>
      {meta.lastSyncedAt === null ? null : (
        <span>
          {confirmed
            ? trans.__('saved %1', clockTime(meta.lastSyncedAt))
            : trans.__('as this browser remembers it')}
        </span>
      )}
      {history == null ? null : (
        <button
          type="button"
          className="jp-SessionFoot-link"
          data-testid="history-button"
          onClick={() => history.open()}
        >
          {trans.__('History')}
        </button>
      )}
    </div>
  );
}
