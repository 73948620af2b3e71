import { addIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useId, useMemo, useRef, useState } from 'react';

import { useClient, useSurroundings } from '../context';
import type { Json } from '../json';
import {
  grown,
  memberAt,
  moved,
  pathText,
  removed,
  renamed,
  TREE_PAGE,
  treeRows,
  type TreeItem,
  type TreeRow
} from '../treerows';
import { FieldMessage } from './FieldMessage';
import { IconButton } from './IconButton';
import { openMenu, type MenuItem } from './menu';
import { errorSentence } from './sentences';
import { TreeLine, type TreeActions } from './TreeLine';
import { copiedText, useCopy } from './useCopy';
import { useRemembered } from './useRemembered';
import { ValueBar } from './ValueBar';

const NONE_OPEN: ReadonlySet<string> = new Set();
const NONE_LISTED: ReadonlyMap<string, number> = new Map();

/** A nested value as a tree, to be walked and edited from the keyboard or with a pointer. Each edit changes its place alone. */
export function TreeView(props: {
  name: string;
  value: Json;
  readOnly: boolean;
  /** Somebody opened it just now. */
  takesFocus: boolean;
}): React.JSX.Element {
  const { name, value, readOnly } = props;
  const client = useClient();
  const { trans, notify } = useSurroundings();
  const copy = useCopy();
  const host = useRef<HTMLDivElement>(null);
  const message = useId();
  const [open, setOpen] = useRemembered<ReadonlySet<string>>(`open ${name}`, NONE_OPEN);
  const [shown, setShown] = useRemembered<ReadonlyMap<string, number>>(
    `listed ${name}`,
    NONE_LISTED
  );
  const [at, setAt] = useRemembered<string | null>(`at ${name}`, null);
  const [editing, setEditing] = useState<{ pointer: string; what: 'key' | 'value' } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const takesFocus = useRef(props.takesFocus);
  const rows = useMemo(() => treeRows(value, open, shown), [value, open, shown]);
  const current = rows.find(row => row.pointer === at) ?? rows[0];

  useEffect(() => {
    if (takesFocus.current && editing === null) {
      takesFocus.current = false;
      host.current?.querySelector<HTMLElement>('[role="treeitem"][tabindex="0"]')?.focus();
    }
  });
  const go = (pointer: string | undefined): void => {
    if (pointer !== undefined) {
      takesFocus.current = true;
      setAt(pointer);
    }
  };
  const change = (next: Json): void => {
    try {
      client.editVariable(name, value, next);
      setProblem(null);
      void client.flush();
    } catch (error) {
      setProblem(errorSentence(error, trans));
    }
  };
  const setOpened = (pointer: string, isOpen: boolean): void => {
    const isEditedIn = editing?.pointer.startsWith(`${pointer}/`) === true;
    if (!isOpen && isEditedIn && problem !== null) {
      return;
    }
    const next = new Set(open);
    if (isOpen) {
      next.add(pointer);
    } else {
      next.delete(pointer);
    }
    setOpen(next);
  };
  const add = (parent: string): void => {
    const made = grown(value, parent);
    change(made.value);
    setOpened(parent, true);
    const size = Object.keys(memberAt(made.value, parent) ?? {}).length;
    setShown(new Map(shown).set(parent, Math.max(size, TREE_PAGE)));
    setAt(made.pointer);
    const isList = Array.isArray(memberAt(value, parent));
    setEditing({ pointer: made.pointer, what: isList ? 'value' : 'key' });
  };
  const remove = (item: TreeItem): void => {
    const next = removed(value, item.pointer);
    change(next);
    const index = rows.indexOf(item);
    const after = rows.slice(index + 1).find(row => !row.pointer.startsWith(`${item.pointer}/`));
    // In a list the next one takes its place, and its pointer.
    go(
      item.isInList && after?.parent === item.parent
        ? item.pointer
        : (after ?? rows[index - 1])?.pointer
    );
    notify({
      text: trans.__('Removed %1 from %2.', item.key, name),
      action: {
        label: trans.__('Undo'),
        run: () => {
          client.editVariable(name, next, value);
          void client.flush();
        }
      }
    });
  };
  const move = (item: TreeItem, by: -1 | 1): void => {
    const next = moved(value, item, by);
    if (next !== value) {
      change(next);
      go(`${item.parent}/${Number(item.key) + by}`);
    }
  };
  const more = (row: TreeRow): void => {
    const first = `${row.parent}/${(shown.get(row.parent) ?? TREE_PAGE).toString()}`;
    const size = (shown.get(row.parent) ?? TREE_PAGE) + 4 * TREE_PAGE;
    setShown(new Map(shown).set(row.parent, size));
    go(Array.isArray(memberAt(value, row.parent)) ? first : row.parent);
  };
  const menuOf = (item: TreeItem, anchor: HTMLElement): void => {
    const isBranch = item.isOpen !== null;
    const path = pathText(name, value, item.pointer);
    const read: (MenuItem | null)[] = [
      {
        id: 'tree-copy',
        label: trans.__('Copy Value'),
        run: () => copy(copiedText(item.value), trans.__('Copied the value of %1.', item.key))
      },
      {
        id: 'tree-path',
        label: trans.__('Copy Path'),
        run: () => copy(path, trans.__('Copied %1.', path))
      }
    ];
    const written: (MenuItem | null)[] = [
      null,
      {
        id: 'tree-edit',
        label: trans.__('Edit Value'),
        run: () => setEditing({ pointer: item.pointer, what: 'value' }),
        enabled: !isBranch
      },
      {
        id: 'tree-rename',
        label: trans.__('Rename Key'),
        run: () => setEditing({ pointer: item.pointer, what: 'key' }),
        enabled: !item.isInList
      },
      {
        id: 'tree-add',
        label: trans.__('Add Inside'),
        run: () => add(item.pointer),
        enabled: isBranch
      },
      null,
      {
        id: 'tree-up',
        label: trans.__('Move Up'),
        run: () => move(item, -1),
        enabled: item.isInList && item.place > 1
      },
      {
        id: 'tree-down',
        label: trans.__('Move Down'),
        run: () => move(item, 1),
        enabled: item.isInList && item.place < item.count
      },
      null,
      { id: 'tree-remove', label: trans.__('Remove'), run: () => remove(item) }
    ];
    openMenu(anchor, readOnly ? read : [...read, ...written]);
  };
  const actions: TreeActions = {
    go,
    toggle: item => setOpened(item.pointer, item.isOpen !== true),
    more,
    edit: (item, what) => setEditing({ pointer: item.pointer, what }),
    endEdit: pointer => {
      setEditing(null);
      go(pointer ?? undefined);
    },
    rename: (item, key) => {
      change(renamed(value, item, key));
      setEditing(null);
      go(`${item.parent}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
    },
    change,
    menu: menuOf,
    problem: setProblem
  };

  const onKeyDown = (event: React.KeyboardEvent): void => {
    const pointer = (event.target as Element)
      .closest('[data-pointer]')
      ?.getAttribute('data-pointer');
    const current = rows.find(row => row.pointer === (pointer ?? at)) ?? rows[0];
    if (current === undefined || event.ctrlKey || event.metaKey) {
      return;
    }
    const index = rows.indexOf(current);
    const item = current.kind === 'item' ? current : null;
    const opens = item !== null && item.isOpen !== null;
    if (event.altKey && item !== null && /^Arrow(Up|Down)$/.test(event.key)) {
      if (!readOnly) {
        move(item, event.key === 'ArrowUp' ? -1 : 1);
      }
    } else if (event.key === 'ArrowDown') {
      go(rows[index + 1]?.pointer);
    } else if (event.key === 'ArrowUp') {
      go(rows[index - 1]?.pointer);
    } else if (event.key === 'Home') {
      go(rows[0]?.pointer);
    } else if (event.key === 'End') {
      go(rows[rows.length - 1]?.pointer);
    } else if (event.key === 'ArrowRight') {
      if (opens && !item.isOpen) {
        setOpened(item.pointer, true);
      } else if (opens && rows[index + 1]?.parent === item.pointer) {
        go(rows[index + 1]?.pointer);
      }
    } else if (event.key === 'ArrowLeft') {
      if (opens && item.isOpen) {
        setOpened(item.pointer, false);
      } else if (current.parent !== '') {
        go(current.parent);
      }
    } else if (event.key === 'Enter' || event.key === ' ') {
      if (item === null) {
        more(current);
      } else if (opens) {
        actions.toggle(item);
      } else if (!readOnly) {
        actions.edit(item, 'value');
      }
    } else if (event.key === 'F2' && item !== null && !readOnly) {
      actions.edit(item, item.isInList ? 'value' : 'key');
    } else if (event.key === 'Delete' && item !== null && !readOnly) {
      remove(item);
    } else if (
      (event.key === 'ContextMenu' || (event.shiftKey && event.key === 'F10')) &&
      item !== null
    ) {
      menuOf(item, event.target as HTMLElement);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="jp-SessionTree">
      <div
        ref={host}
        role="tree"
        aria-label={name}
        data-testid="tree"
        onKeyDown={onKeyDown}
        onCopy={event => {
          // Not of a field that stands in a line.
          const line = event.target as HTMLElement;
          const item = rows.find(each => each.pointer === line.dataset.pointer);
          if (item?.kind === 'item') {
            event.preventDefault();
            event.clipboardData.setData('text/plain', copiedText(item.value));
          }
        }}
      >
        {rows.map(row => (
          <TreeLine
            key={row.pointer}
            name={name}
            whole={value}
            row={row}
            isCurrent={row === current}
            editing={editing?.pointer === row.pointer ? editing.what : null}
            readOnly={readOnly}
            messageId={message}
            problem={row.pointer === editing?.pointer ? problem : null}
            actions={actions}
          />
        ))}
      </div>
      {rows.length === 0 ? (
        <p className="jp-SessionTree-none">{trans.__('Nothing in it yet.')}</p>
      ) : null}
      {editing === null ? <FieldMessage id={message} problem={problem} /> : null}
      <ValueBar>
        {readOnly ? null : (
          <IconButton
            icon={addIcon}
            testid="tree-add"
            label={Array.isArray(value) ? trans.__('Add item') : trans.__('Add key')}
            quiet
            onClick={() => add('')}
          />
        )}
      </ValueBar>
    </div>
  );
}
