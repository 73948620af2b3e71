import { useEffect } from 'react';

import type { HistoryDeeds } from './useHistoryDeeds';

// A field that is typed into has an undo of its own.
const TYPED_INTO =
  'input:not([type="checkbox"], [type="range"], [type="radio"]), textarea, [contenteditable="true"], .cm-editor';

/** The usual keys, within the panel: Ctrl or Cmd with Z takes back, with Shift+Z or Y does again. */
export function useUndoKeys(inside: React.RefObject<HTMLElement>, deeds: HistoryDeeds): void {
  useEffect(() => {
    const node = inside.current;
    const panel = node?.closest<HTMLElement>('.jp-SessionPanel') ?? node?.parentElement;
    if (panel == null) {
      return undefined;
    }
    const onKeyDown = (event: KeyboardEvent): void => {
      const key = event.key.toLowerCase();
      const isChord = (event.ctrlKey || event.metaKey) && !event.altKey;
      const inText = (event.target as Element).closest?.(TYPED_INTO) != null;
      if (!isChord || inText || event.defaultPrevented) {
        return;
      }
      if (key === 'z' && !event.shiftKey) {
        deeds.undo();
      } else if ((key === 'z' && event.shiftKey) || (key === 'y' && !event.shiftKey)) {
        deeds.redo();
      } else {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
    };
    // A click between the rows gives the panel the focus, and so the keys.
    if (!panel.hasAttribute('tabindex')) {
      panel.tabIndex = -1;
    }
    panel.addEventListener('keydown', onKeyDown);
    return () => panel.removeEventListener('keydown', onKeyDown);
  }, [inside, deeds]);
}
