import React, { memo, useState } from 'react';

import { useSelected, useTrans, useVariable } from '../context';
import { isPythonName } from '../names';
import { ConflictCard } from './ConflictCard';
import { kindOf, kindWords } from './kinds';
import { isUnset, specProblem } from '../specs';
import { refusedOf, RefusedCard } from './RefusedCard';
import { RenameField } from './RenameField';
import { RowMenu } from './RowMenu';
import { ValueEditor } from './ValueEditor';
import { WrittenBy } from './WrittenBy';

export const VariableRow = memo(function VariableRow(props: {
  name: string;
  /** A step that wrote this is stale. */
  isStale: boolean;
}): React.JSX.Element | null {
  const { name, isStale } = props;
  const row = useVariable(name);
  const conflict = useSelected(state => state.conflicts.get(name));
  const refused = useSelected(state => refusedOf(state.refused, name));
  const readOnly = useSelected(state => state.readOnly);
  const trans = useTrans();
  const [isOpen, setOpen] = useState(false);
  const [renames, setRenames] = useState(false);
  if (row === undefined) {
    return null;
  }
  const { value, pending, spec } = row;
  const isLocked = spec?.locked === true;
  const wrong = pending
    ? null
    : isUnset(row)
      ? trans.__('No value yet.')
      : specProblem(spec, value);
  const closable = isOpen && kindOf(value) !== 'number' && kindOf(value) !== 'switch';
  const state =
    conflict !== undefined
      ? 'conflict'
      : pending
        ? 'pending'
        : wrong !== null
          ? 'invalid'
          : isStale
            ? 'stale'
            : 'saved';
  return (
    <div
      className="jp-SessionRow"
      role="group"
      aria-label={name}
      data-testid="row"
      data-name={name}
      data-state={state}
    >
      <div className="jp-SessionRow-head">
        {renames ? (
          <RenameField name={name} onEnd={() => setRenames(false)} />
        ) : (
          <span
            className="jp-SessionRow-name"
            title={
              isPythonName(name)
                ? name
                : trans.__('%1, in cells: %2', name, `session[${JSON.stringify(name)}]`)
            }
          >
            {name}
          </span>
        )}
        <span className="jp-SessionRow-kinds">
          <span className="jp-SessionRow-kind" data-testid="type">
            {kindWords(value, trans)}
          </span>
        </span>
        {isLocked ? (
          <span className="jp-SessionPill" data-state="locked">
            {trans.__('locked')}
          </span>
        ) : null}
        {isStale && !pending ? (
          <span className="jp-SessionPill" data-state="stale">
            {trans.__('stale')}
          </span>
        ) : null}
        <WrittenBy row={row} />
        <RowMenu
          row={row}
          readOnly={readOnly}
          isOpen={isOpen}
          onOpen={setOpen}
          onRename={() => setRenames(true)}
        />
      </div>
      {spec?.description === undefined ? null : (
        <div className="jp-SessionRow-about" data-testid="about" title={spec.description}>
          {spec.description}
        </div>
      )}
      {conflict === undefined ? null : <ConflictCard conflict={conflict} />}
      <ValueEditor
        name={name}
        value={value}
        spec={spec}
        readOnly={readOnly || isLocked}
        isOpen={isOpen}
        onOpen={() => setOpen(true)}
      />
      {wrong === null ? null : (
        <div className="jp-SessionRow-problem" data-testid="invalid">
          {wrong}
        </div>
      )}
      {refused === undefined ? null : <RefusedCard refused={refused} />}
      {closable ? (
        <button
          type="button"
          className="jp-SessionButton jp-mod-link"
          data-testid="editor-close"
          onClick={() => setOpen(false)}
        >
          {trans.__('Close')}
        </button>
      ) : null}
    </div>
  );
});
