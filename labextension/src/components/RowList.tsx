import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import {
  defaultRangeExtractor,
  measureElement,
  useVirtualizer,
  type Range
} from '@tanstack/react-virtual';
import React, {
  memo,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState
} from 'react';

import { sections, type Arrangement } from '../arrangement';
import { useClient, useSelected, useSurroundings, useTrans } from '../context';
import { Icon } from './Icon';
import { kindOf } from './kinds';
import { useRows } from './rows';
import type { Groups } from './useGroups';
import { PORTION, usePortion } from './usePortion';
import { VariableRow } from './VariableRow';

type Item =
  | { kind: 'title'; key: string; text: string }
  | { kind: 'prefix'; key: string; prefix: string; count: number; isOpen: boolean }
  | { kind: 'row'; key: string; inPrefix: boolean };

// A short list is simply there: nothing in it loses its focus by being scrolled away.
const FEW = 60;
// One kind of list becomes the other only while no row has the focus, which would be lost with its row; but for so many.
const MANY = 300;
const ROW_HEIGHT = 57;
const TITLE_HEIGHT = 28;
// Rows beside those in view, so that a turn of the wheel finds them there.
const OVERSCAN = 6;
const NONE: ReadonlyMap<string, string> = new Map();

function itemsOf(
  key: string,
  text: string,
  names: readonly string[],
  arrangement: Arrangement,
  invalid: ReadonlyMap<string, string>
): Item[] {
  if (names.length === 0) {
    return [];
  }
  const parts = arrangement.grouped ? sections(names) : [{ prefix: null, names }];
  const items = parts.flatMap((part): Item[] => {
    const { prefix } = part;
    const isOpen = prefix === null || !arrangement.closed.includes(prefix);
    const rows = part.names.map(name => ({
      kind: 'row' as const,
      key: name,
      inPrefix: prefix !== null
    }));
    const count = rows.length;
    const title = { kind: 'prefix' as const, key: `${key} ${prefix ?? ''}`, count, isOpen };
    // What is not valid is not put away.
    const shown = isOpen ? rows : rows.filter(({ key }) => invalid.has(key));
    return [...(prefix === null ? [] : [{ ...title, prefix }]), ...shown];
  });
  return [{ kind: 'title', key, text }, ...items];
}

/** The two groups of rows, and within them those that begin alike; of a long list only what is in view is in the page. */
export const RowList = memo(function RowList(props: {
  groups: Groups;
  arrangement: Arrangement;
  /** The row that has the focus: it stays in the page. */
  held?: string | null;
  stale: ReadonlySet<string>;
  scroller: React.RefObject<HTMLElement>;
  onClose(prefix: string, closed: boolean): void;
}): React.JSX.Element {
  const { groups, arrangement, held = null, stale, scroller, onClose } = props;
  const trans = useTrans();
  const { selection } = useRows();
  const invalid = useSelected(state => (arrangement.closed.length === 0 ? NONE : state.invalid));
  const { parameters, results } = groups;
  const portion = usePortion(parameters.length + results.length, FEW);
  const isNone = portion === PORTION.none;
  const items = useMemo(
    () =>
      isNone
        ? []
        : [
            ...itemsOf('parameters', trans.__('Parameters'), parameters, arrangement, invalid),
            ...itemsOf('results', trans.__('Results'), results, arrangement, invalid)
          ],
    [isNone, parameters, results, trans, arrangement, invalid]
  );
  useEffect(() => {
    selection.show(items.flatMap(item => (item.kind === 'row' ? [item.key] : [])));
  }, [items, selection]);
  const draw = (item: Item): React.JSX.Element => {
    switch (item.kind) {
      case 'title':
        return <h3 className="jp-SessionTitle">{item.text}</h3>;
      case 'prefix':
        return <PrefixTitle {...item} onClose={onClose} />;
      default:
        return (
          <VariableRow name={item.key} isStale={stale.has(item.key)} inPrefix={item.inPrefix} />
        );
    }
  };
  const isShort = useRef(true);
  isShort.current = held === null ? items.length <= FEW : isShort.current && items.length <= MANY;
  if (isShort.current) {
    return (
      <div>
        {items.map(item => (
          <React.Fragment key={`${item.kind}:${item.key}`}>{draw(item)}</React.Fragment>
        ))}
      </div>
    );
  }
  return <LongList items={items} held={held} draw={draw} scroller={scroller} portion={portion} />;
});

/** What names have in common that begin alike: a click puts their rows away. */
function PrefixTitle(props: {
  prefix: string;
  count: number;
  isOpen: boolean;
  onClose(prefix: string, closed: boolean): void;
}): React.JSX.Element {
  const { prefix, count, isOpen, onClose } = props;
  const Caret = isOpen ? caretDownIcon : caretRightIcon;
  return (
    <button
      type="button"
      className="jp-SessionPrefix"
      data-testid="prefix"
      aria-expanded={isOpen}
      onClick={() => onClose(prefix, isOpen)}
    >
      <Icon of={Caret} />
      <span className="jp-SessionPrefix-text">{prefix.slice(0, -1)}</span>
      <span className="jp-SessionPrefix-count">{count}</span>
    </button>
  );
}

function LongList(props: {
  items: readonly Item[];
  held: string | null;
  draw(item: Item): React.JSX.Element;
  scroller: React.RefObject<HTMLElement>;
  portion: number;
}): React.JSX.Element {
  const { items, held, draw, scroller, portion } = props;
  // The same function as long as the items are the same, or all heights are computed anew.
  const getItemKey = useCallback((i: number) => `${items[i]?.kind}:${items[i]?.key}`, [items]);
  const heldAt = useMemo(
    () => (held === null ? -1 : items.findIndex(each => each.kind === 'row' && each.key === held)),
    [items, held]
  );
  const isDrawn = portion >= PORTION.view;
  const rangeExtractor = useCallback(
    (range: Range) => {
      if (!isDrawn) {
        return [];
      }
      const seen = defaultRangeExtractor(range);
      return heldAt < 0 || seen.includes(heldAt) ? seen : [...seen, heldAt].sort((a, b) => a - b);
    },
    [heldAt, isDrawn]
  );
  const client = useClient();
  // Rows of one kind are mostly as high as the last one that was measured. Where that is so nothing has to be placed anew;
  // where it is not, all that stand below have to.
  const heights = useRef(new Map<string, number>());
  const sortOf = (i: number): string => {
    const item = items[i];
    const row = item?.kind === 'row' ? client.getState().variables.get(item.key) : undefined;
    return row === undefined ? (item?.kind ?? 'title') : `row ${kindOf(row.value)}`;
  };
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: i =>
      (heights.current.size === 0 ? undefined : heights.current.get(sortOf(i))) ??
      (items[i]?.kind === 'row' ? ROW_HEIGHT : TITLE_HEIGHT),
    measureElement: (element, entry, instance) => {
      const height = measureElement(element, entry, instance);
      heights.current.set(sortOf(instance.indexFromElement(element)), height);
      return height;
    },
    getItemKey,
    rangeExtractor,
    overscan: portion === PORTION.all ? OVERSCAN : 0
  });
  const { sought } = useSurroundings();
  useEffect(
    () =>
      sought?.subscribe(name => {
        const at = items.findIndex(item => item.kind === 'row' && item.key === name);
        if (at >= 0) {
          virtualizer.scrollToIndex(at, { align: 'center' });
        }
      }),
    [sought, items, virtualizer]
  );
  // Where the list comes into the page together with what scrolls around it, that is not there yet when the list looks
  // for it, and no row would be drawn: it looks once more.
  const [, lookAgain] = useState(false);
  useLayoutEffect(() => lookAgain(true), []);
  return (
    <div className="jp-SessionList" style={{ height: virtualizer.getTotalSize() }}>
      {virtualizer.getVirtualItems().map(at => {
        const item = items[at.index];
        return item === undefined ? null : (
          <div
            key={at.key}
            ref={virtualizer.measureElement}
            data-index={at.index}
            style={{ transform: `translateY(${at.start}px)` }}
          >
            {draw(item)}
          </div>
        );
      })}
    </div>
  );
}
