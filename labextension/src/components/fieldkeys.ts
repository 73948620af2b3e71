import type React from 'react';

import type { Field } from './useDraft';

/** What keys do in any field: Enter saves, Escape takes back. @returns whether it was one of them */
export function onFieldKey(
  event: React.KeyboardEvent,
  field: Field,
  isSave = event.key === 'Enter'
): boolean {
  if (isSave) {
    field.save();
  } else if (event.key === 'Escape') {
    field.restore();
  } else {
    return false;
  }
  event.preventDefault();
  event.stopPropagation();
  return true;
}
