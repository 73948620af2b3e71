/**
 * Chance that a seed repeats.
 */

/** Mulberry32. @returns a function that gives numbers from 0 to 1 */
export function chanceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<T>(from: readonly T[], at: number): T {
  return from[Math.min(from.length - 1, Math.floor(at * from.length))]!;
}

export function weighed<T extends string>(weights: Record<T, number>, at: number): T {
  const entries = Object.entries(weights) as [T, number][];
  let left = at * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [name, weight] of entries) {
    if ((left -= weight) < 0) {
      return name;
    }
  }
  return entries.at(-1)![0];
}

/**
 * The shortest list this finds that still fails, by leaving out ever smaller parts.
 * @param fails asked at most `tries` times
 */
export async function shrink<T>(
  steps: readonly T[],
  fails: (steps: readonly T[]) => Promise<boolean>,
  tries: number
): Promise<readonly T[]> {
  let best = steps;
  for (let size = Math.ceil(best.length / 2); size >= 1 && tries > 0;) {
    let shorter = false;
    for (let at = 0; at < best.length && tries > 0;) {
      const rest = [...best.slice(0, at), ...best.slice(at + size)];
      tries--;
      if (await fails(rest)) {
        best = rest;
        shorter = true;
      } else {
        at += size;
      }
    }
    size = shorter && size === 1 ? 1 : size === 1 ? 0 : Math.ceil(size / 2);
  }
  return best;
}
