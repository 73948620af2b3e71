import { useEffect, useState, type RefObject } from 'react';

/** How wide an element is, in px; 0 before its first layout. */
export function useWidth(element: RefObject<HTMLElement>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) {
        setWidth(Math.floor(entry.contentRect.width));
      }
    });
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
