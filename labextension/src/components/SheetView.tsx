import { addIcon, deleteIcon } from '@jupyterlab/ui-components';
import React, { useCallback, useEffect, useId, useMemo, useRef, useState } from 'react';

import { useClient, useSurroundings } from '../context';
import { isNumber, type Json } from '../json';
import { specialText } from '../scalartext';
import type { EditableSheet, Sheet } from '../sheet';
import { cellText, editableSheet } from './kinds';
import { FieldMessage } from './FieldMessage';
import { IconButton } from './IconButton';
import { pasted, pastedWords } from './pasting';
import { PlaceField, type Move } from './PlaceField';
import { errorSentence } from './sentences';
import { SheetPager } from './SheetPager';
import { hasLabels } from './TablePreview';
import { useWidth } from './useWidth';
import { ValueBar } from './ValueBar';

const PAGE_ROWS = 12;
const COLUMN_WIDTH = 76;
const LABEL_WIDTH = 44;
// Without a layout, and before the first one.
const USUAL_WIDTH = 300;

interface At {
  row: number;
  column: number;
}

/** A whole table, page by page: rows and columns turn, so that nothing scrolls sideways. Records can be edited. */
export function SheetView(props: {
  name: string;
  value: Json;
  sheet: Sheet;
  readOnly: boolean;
  /** Somebody opened it just now. */
  takesFocus: boolean;
}): React.JSX.Element {
  const { name, value, sheet, readOnly } = props;
  const client = useClient();
  const { trans, notify } = useSurroundings();
  const editable = useMemo(() => (readOnly ? null : editableSheet(value)), [value, readOnly]);
  const host = useRef<HTMLDivElement>(null);
  const width = useWidth(host) || USUAL_WIDTH;
  const message = useId();
  const [at, setAt] = useState<At>({ row: 0, column: 0 });
  const [typing, setTyping] = useState<{ start?: string } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const takesFocus = useRef(props.takesFocus);
  // A second click on a cell opens it; the first one only goes there, to type or paste over it.
  const wasAt = useRef(false);
  // The focus that it has from being opened is not of somebody's choice.
  const isTouched = useRef(false);

  const labelled = editable !== null || hasLabels(sheet);
  const fits = Math.max(1, Math.floor((width - (labelled ? LABEL_WIDTH : 0)) / COLUMN_WIDTH));
  // Others may have taken rows away meanwhile.
  const row = Math.max(0, Math.min(at.row, sheet.rows - 1));
  const column = Math.max(0, Math.min(at.column, sheet.columns.length - 1));
  const top = Math.floor(row / PAGE_ROWS) * PAGE_ROWS;
  const left = Math.floor(column / fits) * fits;
  const rows = range(top, Math.min(sheet.rows, top + PAGE_ROWS));
  const columns = range(left, Math.min(sheet.columns.length, left + fits));

  useEffect(() => {
    if (takesFocus.current && typing === null) {
      takesFocus.current = false;
      host.current?.querySelector<HTMLElement>('[data-at]')?.focus();
    }
  });
  // What is not valid would go with its cell.
  const isStuck = typing !== null && problem !== null;
  const moveTo = (to: At): void => (isStuck ? undefined : setAt(to));
  const go = (to: At): void => {
    takesFocus.current = true;
    moveTo({
      row: Math.max(0, Math.min(sheet.rows - 1, to.row)),
      column: Math.max(0, Math.min(sheet.columns.length - 1, to.column))
    });
  };
  const change = (next: Json): boolean => {
    try {
      client.editVariable(name, value, next);
      setProblem(null);
      void client.flush();
      return true;
    } catch (error) {
      setProblem(errorSentence(error, trans));
      return false;
    }
  };
  const undo = (): void => {
    client.setVariable(name, value);
    void client.flush();
  };
  const onEnd = (move: Move | null): void => {
    setTyping(null);
    if (move !== null) {
      const last = sheet.columns.length - 1;
      const next = column < last ? { row, column: column + 1 } : { row: row + 1, column: 0 };
      go(move === 'next' ? next : { row: move === 'down' ? row + 1 : row, column });
    }
  };
  const paste = (sheet: EditableSheet, text: string, withPoints = false): void => {
    const done = pasted(sheet, { row, column }, text, trans, withPoints);
    if (!change(done.value)) {
      return;
    }
    notify({
      text: pastedWords(name, done, trans),
      action: { label: trans.__('Undo'), run: undo },
      stays: done.unread + done.beyond > 0,
      ...(done.hasCommas
        ? { other: { label: trans.__('Use Points'), run: () => paste(sheet, text, true) } }
        : {})
    });
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    isTouched.current = true;
    const moves = new Map<string, At>([
      ['ArrowUp', { row: row - 1, column }],
      ['ArrowDown', { row: row + 1, column }],
      ['ArrowLeft', { row, column: column - 1 }],
      ['ArrowRight', { row, column: column + 1 }],
      ['Home', { row: event.ctrlKey ? 0 : row, column: 0 }],
      ['End', { row: event.ctrlKey ? sheet.rows : row, column: sheet.columns.length }],
      ['PageUp', { row: row - PAGE_ROWS, column }],
      ['PageDown', { row: row + PAGE_ROWS, column }]
    ]);
    const to = moves.get(event.key);
    const types = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (to !== undefined) {
      go(to);
    } else if (editable !== null && (event.key === 'Enter' || event.key === 'F2')) {
      setTyping({});
    } else if (editable !== null && types && event.key !== ' ') {
      setTyping({ start: event.key });
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const onProblem = useCallback((text: string | null) => setProblem(text), []);
  const gridColumns = `${labelled ? `minmax(24px, ${LABEL_WIDTH}px) ` : ''}repeat(${columns.length}, minmax(0, 1fr))`;
  return (
    <div className="jp-SessionSheet" ref={host}>
      <div
        className="jp-SessionTable jp-mod-grid"
        role="grid"
        data-testid="sheet"
        aria-label={name}
        aria-rowcount={sheet.rows + 1}
        aria-colcount={sheet.columns.length}
        aria-readonly={editable === null}
        onKeyDown={onKeyDown}
        onPaste={event => {
          if (typing === null && editable !== null) {
            event.preventDefault();
            paste(editable, event.clipboardData.getData('text/plain'));
          }
        }}
      >
        <div role="row" aria-rowindex={1} style={{ gridTemplateColumns: gridColumns }}>
          {labelled ? (
            <span data-head role="columnheader">
              {trans.__('row')}
            </span>
          ) : null}
          {columns.map(i => {
            const { name: title, dtype } = sheet.columns[i]!;
            return (
              <span
                key={i}
                data-head
                role="columnheader"
                aria-colindex={i + 1}
                title={dtype === null ? title : `${title}, ${dtype}`}
              >
                {title === '' ? '–' : title}
                {dtype === null ? null : <small data-dtype>{dtype}</small>}
              </span>
            );
          })}
        </div>
        {rows.map(r => (
          <div
            key={r}
            role="row"
            aria-rowindex={r + 2}
            style={{ gridTemplateColumns: gridColumns }}
          >
            {labelled ? (
              <span data-head role="rowheader" title={sheet.label(r)}>
                {sheet.label(r)}
              </span>
            ) : null}
            {columns.map(c => {
              const cell = sheet.cell(r, c);
              const isAt = r === row && c === column;
              const { name: title, dtype } = sheet.columns[c]!;
              // What a data frame lacks is None there.
              const text = cell === null && dtype !== null ? 'None' : cellText(cell, trans, 200);
              const label = trans.__('%1, row %2', title, sheet.label(r));
              return (
                <span
                  key={c}
                  role="gridcell"
                  aria-colindex={c + 1}
                  tabIndex={isAt ? 0 : -1}
                  title={text}
                  data-number={cell !== undefined && (isNumber(cell) || specialText(cell) !== null)}
                  data-absent={cell === null || cell === undefined}
                  {...(isAt ? { 'data-at': true } : {})}
                  onFocus={() => (isAt ? undefined : moveTo({ row: r, column: c }))}
                  onDoubleClick={() => editable !== null && setTyping({})}
                  onMouseDown={() => {
                    const isInside = host.current?.contains(document.activeElement) === true;
                    wasAt.current = isTouched.current && isAt && isInside;
                    isTouched.current = true;
                  }}
                  onClick={() => {
                    if (typing === null && wasAt.current && editable !== null) {
                      setTyping({});
                    }
                  }}
                >
                  {isAt && typing !== null && editable !== null ? (
                    <PlaceField
                      key={`${r} ${c}`}
                      name={name}
                      whole={value}
                      place={cell}
                      replace={next => editable.withCell(r, c, next)}
                      label={label}
                      start={typing.start}
                      messageId={message}
                      onProblem={onProblem}
                      onEnd={onEnd}
                    />
                  ) : (
                    text
                  )}
                </span>
              );
            })}
          </div>
        ))}
      </div>
      <FieldMessage id={message} problem={problem} />
      <ValueBar
        place={
          <SheetPager
            sheet={sheet}
            shown={{ top, left, rows: rows.length, columns: columns.length }}
            pageRows={PAGE_ROWS}
            pageColumns={fits}
            onGo={moveTo}
          />
        }
      >
        {editable === null ? null : (
          <>
            <IconButton
              icon={addIcon}
              testid="add-row"
              label={trans.__('Add row')}
              quiet
              disabled={isStuck}
              onClick={() => {
                change(editable.withRow());
                takesFocus.current = true;
                setAt({ row: sheet.rows, column: 0 });
              }}
            />
            <IconButton
              icon={deleteIcon}
              testid="delete-row"
              label={trans.__('Delete row %1', sheet.label(row))}
              quiet
              disabled={sheet.rows < 2 || isStuck}
              onClick={() => {
                change(editable.withoutRow(row));
                notify({
                  text: trans.__('Deleted row %1 of %2.', sheet.label(row), name),
                  action: { label: trans.__('Undo'), run: undo }
                });
              }}
            />
          </>
        )}
      </ValueBar>
    </div>
  );
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}
