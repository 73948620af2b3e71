import { useVirtualizer } from '@tanstack/react-virtual';
import React, { memo, useCallback, useMemo } from 'react';

import { useTrans } from '../context';
import type { Groups } from './useGroups';
import { VariableRow } from './VariableRow';

type Item = { kind: 'title'; key: string; text: string } | { kind: 'row'; key: string };

// A short list is simply there: nothing in it loses its focus by being scrolled away.
const FEW = 60;
const ROW_HEIGHT = 52;
const TITLE_HEIGHT = 28;

function itemsOf(key: string, text: string, names: readonly string[]): Item[] {
  return names.length === 0
    ? []
    : [{ kind: 'title', key, text }, ...names.map(name => ({ kind: 'row' as const, key: name }))];
}

/** The two groups of rows; of a long list only what is in view is in the page. */
export const RowList = memo(function RowList(props: {
  groups: Groups;
  stale: ReadonlySet<string>;
  scroller: React.RefObject<HTMLElement>;
}): React.JSX.Element {
  const { groups, stale, scroller } = props;
  const trans = useTrans();
  const items = useMemo(
    () => [
      ...itemsOf('parameters', trans.__('Parameters'), groups.parameters),
      ...itemsOf('results', trans.__('Results'), groups.results)
    ],
    [groups, trans]
  );
  const draw = (item: Item): React.JSX.Element =>
    item.kind === 'title' ? (
      <h3 className="jp-SessionTitle">{item.text}</h3>
    ) : (
      <VariableRow name={item.key} isStale={stale.has(item.key)} />
    );
  if (items.length <= FEW) {
    return (
      <div>
        {items.map(item => (
          <React.Fragment key={`${item.kind}:${item.key}`}>{draw(item)}</React.Fragment>
        ))}
      </div>
    );
  }
  return <LongList items={items} draw={draw} scroller={scroller} />;
});

function LongList(props: {
  items: readonly Item[];
  draw(item: Item): React.JSX.Element;
  scroller: React.RefObject<HTMLElement>;
}): React.JSX.Element {
  const { items, draw, scroller } = props;
  // The same function as long as the items are the same, or all heights are computed anew.
  const getItemKey = useCallback((i: number) => `${items[i]?.kind}:${items[i]?.key}`, [items]);
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: i => (items[i]?.kind === 'title' ? TITLE_HEIGHT : ROW_HEIGHT),
    getItemKey,
    overscan: 6
  });
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
