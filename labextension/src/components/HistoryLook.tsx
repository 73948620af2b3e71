import { caretDownIcon, caretLeftIcon, caretUpIcon, type LabIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useMemo, useRef, useState } from 'react';

import { PLAIN } from '../arrangement';
import { SessionContext, useSelected, useTrans } from '../context';
import { Button } from './Button';
import { FilterField } from './FilterField';
import { IconButton } from './IconButton';
import type { History, Looked } from '../history';
import type { Row } from '../model';
import { Selection } from '../selection';
import { sameSide, type Side } from '../timeline';
import { RowList } from './RowList';
import { RowsContext } from './rows';
import { useClock } from './useClock';
import { useFocusBack } from './useFocusBack';
import { useGroups } from './useGroups';
import { LookedContext } from './useHistory';
import type { HistoryDeeds } from './useHistoryDeeds';
import { momentWords } from './moments';

const NONE: ReadonlySet<string> = new Set();

/** The rows as they stood at a revision: nothing can be edited, and nothing that happens now disturbs. */
export function HistoryLook(props: {
  history: History;
  looked: Looked;
  deeds: HistoryDeeds;
}): React.JSX.Element {
  const { history, looked, deeds } = props;
  const { revision, at, client } = looked;
  const trans = useTrans();
  const now = useClock();
  const offline = useSelected(state => state.status.kind === 'offline');
  const canWrite = useSelected(state => !state.readOnly) && !offline;
  const current = useSelected(state => state.variables);
  const scroller = useRef<HTMLDivElement>(null);
  const top = useRef<HTMLButtonElement>(null);
  useFocusBack(top, '[data-testid="history-filter"]');
  useEffect(() => top.current?.focus(), []);
  const newest = useSelected(state => state.meta.revision);
  const [filter, setFilter] = useState('');
  const [isOnly, setOnly] = useState(false);
  const then = client.getState().variables;
  const missing = [...current.keys()].filter(name => !then.has(name));
  const differing = useMemo(
    () =>
      new Set(
        [...then.keys()].filter(name => !sameSide(sideAt(then, name), sideAt(current, name)))
      ),
    [then, current]
  );
  const turns: [string, LabIcon, string, number, boolean][] = [
    ['look-before', caretDownIcon, trans.__('The revision before it'), revision - 1, revision > 0],
    ['look-after', caretUpIcon, trans.__('The revision after it'), revision + 1, revision < newest]
  ];
  return (
    <>
      <div
        className="jp-HistoryBanner"
        role="region"
        aria-label={trans.__('Looking at revision %1', revision)}
        data-testid="looked"
        data-revision={revision}
      >
        <IconButton
          ref={top}
          icon={caretLeftIcon}
          testid="history-back"
          label={trans.__('Back to the history')}
          onClick={history.back}
        />
        <p role="status">
          <b>
            {at === null
              ? trans.__('Looking at revision %1', revision)
              : trans.__(
                  'Looking at revision %1, of %2',
                  revision,
                  momentWords(at, Math.max(at, now))
                )}
          </b>
          <span>{trans.__('Read-only: nothing is changed by looking.')}</span>
        </p>
        <div className="jp-HistoryActions">
          <Button testid="back-to-now" onClick={history.close}>
            {trans.__('Back to now')}
          </Button>
          <Button
            look="accent"
            testid="restore-all"
            disabled={!canWrite}
            onClick={() => deeds.restore(revision)}
          >
            {trans.__('Restore all')}
          </Button>
        </div>
      </div>
      <div className="jp-HistoryLook-line">
        <FilterField
          testid="look-filter"
          label={trans.__('Filter variables by name')}
          placeholder={trans.__('Filter %1', then.size)}
          value={filter}
          onChange={setFilter}
        />
        {turns.map(([testid, icon, label, to, canGo]) => (
          <IconButton
            key={testid}
            icon={icon}
            testid={testid}
            label={label}
            idle={!canGo}
            onClick={() => deeds.look(to)}
          />
        ))}
        <Button testid="look-only" aria-pressed={isOnly} onClick={() => setOnly(!isOnly)}>
          {trans.__('Only what differs: %1', differing.size)}
        </Button>
      </div>
      <div className="jp-SessionBody" ref={scroller} data-testid="looked-rows">
        {missing.length === 0 ? null : (
          <p className="jp-HistorySentence" data-testid="looked-missing">
            {trans._n(
              'One variable was not there: %2',
              '%1 variables were not there: %2',
              missing.length,
              missing.slice(0, 8).join(', ') + (missing.length > 8 ? ' …' : '')
            )}
          </p>
        )}
        {then.size === 0 ? (
          <p className="jp-HistorySentence">{trans.__('There was no variable yet.')}</p>
        ) : null}
        <SessionContext.Provider value={client}>
          <LookedContext.Provider value={looked}>
            <LookedRows filter={filter} only={isOnly ? differing : null} scroller={scroller} />
          </LookedContext.Provider>
        </SessionContext.Provider>
      </div>
    </>
  );
}

function sideAt(rows: ReadonlyMap<string, Row>, name: string): Side {
  const row = rows.get(name);
  return row === undefined ? 'absent' : { value: row.value };
}

function LookedRows(props: {
  filter: string;
  /** Those that are shown; null for all. */
  only: ReadonlySet<string> | null;
  scroller: React.RefObject<HTMLElement>;
}): React.JSX.Element {
  const { filter, only } = props;
  const trans = useTrans();
  const all = useGroups(filter, PLAIN.order, PLAIN.own, null);
  const groups = useMemo(() => {
    const kept = (names: readonly string[]): readonly string[] =>
      only === null ? names : names.filter(name => only.has(name));
    return { ...all, parameters: kept(all.parameters), results: kept(all.results) };
  }, [all, only]);
  const rows = useMemo(
    () => ({ selection: new Selection(), move: () => undefined, place: () => undefined }),
    []
  );
  if (all.count > 0 && groups.parameters.length + groups.results.length === 0) {
    return (
      <p className="jp-HistorySentence" data-testid="looked-none">
        {filter.trim() === ''
          ? trans.__('All of it is the same now.')
          : trans.__('No variable is named like this.')}
      </p>
    );
  }
  return (
    <RowsContext.Provider value={rows}>
      <RowList
        groups={groups}
        arrangement={PLAIN}
        stale={NONE}
        scroller={props.scroller}
        onClose={() => undefined}
      />
    </RowsContext.Provider>
  );
}
