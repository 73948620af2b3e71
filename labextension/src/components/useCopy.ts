import { useCallback } from 'react';

import { useSurroundings, type Notice } from '../context';
import { stringifyJson, type Json } from '../json';

/** Copies a text, and says that it did, or that the browser does not let it. */
export function useCopy(): (text: string, said?: string | Notice) => void {
  const { trans, notify } = useSurroundings();
  return useCallback(
    (text, said = trans.__('Copied.')) =>
      void navigator.clipboard
        .writeText(text)
        .then(() => notify(typeof said === 'string' ? { text: said } : said))
        .catch(() => notify({ text: trans.__('This browser does not let the panel copy.') })),
    [trans, notify]
  );
}

/** A value as one copies it: a text is itself, all else is JSON. */
export function copiedText(value: Json): string {
  return typeof value === 'string' ? value : stringifyJson(value);
}
