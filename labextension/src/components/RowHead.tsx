import React from 'react';

import { useSelected, useTrans } from '../context';
import { kernelOnly } from '../freshness';
import { isPythonName } from '../names';
import type { ViewRow } from '../overlay';
import { declaredWords } from './declared';
import { RenameField } from './RenameField';
import { RowAbout } from './RowAbout';
import { RowCheck } from './RowCheck';
import { RowMenu } from './RowMenu';
import { RowName } from './RowName';
import { useRows } from './rows';
import type { useRowDrag } from './useRowDrag';
import type { Shown } from './ValueEditor';
import { WrittenBy } from './WrittenBy';

/**
 * What a row is known by. Where there is no room for all of it on one line, the type goes first, then how long ago it was
 * written; then who wrote it stands on a line of its own.
 */
export function RowHead(props: {
  row: ViewRow;
  isStale: boolean;
  readOnly: boolean;
  shown: Shown;
  onOpen(shown: Shown): void;
  renames: boolean;
  onRename(renames: boolean): void;
  handle: ReturnType<typeof useRowDrag>['handle'];
}): React.JSX.Element {
  const { row, isStale, readOnly, shown, onOpen, renames, onRename, handle } = props;
  const { name, value, pending, spec } = row;
  const trans = useTrans();
  const { selection } = useRows();
  const newer = useSelected(state => kernelOnly(state.steps.values(), state.saved).get(name)?.step);
  const isLocked = spec?.locked === true;
  const kind = declaredWords(spec, value, trans);
  const title = isPythonName(name)
    ? name
    : trans.__('%1, in cells: %2', name, `session[${JSON.stringify(name)}]`);
  return (
    <>
      <div
        className="jp-SessionRow-head"
        {...(renames ? {} : handle)}
        onClick={event => {
          const isLine = !(event.target as Element).closest('button, input');
          if (isLine && event.shiftKey) {
            selection.extend(name);
          } else if (isLine && (event.ctrlKey || event.metaKey)) {
            selection.toggle(name);
          }
        }}
      >
        <RowCheck name={name} />
        <div className="jp-SessionRow-words">
          {renames ? (
            <RenameField name={name} onEnd={() => onRename(false)} />
          ) : (
            <RowName name={name} title={`${title}\n${kind}`} />
          )}
          <span className="jp-SessionRow-rest">
            <span className="jp-SessionRow-kinds">
              <span className="jp-SessionRow-kind" data-testid="type" title={kind}>
                {kind}
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
            {newer === undefined || pending ? null : (
              <span
                className="jp-SessionPill"
                data-state="stale"
                data-testid="older"
                title={trans.__(
                  '%1 has made a newer %2 since, which could not be stored and is in its kernel only.',
                  newer,
                  name
                )}
              >
                {trans.__('older')}
              </span>
            )}
            <WrittenBy row={row} />
          </span>
        </div>
        <RowMenu
          row={row}
          readOnly={readOnly}
          isOpen={shown === 'json'}
          onOpen={open => onOpen(open ? 'json' : 'brief')}
          onRename={() => onRename(true)}
        />
      </div>
      {spec?.description === undefined ? null : <RowAbout text={spec.description} />}
    </>
  );
}
