/**
 * Times, dates and numbers in words, in the language that JupyterLab speaks: a browser may speak another one.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

const DAY = 24 * 3600 * 1000;

// null: the browser's own.
let spoken: string | null = null;
// Made once: making one takes longer than all that a row does beside it.
let clock: Intl.DateTimeFormat | undefined;
let moment: Intl.DateTimeFormat | undefined;

/**
 * @param code JupyterLab's, such as `de_DE`
 * @param own the browser's, of which one that says more of the same language is better: 24 hours or 12, say
 */
export function speak(code: string, own: readonly string[] = navigator.languages): void {
  const wanted = code.replaceAll('_', '-');
  const [language] = wanted.split('-');
  const [closest] = wanted.includes('-') ? [] : own.filter(each => each.split('-')[0] === language);
  try {
    spoken = Intl.getCanonicalLocales(closest ?? wanted)[0] ?? null;
  } catch {
    spoken = null;
  }
  clock = moment = undefined;
}

const language = (): string | undefined => spoken ?? undefined;

export function numberWords(count: number): string {
  return count.toLocaleString(language());
}

export function agoWords(at: number, now: number, trans: TranslationBundle): string {
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  if (seconds < 45) {
    return trans.__('now');
  }
  if (seconds < 3600) {
    return trans.__('%1 min', Math.max(1, Math.round(seconds / 60)));
  }
  if (seconds < 86_400) {
    return trans.__('%1 h', Math.round(seconds / 3600));
  }
  return dateWords(at);
}

/** The same in a sentence. */
export function whenWords(at: number, now: number, trans: TranslationBundle): string {
  const words = agoWords(at, now, trans);
  const isCounted = words !== trans.__('now') && words !== dateWords(at);
  return isCounted ? trans.__('%1 ago', words) : words;
}

export function durationWords(ms: number, trans: TranslationBundle): string {
  const seconds = ms / 1000;
  if (ms < 950) {
    return trans.__('%1 ms', Math.round(ms));
  }
  if (seconds < 10) {
    return trans.__('%1 s', seconds.toFixed(1));
  }
  return seconds < 120
    ? trans.__('%1 s', Math.round(seconds))
    : trans.__('%1 min', Math.round(seconds / 60));
}

/** Day and time, in full. */
export function fullTime(at: number): string {
  moment ??= new Intl.DateTimeFormat(language(), {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric'
  });
  return moment.format(at);
}

export function clockTime(at: number): string {
  clock ??= new Intl.DateTimeFormat(language(), {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit'
  });
  return clock.format(at);
}

export function timeWords(at: number): string {
  const words = new Date(at).toLocaleTimeString(language(), {
    hour: '2-digit',
    minute: '2-digit'
  });
  // No AM on a line of its own.
  return words.replace(/\s/g, '\u00a0');
}

function dateWords(at: number): string {
  return new Date(at).toLocaleDateString(language(), { day: 'numeric', month: 'short' });
}

/** A time of today, or with its day. */
export function momentWords(at: number, now: number): string {
  const isToday = new Date(at).toDateString() === new Date(now).toDateString();
  return isToday ? timeWords(at) : `${dateWords(at)}, ${timeWords(at)}`;
}

export function dayWords(at: number, now: number, trans: TranslationBundle): string {
  const day = new Date(at).toDateString();
  if (day === new Date(now).toDateString()) {
    return trans.__('Today');
  }
  if (day === new Date(now - DAY).toDateString()) {
    return trans.__('Yesterday');
  }
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return new Date(at).toLocaleDateString(language(), {
    day: 'numeric',
    month: 'long',
    ...(isThisYear ? {} : { year: 'numeric' })
  });
}
