import React, { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import {
  SurroundingsContext,
  useAsk,
  useClient,
  useSelected,
  useSurroundings,
  type Notice
} from '../context';
import type { ChannelEnd } from '../channel';
import { Corrections } from '../corrections';
import type { ViewRow } from '../overlay';
import { Selection } from '../selection';
import { Button } from './Button';
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
import { isInGraph, TraceContext, useTrace } from './StepTrace';
import { StoppedRun } from './TroubleCard';
import { useArrangement } from './useArrangement';
import { useGroups } from './useGroups';
import { useHeldRow } from './useHeldRow';
import { useHistoryPart } from './useHistory';
import { useRemembered, useRememberedScroll } from './useRemembered';
import { useRowWalk } from './useRowWalk';
import { Sought, useShowRow } from './useShowRow';
import { useOutdated, useSteps } from './useSteps';
import { clockTime } from './moments';

const NONE: ReadonlyMap<string, ViewRow> = new Map();

/** One session, from its name to its revision. */
export function SessionView(): React.JSX.Element {
  const around = useSurroundings();
  const { trans } = around;
  const [notice, setNotice] = useState<Notice | null>(null);
  const [adding, setAdding] = useState<{ example: Example | null } | null>(null);
  const [added, setAdded] = useState<{ name: string } | null>(null);
  const [filter, setFilter] = useRemembered('filter', '');
  const [arrangement, arrange] = useArrangement();
  const [selection] = useState(() => new Selection());
  const [traced, setTraced] = useState<string | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  useRememberedScroll(scroller);
  const row = useHeldRow();
  const groups = useGroups(filter, arrangement.order, arrangement.own, row);
  const steps = useSteps();
  const trace = useTrace(traced);
  const isDrawn = trace !== null && arrangement.steps === 'graph' && isInGraph(trace, steps);
  const inRow = useMemo(
    () => (trace === null || isDrawn ? null : { trace, onEnd: () => setTraced(null) }),
    [trace, isDrawn]
  );
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

  const stale = useOutdated(steps);
  const [corrections] = useState(() => new Corrections());
  const [sought] = useState(() => new Sought());
  const showRow = useShowRow({
    scroller,
    sought,
    history: around.history,
    groups,
    arrangement,
    onFilter: setFilter,
    onArrange: arrange
  });
  const walk = useRowWalk(selection, sought, scroller);
  const surroundings = useMemo(
    () => ({ ...around, notify: setNotice, trace: setTraced, corrections, showRow, sought }),
    [around, corrections, showRow, sought]
  );
  useAsk('add', () => setAdding({ example: null }));
  const latest = useRef({ filter, groups, setFilter });
  latest.current = { filter, groups, setFilter };
  // What was added is seen, whatever is filtered or scrolled.
  useEffect(() => {
    if (added === null) {
      return;
    }
    const { filter, groups, setFilter } = latest.current;
    const isShown = [groups.parameters, groups.results].some(each => each.includes(added.name));
    showRow(added.name, 'view');
    if (!isShown && filter.trim() !== '') {
      setNotice({
        text: trans.__('%1 is not like “%2”: the filter is off.', added.name, filter.trim()),
        action: { label: trans.__('Filter Again'), run: () => setFilter(filter) }
      });
    }
  }, [added, showRow, trans]);
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
          onDown={walk.enter}
          onAdd={() => setAdding({ example: null })}
        />
        <StoppedRun />
        <div className="jp-SessionBody" ref={scroller}>
          {end === null ? null : <Ended end={end} />}
          <NewsBar />
          <InstallCard />
          <KeptCard />
          {adding === null ? null : (
            <AddForm
              key={adding.example?.name}
              example={adding.example}
              onEnd={name => {
                setAdding(null);
                setAdded(name === undefined ? null : { name });
              }}
            />
          )}
          {elsewhere.map(each => (
            <RefusedCard key={each.id} refused={each} />
          ))}
          {rowless.map(conflict => (
            <div
              key={conflict.name}
              className="jp-SessionRow"
              data-state="conflict"
              data-testid="rowless"
              data-name={conflict.name}
            >
              <div className="jp-SessionRow-head">
                <span className="jp-SessionRow-name">{conflict.name}</span>
              </div>
              <ConflictCard conflict={conflict} />
            </div>
          ))}
          {groups.count === 0 && adding === null && end === null ? (
            <EmptySession isBrief={steps.length > 0} onAdd={example => setAdding({ example })} />
          ) : null}
          {shown === 0 && groups.count > 0 ? (
            <p className="jp-SessionBody-none">
              {asksForRow(readFilter(filter))
                ? trans.__('No variable is like this.')
                : trans.__('No variable is named like this.')}
              {/(^|\s)(?!type:|value:)\w+:/i.test(filter)
                ? ` ${trans.__('A type is looked for by %1, a value by %2.', 'type:number', 'value:0.1')}`
                : ''}
            </p>
          ) : null}
          <p className="jp-SessionBody-found" role="status" data-testid="found">
            {shown > 0 && filter.trim() !== '' ? trans.__('%1 of %2', shown, groups.count) : ''}
          </p>
          <TraceContext.Provider value={inRow}>
            <RowsBody
              groups={groups}
              arrangement={arrangement}
              onArrange={arrange}
              selection={selection}
              walk={walk}
              row={row}
              stale={stale}
              scroller={scroller}
            />
          </TraceContext.Provider>
          <Steps
            steps={steps}
            look={arrangement.steps}
            onLook={look => arrange({ steps: look })}
            trace={isDrawn ? trace : null}
            onTraceEnd={() => setTraced(null)}
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
  const count = useSelected(state => state.variables.size);
  const start = (withValues: boolean): void => {
    client
      .startAnew(withValues)
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
        {end === 'gone' && count > 0 ? (
          <Button look="accent" testid="start-with-values" onClick={() => start(true)}>
            {trans._n(
              'Start a new one with this value',
              'Start a new one with these %1 values',
              count
            )}
          </Button>
        ) : null}
        <Button
          look={end === 'gone' && count > 0 ? undefined : 'accent'}
          testid="start-anew"
          onClick={() => start(false)}
        >
          {end !== 'gone'
            ? trans.__('Try again')
            : count > 0
              ? trans.__('Start empty')
              : trans.__('Start a new session')}
        </Button>
      </div>
    </div>
  );
}

function Foot(): React.JSX.Element {
  const { trans, history } = useSurroundings();
  const isPast = useHistoryPart(state => state.isOpen || state.looked !== null) ?? false;
  const meta = useSelected(state => state.meta);
  const confirmed = useSelected(state => state.confirmed);
  return (
    <div className="jp-SessionFoot" data-testid="foot">
      <span>{confirmed || meta.revision > 0 ? trans.__('revision %1', meta.revision) : ''}</span>
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
          hidden={isPast}
          onClick={() => history.open()}
        >
          {trans.__('History')}
        </button>
      )}
    </div>
  );
}
