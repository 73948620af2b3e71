import React, { useCallback, useMemo, useRef } from 'react';

import { placed, type Arrangement } from '../arrangement';
import { useClient, useSurroundings } from '../context';
import type { Selection } from '../selection';
import { deleteVariables, putBack } from './removal';
import { RowList } from './RowList';
import { RowsContext, type Rows } from './rows';
import { SelectionBar } from './SelectionBar';
import { errorSentence } from './sentences';
import type { Groups } from './useGroups';
import type { HeldRow } from './useHeldRow';
import type { RowWalk } from './useRowWalk';

const IN_TEXT =
  'input:not([type="checkbox"], [type="range"]), textarea, select, [contenteditable], [role="tree"], [role="grid"]';

/** The rows with what goes across them: selecting several, and their order. */
export function RowsBody(props: {
  groups: Groups;
  arrangement: Arrangement;
  onArrange(change: Partial<Arrangement>): void;
  selection: Selection;
  walk: RowWalk;
  row: HeldRow;
  stale: ReadonlySet<string>;
  scroller: React.RefObject<HTMLElement>;
}): React.JSX.Element {
  const { groups, arrangement, onArrange, selection, walk, row, stale, scroller } = props;
  const client = useClient();
  const { trans, notify } = useSurroundings();
  const host = useRef<HTMLDivElement>(null);
  // What rows are given stays the same, or all would be drawn again.
  const latest = useRef({ groups, arrangement, onArrange });
  latest.current = { groups, arrangement, onArrange };

  const rows = useMemo((): Rows => {
    const place = (name: string, beside: string, where: 'before' | 'after'): void => {
      const { groups, arrangement, onArrange } = latest.current;
      const group = [groups.parameters, groups.results].find(each => each.includes(name));
      if (group?.includes(beside) === true) {
        const moved = placed(group, name, beside, where);
        const both =
          group === groups.results ? [groups.parameters, moved] : [moved, groups.results];
        // Rows that a filter hides keep their places after these.
        const hidden = arrangement.own.filter(each => !both.flat().includes(each));
        onArrange({ order: 'own', own: [...both.flat(), ...hidden] });
      }
    };
    return {
      selection,
      place,
      move: (name, by) => {
        const { shown } = selection;
        const beside = shown[shown.indexOf(name) + by];
        if (beside !== undefined) {
          place(name, beside, by > 0 ? 'after' : 'before');
        }
      }
    };
  }, [selection]);

  const onClose = useCallback((prefix: string, closed: boolean): void => {
    const { arrangement, onArrange } = latest.current;
    const others = arrangement.closed.filter(each => each !== prefix);
    onArrange({ closed: closed ? [...others, prefix] : others });
  }, []);

  const remove = (): void => {
    const { variables } = client.getState();
    const names = [...selection.getState().names].filter(
      name => variables.get(name)?.spec?.locked !== true
    );
    try {
      const gone = deleteVariables(client, names);
      void client.flush();
      selection.end();
      notify({
        text: trans._n('Deleted %1 variable.', 'Deleted %1 variables.', gone.length),
        action: {
          label: trans.__('Undo'),
          run: () => {
            putBack(client, gone);
            void client.flush();
          }
        }
      });
    } catch (error) {
      notify({ text: errorSentence(error, trans) });
    }
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const target = event.target as Element;
    const { isOn, names } = selection.getState();
    const inText = target.closest(IN_TEXT) !== null;
    if ((event.ctrlKey || event.metaKey) && event.key === 'a' && !inText) {
      selection.all();
    } else if (isOn && event.key === 'Escape') {
      selection.end();
      host.current?.focus();
    } else if (isOn && event.key === 'Delete' && !inText && names.size > 0) {
      remove();
      host.current?.focus();
    } else {
      walk.onKeyDown(event);
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <RowsContext.Provider value={rows}>
      <div
        ref={host}
        className="jp-SessionRows"
        data-testid="rows"
        tabIndex={-1}
        onKeyDown={onKeyDown}
        onFocus={row.onFocus}
        onBlur={row.onBlur}
      >
        <SelectionBar />
        <RowList
          groups={groups}
          arrangement={arrangement}
          held={row.held}
          stale={stale}
          scroller={scroller}
          onClose={onClose}
        />
      </div>
    </RowsContext.Provider>
  );
}
