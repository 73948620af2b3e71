import { useCallback } from 'react';

import { useSurroundings, type Notice } from '../context';

/** Copies a text, and says that it did, or that the browser does not let it. */
export function useCopy(): (text: string, said?: Notice) => void {
  const { trans, notify } = useSurroundings();
  return useCallback(
    (text, said = { text: trans.__('Copied.') }) =>
      void navigator.clipboard
        .writeText(text)
        .then(() => notify(said))
        .catch(() => notify({ text: trans.__('This browser does not let the panel copy.') })),
    [trans, notify]
  );
}
