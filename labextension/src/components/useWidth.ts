import { useEffect, useState, type RefObject } from 'react';

/** How wide an element is, in px; 0 before its first layout. */
export function useWidth(element: RefObject<HTMLElement>): number {
  return useSize(element, 'width');
}

/** How high an element is, in px; 0 before its first layout. */
export function useHeight(element: RefObject<HTMLElement>): number {
  return useSize(element, 'height');
}

function useSize(element: RefObject<HTMLElement>, side: 'width' | 'height'): number {
  const [size, setSize] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) {
        setSize(Math.floor(entry.contentRect[side]));
      }
    });
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, [element, side]);
  return size;
}
