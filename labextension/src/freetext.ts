/**
 * What a person means who types a value where no type is known yet.
 */
import { parseTyped, type Json } from './json';

/** JSON where it is JSON, or what Python writes for it, else text. */
export function freeValue(text: string): { value: Json } | { error: unknown } {
  try {
    return { value: parseTyped(text) };
  } catch (error) {
    const plain = text.trim();
    const words: [RegExp, Json][] = [
      [/^true$/i, true],
      [/^false$/i, false],
      [/^none$/i, null]
    ];
    const word = words.find(([pattern]) => pattern.test(plain));
    if (word !== undefined) {
      return { value: word[1] };
    }
    const quoted = /^'([^'\\]*)'$/.exec(plain);
    if (quoted !== null) {
      return { value: quoted[1]! };
    }
    // Whoever opens a bracket or a quote means JSON and wants to hear what is wrong with it.
    return /^[[{"]/.test(plain) ? { error } : { value: text };
  }
}
