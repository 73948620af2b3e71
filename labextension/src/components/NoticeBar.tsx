import React, { useEffect, useRef } from 'react';

import type { Notice } from '../context';
import { CloseButton } from './IconButton';
import { Button } from './Button';

const SHOWN_FOR = 12_000;

export function NoticeBar(props: { notice: Notice | null; onEnd(): void }): React.JSX.Element {
  const { notice, onEnd } = props;
  useEffect(() => {
    if (notice !== null && notice.stays !== true) {
      const timer = setTimeout(onEnd, SHOWN_FOR);
      return () => clearTimeout(timer);
    }
    return undefined;
  }, [notice, onEnd]);
  const bar = useRef<HTMLDivElement>(null);
  // A button that goes does not take the focus along: it stays in the panel, where the keys of undo are heard.
  const close = (): void => {
    if (bar.current?.contains(document.activeElement) === true) {
      bar.current.closest<HTMLElement>('.jp-SessionPanel')?.focus();
    }
    onEnd();
  };
  return (
    <div ref={bar} role="status" aria-live="polite">
      {notice === null ? null : (
        <div className="jp-SessionNotice" data-testid="notice">
          <span>{notice.text}</span>
          {(['other', 'action'] as const).map(each => {
            const way = notice[each];
            return way === undefined ? null : (
              <Button
                key={each}
                testid={`notice-${each}`}
                onClick={() => {
                  // It may say something itself.
                  close();
                  way.run();
                }}
              >
                {way.label}
              </Button>
            );
          })}
          <CloseButton onClick={close} />
        </div>
      )}
    </div>
  );
}
