/**
 * What the history says of a change: who made it, when, what it was.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Refusal } from '../history';
import { isNumber, numberText, stringifyJson, type Json } from '../json';
import type { Origin } from '../model';
import {
  isPurged,
  type Edit,
  type Entry,
  type Line,
  type Note,
  type Path,
  type Side
} from '../timeline';
import { isObject } from '../json';
import { progressOf } from '../progress';
import { typedOf, typeWords } from '../typed';

/** Where in a value, as one writes it: `.model.degree`, `["learning-rate"]`. */
export function pathWords(path: Path): string {
  return path
    .map(key =>
      typeof key === 'string' && /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
    )
    .join('');
}

/** A typed value as its row says it; null for plain JSON. */
function typedText(value: Json): string | null {
  const typed = typedOf(value);
  const loop = progressOf(value);
  return typed?.is === 'scalar'
    ? typed.scalar.text
    : loop !== null
      ? [loop.done, ...(loop.total === null ? [] : [loop.total])].join(' / ')
      : typeWords(value);
}

/** The beginning of a value on one line; looks at no more of it than it shows. */
export function briefJson(value: Json, width: number): string {
  const parts: string[] = [];
  let length = 0;
  const add = (text: string): boolean => {
    parts.push(text);
    length += text.length;
    return length <= width;
  };
  const write = (each: Json): boolean => {
    if (typeof each === 'string') {
      return add(JSON.stringify(each.length > width ? each.slice(0, width) : each));
    }
    if (Array.isArray(each)) {
      return add('[') && each.every((item, i) => (i === 0 || add(', ')) && write(item)) && add(']');
    }
    const typed = typedText(each);
    if (typed !== null) {
      return add(typed);
    }
    if (isObject(each)) {
      const keys = Object.keys(each);
      const member = (key: string, i: number): boolean =>
        (i === 0 || add(', ')) &&
        add(`${JSON.stringify(key.slice(0, width))}: `) &&
        write(each[key]!);
      return add('{') && keys.every(member) && add('}');
    }
    return add(isNumber(each) ? numberText(each) : stringifyJson(each));
  };
  const isWhole = write(value);
  const text = parts.join('');
  return isWhole && text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

export function sideWords(side: Side, trans: TranslationBundle, width = 32): string {
  if (side === 'absent') {
    return trans.__('not there');
  }
  if (side === 'unknown') {
    return trans.__('not remembered');
  }
  return isPurged(side) ? trans.__('purged') : briefJson(side.value, width);
}

const LEAD = 8;

/** So much of a text that one sees how it differs from another: from a little before the place where they part. */
export function apartWords(text: string, other: string, width = 40): string {
  let same = 0;
  while (same < text.length && text[same] === other[same]) {
    same++;
  }
  const from = text.length <= width || same < width / 2 ? 0 : same - LEAD;
  const shown = `${from === 0 ? '' : '…'}${text.slice(from)}`;
  return shown.length > width ? `${shown.slice(0, width - 1)}…` : shown;
}

// Of longer values the beginnings are all that is compared.
const COMPARED = 2000;

/** Both sides in a few characters each, so that one sees how they differ. */
export function sidesWords(
  { before, after }: Pick<Edit, 'before' | 'after'>,
  trans: TranslationBundle,
  width = 32
): [string, string] {
  const [old, next] = [sideWords(before, trans, width), sideWords(after, trans, width)];
  if (old !== next) {
    return [old, next];
  }
  const [one, other] = [sideWords(before, trans, COMPARED), sideWords(after, trans, COMPARED)];
  return one === other
    ? [old, trans.__('%1, changed', next)]
    : [apartWords(one, other, width), apartWords(other, one, width)];
}

/** What became of a variable, for those who hear it. */
export function editWords(edit: Edit, trans: TranslationBundle): string {
  const name = `${edit.name}${pathWords(edit.path)}`;
  const { before, after } = edit;
  if (after === 'absent') {
    return before === 'unknown'
      ? trans.__('%1 deleted', name)
      : trans.__('%1 deleted, was %2', name, sideWords(before, trans));
  }
  if (before === 'absent') {
    return trans.__('%1 new: %2', name, sideWords(after, trans));
  }
  return before === 'unknown'
    ? trans.__('%1 is %2', name, sideWords(after, trans))
    : trans.__('%1 %2 → %3', name, ...sidesWords(edit, trans));
}

export interface Onlooker {
  /** This page's client id. */
  client: string;
  /** Whether users have names that say something. */
  hasPeople: boolean;
  /** A cell's place in the notebook in front, from 1; null where it is not in it. */
  cellNumber(id: string): number | null;
}

/** Who made a change, in a few words. */
export function authorWords(origin: Origin, on: Onlooker, trans: TranslationBundle): string {
  const person = on.hasPeople && origin.user !== undefined ? origin.user : null;
  const by = (what: string): string => (person === null ? what : `${person}, ${what}`);
  switch (origin.kind) {
    case 'step':
      return origin.step === undefined ? trans.__('a step') : trans.__('step %1', origin.step);
    case 'cell': {
      const number = origin.cell === undefined ? null : on.cellNumber(origin.cell);
      return by(number === null ? trans.__('a cell') : trans.__('cell %1', number));
    }
    case 'widget':
      return by(trans.__('a widget'));
    case 'api':
      return by(trans.__('the API'));
    case 'cli':
      return by(trans.__('the command line'));
    default:
      return origin.client === on.client ? trans.__('you, panel') : by(trans.__('another panel'));
  }
}

export function runWords(note: Note & { kind: 'run' }, trans: TranslationBundle): string {
  switch (note.end ?? note.status) {
    case 'running':
      return trans.__('running');
    case 'done':
      return trans.__('done');
    case 'warned':
      return trans.__('done with warnings');
    case 'failed':
      return trans.__('failed');
    case 'interrupted':
      return trans.__('interrupted');
    case 'refused':
      return trans.__('not run');
    case 'forgotten':
      return trans.__('taken out of the list');
  }
}

/** What an entry is beside its edits: what it takes back, or went back to. */
export function labelWords(entry: Entry, trans: TranslationBundle): string | null {
  const { label, undoes } = entry;
  if (undoes !== null) {
    return label === 'redo'
      ? trans.__('redone, by taking back %1', undoes)
      : trans.__('took back %1', undoes);
  }
  const restored = /^restore (.*)$/s.exec(label ?? '')?.[1];
  return restored === undefined ? label : trans.__('went back to %1', restored);
}

export function refusalWords({ verb, message }: Refusal, trans: TranslationBundle): string {
  return verb === 'undo'
    ? trans.__('Not taken back. %1', message)
    : trans.__('Not redone. %1', message);
}

export function noteWords(note: Note, trans: TranslationBundle): string {
  switch (note.kind) {
    case 'renamed':
      return trans.__('%1 renamed to %2', note.name, note.to);
    case 'declared':
      return trans.__('%1: declaration', note.name);
    case 'run':
      return note.end === undefined
        ? trans.__('step %1 %2', note.step, runWords(note, trans))
        : trans.__('step %1 started (%2)', note.step, runWords(note, trans));
  }
}

/** Whether a line has what somebody looks for: a variable, a person, a step, a word of what it was. */
export function matches(
  line: Line,
  needle: string,
  on: Onlooker,
  trans: TranslationBundle
): boolean {
  const has = (text: string | null): boolean =>
    text !== null && text.toLocaleLowerCase().includes(needle);
  return (
    needle === '' ||
    line.edits.some(edit => has(edit.name) || has(sideWords(edit.after, trans, 200))) ||
    line.notes.some(note => has(noteWords(note, trans))) ||
    line.entries.some(
      entry =>
        has(authorWords(entry.origin, on, trans)) ||
        has(labelWords(entry, trans)) ||
        String(entry.revision) === needle
    )
  );
}
