import { useSurroundings } from '../context';
import { stringifyJson, type Json } from '../json';

/** Puts a text into the clipboard, and says that it did. */
export function useCopy(): (text: string, said: string) => Promise<void> {
  const { trans, notify } = useSurroundings();
  return async (text, said) => {
    try {
      await navigator.clipboard.writeText(text);
      notify({ text: said });
    } catch {
      notify({ text: trans.__('This browser does not let the panel copy.') });
    }
  };
}

/** A value as one copies it: a text is itself, all else is JSON. */
export function copiedText(value: Json): string {
  return typeof value === 'string' ? value : stringifyJson(value);
}
