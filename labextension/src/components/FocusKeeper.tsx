import React, { useEffect, useRef } from 'react';

const FOCUSABLE =
  'button, input, select, textarea, summary, [contenteditable="true"], [tabindex]:not([tabindex="-1"])';

function canTake(node: HTMLElement): boolean {
  return (
    node.isConnected &&
    node.tabIndex >= 0 &&
    !node.matches(':disabled') &&
    node.closest('[hidden]') === null
  );
}

/** What has the focus, and around it what could have it instead. */
interface Held {
  node: HTMLElement;
  ancestors: HTMLElement[];
  stops: HTMLElement[];
}

function held(node: HTMLElement, panel: HTMLElement): Held {
  const ancestors: HTMLElement[] = [];
  for (let at = node.parentElement; at !== null && at !== panel; at = at.parentElement) {
    ancestors.push(at);
  }
  return { node, ancestors, stops: [...panel.querySelectorAll<HTMLElement>(FOCUSABLE)] };
}

/** The nearest neighbour that is left: within the innermost of what surrounds it, and there after it before before it. */
function neighbour({ node, ancestors, stops }: Held): HTMLElement | null {
  const at = stops.indexOf(node);
  const near = [...stops.slice(at + 1), ...stops.slice(0, Math.max(0, at)).reverse()];
  // Of a menu's button it is another's: what stands nearer may be a field, which takes keys that were meant for the panel.
  const kind = node.matches('[aria-haspopup="menu"]') ? node.dataset.testid : undefined;
  for (const around of ancestors.filter(each => each.isConnected)) {
    const left = near.filter(each => canTake(each) && around.contains(each));
    // What came since, in its place for instance, is as good as what was there.
    const found =
      (kind === undefined ? undefined : left.find(each => each.dataset.testid === kind)) ??
      left[0] ??
      [...around.querySelectorAll<HTMLElement>(FOCUSABLE)].find(canTake);
    if (found !== undefined) {
      return found;
    }
  }
  return null;
}

/**
 * Keeps the focus in the panel: what has it may go, or have nothing to do any more, and the browser then gives the focus to
 * nobody, so that who has no mouse would start at the top of the page. It goes to the nearest neighbour, or to the panel.
 * What is only moved has it again.
 */
export function FocusKeeper(): React.JSX.Element {
  const place = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const panel = place.current?.closest<HTMLElement>('.jp-SessionPanel') ?? null;
    if (panel === null) {
      return undefined;
    }
    let last: Held | null = null;
    const isGone = ({ node }: Held): boolean => !node.isConnected || node.matches(':disabled');
    // What is put elsewhere is taken out of the page for that, and what had the focus in it has it no more.
    const isMoved = ({ node }: Held, seen: readonly MutationRecord[]): boolean =>
      seen.some(({ removedNodes }) => [...removedNodes].some(each => each.contains(node)));
    const look = (seen: readonly MutationRecord[]): void => {
      const { activeElement } = document;
      if (last === null) {
        return;
      }
      if (isGone(last)) {
        const lost = last;
        last = null;
        if (activeElement === document.body || activeElement === lost.node) {
          (neighbour(lost) ?? panel).focus();
        }
      } else if (activeElement === document.body && isMoved(last, seen)) {
        last.node.focus({ preventScroll: true });
      }
    };
    const onFocus = (event: FocusEvent): void => {
      const { target } = event;
      last = target instanceof HTMLElement && target !== panel ? held(target, panel) : null;
    };
    const onBlur = (event: FocusEvent): void => {
      const left = last;
      // Some browsers say so too of what is taken out of the page, before it is.
      queueMicrotask(() => {
        look(observer.takeRecords());
        const isBack = document.activeElement === event.target;
        if (last === left && left?.node === event.target && !isBack && !isGone(left)) {
          last = null;
        }
      });
    };
    const observer = new MutationObserver(look);
    observer.observe(panel, { childList: true, subtree: true, attributeFilter: ['disabled'] });
    panel.addEventListener('focusin', onFocus);
    // Before those in the panel, who may move what was left: it is not called back.
    panel.addEventListener('focusout', onBlur, true);
    return () => {
      observer.disconnect();
      panel.removeEventListener('focusin', onFocus);
      panel.removeEventListener('focusout', onBlur, true);
    };
  }, []);
  return <span ref={place} hidden />;
}
