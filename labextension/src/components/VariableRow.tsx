import React, { memo, useEffect, useRef, useState } from 'react';

import { useClient, useSelected, useSurroundings, useVariable } from '../context';
import { ConflictCard } from './ConflictCard';
import { hasNoField } from './declared';
import { kindOf, opensWhole } from './kinds';
import { isUnset, specProblem } from '../specs';
import { refusedOf, RefusedCard } from './RefusedCard';
import { RowHead } from './RowHead';
import { RowPast } from './RowPast';
import { useRows } from './rows';
import { useRemembered } from './useRemembered';
import { useRowDrag } from './useRowDrag';
import { WaysContext, type Ways } from './ValueBar';
import { ValueEditor, type Shown } from './ValueEditor';

export const VariableRow = memo(function VariableRow(props: {
  name: string;
  /** A step that wrote this is stale. */
  isStale: boolean;
  /** It stands under the title of names that begin alike. */
  inPrefix?: boolean;
}): React.JSX.Element | null {
  const { name, isStale, inPrefix = false } = props;
  const row = useVariable(name);
  const conflict = useSelected(state => state.conflicts.get(name));
  const refused = useSelected(state => refusedOf(state.refused, name));
  const readOnly = useSelected(state => state.readOnly);
  const isInvalid = useSelected(state => state.invalid.has(name));
  const client = useClient();
  const { trans, notify } = useSurroundings();
  const [shown, setShown] = useRemembered<Shown>(`shown ${name}`, 'brief');
  // An editor that comes back into view does not take the focus from where it is.
  const isAsked = useRef(false);
  const [renames, setRenames] = useState(false);
  const isHidden = row !== undefined && isInvalid && hasNoField(row.spec, row.value);
  useEffect(() => {
    // An earlier page has left a text in the field for JSON.
    if (isHidden && shown === 'brief') {
      setShown('json');
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [isHidden]);
  const { move } = useRows();
  const drag = useRowDrag(name);
  const line = useRef<HTMLDivElement>(null);
  if (row === undefined) {
    return null;
  }
  const { value, pending, spec } = row;
  const show = (next: Shown): void => {
    isAsked.current = true;
    if (!isInvalid) {
      setShown(next);
      return;
    }
    // It would be out of sight, and no cell would start for it.
    notify({
      text: trans.__('What you typed into %1 is not valid: correct it, or throw it away.', name),
      action: {
        label: trans.__('Throw Away'),
        run: () => {
          client.setInvalid(name, null);
          setShown(next);
        }
      }
    });
  };
  const isLocked = spec?.locked === true;
  const fixed = readOnly || isLocked;
  const wrong = pending
    ? null
    : isUnset(row)
      ? trans.__('No value yet.')
      : specProblem(spec, value);
  const closable = shown === 'json' || (shown === 'whole' && opensWhole(kindOf(value)));
  const ways: Ways | null = closable
    ? {
        name,
        readOnly: fixed,
        json: shown === 'whole' ? () => show('json') : null,
        close: () => {
          show('brief');
          requestAnimationFrame(() =>
            line.current?.querySelector<HTMLElement>('[data-testid="editor"]')?.focus()
          );
        }
      }
    : null;
  const state =
    conflict !== undefined
      ? 'conflict'
      : isInvalid
        ? 'unsaved'
        : pending
          ? 'pending'
          : wrong !== null
            ? 'invalid'
            : isStale
              ? 'stale'
              : 'saved';
  return (
    <div
      ref={line}
      className="jp-SessionRow"
      role="group"
      aria-label={name}
      data-testid="row"
      data-name={name}
      data-state={state}
      data-in-prefix={inPrefix}
      {...drag.target}
      // Before a field takes the arrow for a step of its number.
      onKeyDownCapture={event => {
        if (event.altKey && event.shiftKey && /^Arrow(Up|Down)$/.test(event.key)) {
          event.preventDefault();
          event.stopPropagation();
          move(name, event.key === 'ArrowUp' ? -1 : 1);
        }
      }}
    >
      <RowHead
        row={row}
        isStale={isStale}
        readOnly={readOnly}
        shown={shown}
        onOpen={show}
        renames={renames}
        onRename={setRenames}
        handle={drag.handle}
      />
      <RowPast row={row} />
      {conflict === undefined ? null : <ConflictCard conflict={conflict} />}
      <WaysContext.Provider value={ways}>
        <ValueEditor
          name={name}
          value={value}
          spec={spec}
          readOnly={fixed}
          shown={shown}
          takesFocus={isAsked.current}
          onOpen={show}
        />
      </WaysContext.Provider>
      {wrong === null ? null : (
        <div className="jp-SessionRow-problem" data-testid="invalid">
          {wrong}
        </div>
      )}
      {refused === undefined ? null : <RefusedCard refused={refused} onOpen={() => show('json')} />}
    </div>
  );
});
