import { render } from '@testing-library/react';
import React from 'react';

import { GrowingField } from '../components/GrowingField';
import type { Field } from '../components/useDraft';

const field: Field = {
  text: 'some text',
  problem: null,
  isDraft: false,
  change: () => undefined,
  type: () => undefined,
  save: () => undefined,
  restore: () => undefined,
  focus: () => undefined,
  blur: () => undefined
};

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

// Reading it makes the browser lay the page out: in a long list that is most of what scrolling costs.
test('is measured once where it appears, and again where its width changes', () => {
  let measured = 0;
  vi.spyOn(Element.prototype, 'scrollHeight', 'get').mockImplementation(() => {
    measured++;
    return 0;
  });
  let notify: (width: number) => void = () => undefined;
  vi.stubGlobal(
    'ResizeObserver',
    class {
      constructor(callback: (entries: { contentRect: { width: number } }[]) => void) {
        notify = width => callback([{ contentRect: { width } }]);
      }
      observe(): void {}
      disconnect(): void {}
    }
  );
  render(<GrowingField name="note" field={field} readOnly={false} />);
  notify(200);
  expect(measured).toBe(1);
  notify(200);
  expect(measured).toBe(1);
  notify(120);
  expect(measured).toBe(2);
});
