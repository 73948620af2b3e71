import React, { useContext, useSyncExternalStore } from 'react';

import { useClient, useSelected, useSurroundings, useTrans } from '../context';
import type { Looked } from '../history';
import type { ViewRow } from '../overlay';
import { isPurged, partsOf, sameSide, type Edit, type Side } from '../timeline';
import { Button } from './Button';
import { errorSentence } from './sentences';
import { StepTrace, TraceContext } from './StepTrace';
import { apartWords, editWords, pathWords, sideWords } from './historywords';
import { useHistoryPart, useLooked } from './useHistory';

const LONGEST = 2000;
const SHOWN = 3;

/**
 * Under a row's head: in a revision that is looked at, what stands now; else where the value came from, if somebody asks,
 * what an edit waits for, or what changed while one was away.
 */
export function RowPast(props: { row: ViewRow }): React.JSX.Element | null {
  const looked = useLooked();
  const traced = useContext(TraceContext);
  if (looked !== null) {
    return <RowThen row={props.row} looked={looked} />;
  }
  return (
    <>
      {traced?.trace.row.name === props.row.name ? <StepTrace {...traced} /> : null}
      <RowNews row={props.row} />
    </>
  );
}

function RowNews(props: { row: ViewRow }): React.JSX.Element | null {
  const { row } = props;
  const trans = useTrans();
  const waitsFor = useSelected(state =>
    state.status.kind === 'offline' ? undefined : state.held.get(row.name)
  );
  const was = useHistoryPart(state => state.away?.names.get(row.name) ?? null);
  if (waitsFor !== undefined) {
    return (
      <div className="jp-SessionRow-held" data-testid="row-held">
        {trans.__('waits for %1 · Enter sends it', waitsFor)}
      </div>
    );
  }
  if (was === null || row.pending) {
    return null;
  }
  return (
    <div className="jp-SessionRow-news" data-testid="row-news">
      {was === 'absent'
        ? trans.__('new while you were away')
        : was === 'unknown'
          ? trans.__('changed while you were away')
          : trans.__('while you were away, was %1', sideWords(was, trans, 24))}
    </div>
  );
}

function RowThen(props: { row: ViewRow; looked: Looked }): React.JSX.Element {
  const { row, looked } = props;
  const { name, value, spec } = row;
  const { trans, notify, history } = useSurroundings();
  const shown = useClient();
  const now = history?.client ?? shown;
  const current = useSyncExternalStore(now.subscribe, () => now.getState().variables.get(name));
  const readOnly = useSyncExternalStore(now.subscribe, () => now.getState().readOnly);
  const then: Side = { value };
  const stands: Side = current === undefined ? 'absent' : { value: current.value };
  if (sameSide(then, stands)) {
    return (
      <div className="jp-SessionRow-then" data-testid="row-then" data-same="true">
        {trans.__('the same now')}
      </div>
    );
  }
  const put = (side: Side, words: string): void => {
    try {
      if (side === 'absent') {
        now.deleteVariable(name);
      } else if (typeof side === 'object') {
        now.setVariable(name, side.value);
        if (current === undefined && spec !== undefined) {
          now.declareVariable(name, spec);
        }
      }
      void now.flush();
      notify({
        text: words,
        ...(side === then
          ? {
              action: {
                label: trans.__('Undo'),
                run: () => put(stands, trans.__('%1 is as it was.', name))
              }
            }
          : {})
      });
    } catch (error) {
      notify({ text: errorSentence(error, trans) });
    }
  };
  // Of two objects what differs: their beginnings are often the same.
  const parts = partsOf({ name, path: [], before: then, after: stands });
  const words = ({ path, before, after }: Edit): string => {
    const [old, next] = [sideWords(before, trans, LONGEST), sideWords(after, trans, LONGEST)];
    return path.length === 0
      ? trans.__('now %1', apartWords(next, old, 32))
      : trans.__(
          '%1: %2, now %3',
          pathWords(path),
          apartWords(old, next, 24),
          apartWords(next, old, 24)
        );
  };
  return (
    <div className="jp-SessionRow-then" data-testid="row-then" data-same="false">
      {stands === 'absent' ? (
        <span>{trans.__('not there now')}</span>
      ) : (
        parts.slice(0, SHOWN).map(part => (
          <span key={pathWords(part.path)} title={editWords(part, trans)}>
            {words(part)}
          </span>
        ))
      )}
      {parts.length > SHOWN ? <span>{trans.__('%1 more', parts.length - SHOWN)}</span> : null}
      <Button
        look="link"
        testid="row-restore"
        aria-label={trans.__('Restore %1 to this value', name)}
        disabled={readOnly || isPurged(then) || current?.spec?.locked === true}
        onClick={() =>
          put(then, trans.__('%1 has its value of revision %2 again.', name, looked.revision))
        }
      >
        {trans.__('Restore')}
      </Button>
    </div>
  );
}
