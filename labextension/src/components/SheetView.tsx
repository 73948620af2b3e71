import { addIcon, deleteIcon } from '@jupyterlab/ui-components';
import React, {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState
} from 'react';

import { useClient, useSurroundings } from '../context';
import type { Json } from '../json';
import type { EditableSheet, Sheet } from '../sheet';
import { tsvText, type Part } from '../tsv';
import { editableSheet } from './kinds';
import { FieldMessage } from './FieldMessage';
import { IconButton } from './IconButton';
import { pasted, pastedWords } from './pasting';
import { PlaceField, type Move } from './PlaceField';
import { errorSentence } from './sentences';
import { LABEL_WIDTH, SheetGrid, type At } from './SheetGrid';
import { SheetPager } from './SheetPager';
import { hasLabels } from './TablePreview';
import { useCopy } from './useCopy';
import { useRemembered } from './useRemembered';
import { useSheetOrder } from './useSheetOrder';
import { useWidth } from './useWidth';
import { ValueBar } from './ValueBar';

const PAGE_ROWS = 12;
const LARGE_PAGE_ROWS = 50;
const COLUMN_WIDTH = 76;
// Without a layout, and before the first one.
const USUAL_WIDTH = 300;
const BEGIN: At = { row: 0, column: 0 };

/** For so many rows there is room; null in a row of the panel, where others stand below. */
export const RoomContext = createContext<number | null>(null);

/**
 * A whole table, page by page: rows and columns turn, so that nothing scrolls sideways. Records can be edited. Sorted by a
 * column it is only looked at in that order.
 */
export function SheetView(props: {
  name: string;
  value: Json;
  sheet: Sheet;
  readOnly: boolean;
  /** Somebody opened it just now. */
  takesFocus: boolean;
}): React.JSX.Element {
  const { name, value, sheet: whole, readOnly } = props;
  const room = useContext(RoomContext);
  const client = useClient();
  const { trans, notify } = useSurroundings();
  const copy = useCopy();
  const editable = useMemo(() => (readOnly ? null : editableSheet(value)), [value, readOnly]);
  const host = useRef<HTMLDivElement>(null);
  const width = useWidth(host) || USUAL_WIDTH;
  const message = useId();
  const [at, setAt] = useRemembered<At>(`${room === null ? '' : 'large '}cell ${name}`, BEGIN);
  const { sheet, sorting, sort, turn, sourceOf } = useSheetOrder(name, whole);
  const [isLarge, setLarge] = useRemembered(`page ${name}`, false);
  const [anchor, setAnchor] = useState<At | null>(null);
  const [isAll, setAll] = useState(false);
  const [typing, setTyping] = useState<{ start?: string } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const takesFocus = useRef(props.takesFocus);

  const labelled = editable !== null || sorting !== null || hasLabels(whole);
  const pageRows = room ?? (isLarge ? LARGE_PAGE_ROWS : PAGE_ROWS);
  const fits = Math.max(1, Math.floor((width - (labelled ? LABEL_WIDTH : 0)) / COLUMN_WIDTH));
  // Others may have taken rows away meanwhile.
  const [lastRow, lastColumn] = [sheet.rows - 1, sheet.columns.length - 1];
  const row = Math.max(0, Math.min(at.row, lastRow));
  const column = Math.max(0, Math.min(at.column, lastColumn));
  const top = Math.floor(row / pageRows) * pageRows;
  const left = Math.floor(column / fits) * fits;
  const rows = range(top, Math.min(sheet.rows, top + pageRows));
  const columns = range(left, Math.min(sheet.columns.length, left + fits));
  const part: Part | null = isAll
    ? { top: 0, left: 0, bottom: lastRow, right: lastColumn }
    : anchor === null
      ? null
      : partOf(anchor, { row, column });

  useEffect(() => {
    if (takesFocus.current && typing === null) {
      takesFocus.current = false;
      host.current?.querySelector<HTMLElement>('[data-at]')?.focus();
    }
  });
  // What is not valid would go with its cell.
  const isStuck = typing !== null && problem !== null;
  const moveTo = (to: At, extend = false): void => {
    if (!isStuck) {
      setAll(false);
      setAnchor(extend ? (anchor ?? { row, column }) : null);
      setAt({
        row: Math.max(0, Math.min(lastRow, to.row)),
        column: Math.max(0, Math.min(lastColumn, to.column))
      });
    }
  };
  const go = (to: At, extend = false): void => {
    takesFocus.current = true;
    moveTo(to, extend);
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
      const next = column < lastColumn ? { row, column: column + 1 } : { row: row + 1, column: 0 };
      go(move === 'next' ? next : { row: move === 'down' ? row + 1 : row, column });
    }
  };
  const paste = (sheet: EditableSheet, text: string, withPoints = false): void => {
    if (sorting !== null) {
      notify({
        text: trans.__('Rows that are pasted go below each other: take the sorting away first.'),
        action: { label: trans.__('Take Sorting Away'), run: () => sort(null) }
      });
      return;
    }
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
    const isJump = event.ctrlKey || event.metaKey;
    const moves = new Map<string, At>([
      ['ArrowUp', { row: isJump ? 0 : row - 1, column }],
      ['ArrowDown', { row: isJump ? lastRow : row + 1, column }],
      ['ArrowLeft', { row, column: isJump ? 0 : column - 1 }],
      ['ArrowRight', { row, column: isJump ? lastColumn : column + 1 }],
      ['Home', { row: isJump ? 0 : row, column: 0 }],
      ['End', { row: isJump ? lastRow : row, column: lastColumn }],
      ['PageUp', { row: row - pageRows, column }],
      ['PageDown', { row: row + pageRows, column }]
    ]);
    const to = moves.get(event.key);
    const types = event.key.length === 1 && !isJump && !event.altKey;
    if (to !== undefined) {
      go(to, event.shiftKey);
    } else if (isJump && event.key === 'a') {
      setAll(true);
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
  const copyAll = (): void => {
    const all = { top: 0, left: 0, bottom: lastRow, right: lastColumn };
    const text = tsvText(sheet, all, true, hasLabels(whole));
    copy(text, trans._n('Copied %1 row.', 'Copied %1 rows.', sheet.rows));
  };
  const onProblem = useCallback((text: string | null) => setProblem(text), []);
  const columnName = sheet.columns[column]?.name ?? '';
  return (
    <div
      className="jp-SessionSheet"
      ref={host}
      onPaste={event => {
        const text = event.clipboardData.getData('text/plain');
        // Into a cell that is open goes what is one cell's.
        if (
          editable !== null &&
          isInGrid(event) &&
          (typing === null || /[\t\n]/.test(text.trim()))
        ) {
          event.preventDefault();
          setTyping(null);
          paste(editable, text);
        }
      }}
      onCopy={event => {
        if (typing === null && isInGrid(event)) {
          event.preventDefault();
          const cell = { top: row, left: column, bottom: row, right: column };
          event.clipboardData.setData('text/plain', tsvText(sheet, part ?? cell));
        }
      }}
      onKeyDown={event => (isInGrid(event) ? onKeyDown(event) : undefined)}
    >
      <SheetGrid
        name={name}
        sheet={sheet}
        rows={rows}
        columns={columns}
        labelled={labelled}
        readOnly={editable === null}
        at={{ row, column }}
        part={part}
        sorting={sorting}
        onSort={turn}
        onGo={moveTo}
        onOpen={() => editable !== null && typing === null && setTyping({})}
        field={
          typing === null || editable === null ? null : (
            <PlaceField
              key={`${row} ${column}`}
              name={name}
              whole={value}
              place={sheet.cell(row, column)}
              replace={next => editable.withCell(sourceOf(row), column, next)}
              label={trans.__('%1, row %2', columnName, sheet.label(row))}
              start={typing.start}
              messageId={message}
              onProblem={onProblem}
              onEnd={onEnd}
            />
          )
        }
      />
      <FieldMessage id={message} problem={problem} />
      <ValueBar
        place={
          <SheetPager
            sheet={sheet}
            shown={{ top, left, rows: rows.length, columns: columns.length }}
            pageRows={pageRows}
            pageColumns={fits}
            onGo={moveTo}
            onJump={go}
          />
        }
        more={[
          { id: 'table-copy', label: trans.__('Copy All for a Spreadsheet'), run: copyAll },
          null,
          {
            id: 'table-up',
            label: trans.__('Sort Up by %1', columnName),
            checked: sorting?.column === column && !sorting.descends,
            run: () => sort({ column, descends: false })
          },
          {
            id: 'table-down',
            label: trans.__('Sort Down by %1', columnName),
            checked: sorting?.column === column && sorting.descends,
            run: () => sort({ column, descends: true })
          },
          {
            id: 'table-unsorted',
            label: trans.__('Take Sorting Away'),
            enabled: sorting !== null,
            run: () => sort(null)
          },
          ...(room !== null || sheet.rows <= PAGE_ROWS
            ? []
            : [
                null,
                {
                  id: 'table-page',
                  label: trans.__('Long Pages'),
                  checked: isLarge,
                  run: () => setLarge(!isLarge)
                }
              ])
        ]}
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
                // It stands at the end, which is not where it would be sorted to.
                sort(null);
                takesFocus.current = true;
                setAnchor(null);
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
                change(editable.withoutRow(sourceOf(row)));
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

function partOf(one: At, other: At): Part {
  return {
    top: Math.min(one.row, other.row),
    left: Math.min(one.column, other.column),
    bottom: Math.max(one.row, other.row),
    right: Math.max(one.column, other.column)
  };
}

function isInGrid(event: React.SyntheticEvent): boolean {
  return (event.target as Element).closest('[role="grid"]') !== null;
}
