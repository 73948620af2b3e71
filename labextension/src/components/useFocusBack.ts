import { useEffect, useLayoutEffect, useRef } from 'react';

/**
 * For what comes in the place of something else: once it goes, and the focus with it, the focus goes back to where it
 * was, or to what `otherwise` selects in the panel.
 */
export function useFocusBack(inside: React.RefObject<HTMLElement>, otherwise: string): void {
  const before = useRef<Element | null>(null);
  useLayoutEffect(() => {
    before.current = document.activeElement;
  }, []);
  useEffect(() => {
    const node = inside.current;
    const home = node?.closest<HTMLElement>('.jp-SessionPanel') ?? null;
    const isLost = (): boolean =>
      [document.body, home].includes(document.activeElement as HTMLElement);
    return () => {
      if (home === null || !isLost()) {
        return;
      }
      // Not what is in the page but not on the screen: a command palette that was closed.
      if (before.current instanceof HTMLElement && home.contains(before.current)) {
        before.current.focus();
      }
      if (isLost()) {
        (home.querySelector<HTMLElement>(otherwise) ?? home).focus();
      }
    };
  }, [inside, otherwise]);
}
