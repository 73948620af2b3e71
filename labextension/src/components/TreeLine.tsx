import { caretDownIcon, caretRightIcon, ellipsesIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useId, useRef, useState } from 'react';

import { useTrans } from '../context';
import { isNumber, isObject, type Json } from '../json';
import { memberAt, replaced, type TreeItem, type TreeRow } from '../treerows';
import { typedOf } from '../typed';
import { Icon } from './Icon';
import { Button } from './Button';
import { FieldMessage } from './FieldMessage';
import { cellText, kindWords } from './kinds';
import { PlaceField } from './PlaceField';

/** What a line asks of its tree. */
export interface TreeActions {
  go(pointer: string | undefined): void;
  toggle(item: TreeItem): void;
  more(row: TreeRow): void;
  edit(item: TreeItem, what: 'key' | 'value'): void;
  /** The pointer to go on from, or null where the focus has gone elsewhere. */
  endEdit(pointer: string | null): void;
  rename(item: TreeItem, key: string): void;
  change(next: Json): void;
  menu(item: TreeItem, anchor: HTMLElement): void;
  problem(text: string | null): void;
}

// Deeper levels are told by their number alone: a sidebar has no room for more.
const DEEPEST_INDENT = 7;
const INDENT = 12;

interface LineProps {
  name: string;
  whole: Json;
  row: TreeRow;
  isCurrent: boolean;
  editing: 'key' | 'value' | null;
  readOnly: boolean;
  messageId: string;
  problem: string | null;
  actions: TreeActions;
}

export function TreeLine(props: LineProps): React.JSX.Element {
  const { row, isCurrent, messageId, problem, actions } = props;
  const trans = useTrans();
  const style = { paddingLeft: (Math.min(row.level, DEEPEST_INDENT) - 1) * INDENT };
  if (row.kind === 'more') {
    return (
      <div
        className="jp-SessionTree-line"
        role="treeitem"
        aria-level={row.level}
        tabIndex={isCurrent ? 0 : -1}
        style={style}
        data-testid="tree-more"
        data-pointer={row.pointer}
        onClick={() => actions.more(row)}
      >
        <span className="jp-SessionTree-more">{trans.__('%1 more …', row.left)}</span>
      </div>
    );
  }
  return (
    <div
      className="jp-SessionTree-line"
      role="treeitem"
      aria-level={row.level}
      aria-posinset={row.place}
      aria-setsize={row.count}
      aria-label={trans.__('%1: %2', row.key, cellText(row.value, trans, 80))}
      {...(row.isOpen === null ? {} : { 'aria-expanded': row.isOpen })}
      tabIndex={isCurrent ? 0 : -1}
      style={style}
      data-testid="tree-item"
      data-pointer={row.pointer}
      onFocus={event =>
        event.target === event.currentTarget && !isCurrent && actions.go(row.pointer)
      }
    >
      <ItemLine {...props} item={row} />
      <FieldMessage id={messageId} problem={problem} />
    </div>
  );
}

function ItemLine(props: LineProps & { item: TreeItem }): React.JSX.Element {
  const { name, whole, item, editing, readOnly, messageId, actions } = props;
  const trans = useTrans();
  const Caret = item.isOpen === true ? caretDownIcon : caretRightIcon;
  return (
    <div className="jp-SessionTree-item">
      <span
        className="jp-SessionTree-caret"
        aria-hidden="true"
        onClick={() => item.isOpen !== null && actions.toggle(item)}
      >
        {item.isOpen === null ? null : <Icon of={Caret} />}
      </span>
      {editing === 'key' ? (
        <KeyField item={item} whole={whole} actions={actions} />
      ) : (
        <span
          className="jp-SessionTree-key"
          title={item.key}
          onClick={() => item.isOpen !== null && actions.toggle(item)}
          onDoubleClick={() => !readOnly && !item.isInList && actions.edit(item, 'key')}
        >
          {item.key}
        </span>
      )}
      {editing === 'value' ? (
        <PlaceField
          key={item.pointer}
          name={name}
          whole={whole}
          place={item.value}
          replace={next => replaced(whole, item.pointer, next)}
          label={trans.__('Value of %1', item.key)}
          messageId={messageId}
          onProblem={actions.problem}
          onEnd={move => actions.endEdit(move === null ? null : item.pointer)}
        />
      ) : (
        <LeafText {...props} />
      )}
      <Button
        look="quiet"
        testid="tree-menu"
        tabIndex={-1}
        aria-label={trans.__('Actions for %1', item.key)}
        aria-haspopup="menu"
        aria-expanded="false"
        title={trans.__('Actions for %1', item.key)}
        onClick={event => actions.menu(item, event.currentTarget)}
      >
        <Icon of={ellipsesIcon} />
      </Button>
    </div>
  );
}

function tokenOf(value: Json): string {
  if (isNumber(value)) {
    return 'number';
  }
  if (typeof value === 'string') {
    return 'text';
  }
  return value === null || typeof value === 'boolean' ? 'word' : 'mark';
}

function LeafText(props: LineProps & { item: TreeItem }): React.JSX.Element {
  const { whole, item, readOnly, actions } = props;
  const { value } = item;
  const trans = useTrans();
  const isScalar = typedOf(value)?.is === 'scalar';
  const token = isScalar ? 'number' : tokenOf(value);
  const text = item.isOpen === true ? kindWords(value, trans) : cellText(value, trans, 80);
  const isLeaf = item.isOpen === null;
  const canEdit = !readOnly && isLeaf && (isScalar || typedOf(value) === null);
  if (typeof value === 'boolean' && canEdit) {
    return (
      <span className="jp-SessionTree-value">
        <input
          type="checkbox"
          tabIndex={-1}
          aria-label={item.key}
          checked={value}
          onChange={() => actions.change(replaced(whole, item.pointer, !value))}
        />{' '}
        <span data-token="word">{text}</span>
      </span>
    );
  }
  return (
    <span
      className="jp-SessionTree-value"
      data-token={token}
      data-testid="tree-value"
      title={text}
      onClick={() => {
        if (canEdit) {
          actions.edit(item, 'value');
        } else if (!isLeaf) {
          actions.toggle(item);
        }
      }}
    >
      {text === '' ? trans.__('empty text') : text}
    </span>
  );
}

function KeyField(props: { item: TreeItem; whole: Json; actions: TreeActions }): React.JSX.Element {
  const { item, whole, actions } = props;
  const trans = useTrans();
  const message = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(item.key);
  useEffect(() => {
    // The menu gives the focus back to its button first.
    const timer = setTimeout(() => input.current?.select());
    return () => clearTimeout(timer);
  }, []);
  const siblings = memberAt(whole, item.parent);
  const isTaken =
    text !== item.key &&
    siblings !== undefined &&
    isObject(siblings) &&
    Object.hasOwn(siblings, text);
  const problem = isTaken
    ? trans.__('There is a key of this name.')
    : text.isWellFormed()
      ? null
      : trans.__('This has half a character in it, which no file can store.');
  // A field that goes away is left, too: what was decided counts once.
  const isDone = useRef(false);
  const end = (saves: boolean): void => {
    if (isDone.current || (saves && problem !== null)) {
      return;
    }
    isDone.current = true;
    if (saves && text !== item.key) {
      actions.rename(item, text);
    } else {
      actions.endEdit(item.pointer);
    }
  };
  return (
    <span className="jp-SessionTree-keyfield">
      <input
        ref={input}
        className="jp-SessionPlace"
        data-testid="tree-key"
        aria-label={trans.__('New key of %1', item.key)}
        aria-invalid={problem !== null}
        aria-describedby={message}
        spellCheck={false}
        value={text}
        onChange={event => setText(event.target.value)}
        onBlur={() => end(problem === null)}
        onKeyDown={event => {
          event.stopPropagation();
          if (event.key === 'Enter') {
            event.preventDefault();
            end(true);
          } else if (event.key === 'Escape') {
            event.preventDefault();
            end(false);
          }
        }}
      />
      <FieldMessage id={message} problem={problem} />
    </span>
  );
}
