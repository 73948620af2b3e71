/**
 * Whether a step would do again what it has done: by its record, its source, and the values that stand now; as freshness.py
 * says it.
 */
import { alikeJson } from './json';
import type { Rows, Run, Step } from './model';

/** What a cell says of its step; of one that no cell declares, what its runs tell. */
export interface Declared {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The hash of its body; null where nobody knows it. */
  readonly body: string | null;
}

/** Why a run's results do not count any more. */
export interface Aged {
  /** Inputs that are not what it read, and new ones. */
  readonly changed: string[];
  /** Outputs that are gone, that somebody else has written since, or that it has not made yet. */
  readonly lost: string[];
  /** Its cell is not what ran. */
  readonly edited: boolean;
}

/** Outputs whose newest value a kernel has, for it could not be stored, by the runs that made them. */
export type Newer = ReadonlyMap<string, Run>;

type Input = NonNullable<Run['inputs']>[string];

/** Whether the run looked for a variable that was not there. */
export function isAbsent(read: Input): boolean {
  return read.revision === 0 && read.value === undefined && read.hash === undefined;
}

/** A variable of such a name, where there is one, is older. */
export function kernelOnly(steps: Iterable<Step>, rows: Rows): Newer {
  const newest = new Map<string, Run>();
  for (const { done } of steps) {
    for (const name of done === null ? [] : unwritten(done)) {
      const at = done!.revision ?? 0;
      const isOlder = [rows.get(name), newest.get(name)].every(
        other => (other?.revision ?? -1) < at
      );
      if (isOlder) {
        newest.set(name, done!);
      }
    }
  }
  return newest;
}

/** What a run has made and could not store. */
export function unwritten(run: Run): string[] {
  return (run.outputs ?? []).filter(name => !(run.written ?? []).includes(name));
}

/** The inputs of a run whose variables no longer hold what it read; 1 and 1.0 are alike. */
export function changedInputs(run: Run, rows: Rows, newer: Newer): string[] {
  return Object.entries(run.inputs ?? {})
    .filter(([name, read]) => {
      const maker = newer.get(name);
      const isMadeAnew =
        maker !== undefined && maker.id !== run.id && (maker.revision ?? 0) > read.revision;
      return isMadeAnew || !stands(name, read, rows, run);
    })
    .map(([name]) => name);
}

function stands(name: string, read: Input, rows: Rows, run: Run): boolean {
  const row = rows.get(name);
  if (row === undefined) {
    return isAbsent(read);
  }
  // A step may write what it has read.
  if (row.origin.run === run.id) {
    return true;
  }
  if (isAbsent(read)) {
    return false;
  }
  // A large input is known by its hash only: another revision counts as another value.
  return (
    row.revision === read.revision || (read.value !== undefined && alikeJson(row.value, read.value))
  );
}

/** What it would read now and has not read, the names of its code among them that are variables by now. */
function newInputs(run: Run, rows: Rows, inputs: readonly string[]): string[] {
  return [...new Set([...inputs, ...(run.free ?? [])])].filter(name => {
    const row = rows.get(name);
    if (row === undefined || name in (run.inputs ?? {}) || row.origin.run === run.id) {
      return false;
    }
    // What it found in the kernel was newer than the variable was then.
    return !(name in (run.needs ?? {})) || row.revision > (run.revision ?? 0);
  });
}

/** The names that it read in the kernel and that have been made anew there, of something else. */
function madeAnew(run: Run, newer: Newer): string[] {
  return Object.entries(run.needs ?? {})
    .filter(([name, read]) => {
      const maker = newer.get(name);
      return maker !== undefined && maker.id !== run.id && isOther(read, maker);
    })
    .map(([name]) => name);
}

/** Whether what was read is of a run that computed with something else. What older records do not tell is the same. */
export function isOther(read: string, run: Run): boolean {
  return read !== '' && run.fingerprint !== undefined && read !== run.fingerprint;
}

function lostOutputs(run: Run, rows: Rows, outputs: readonly string[]): string[] {
  return outputs.filter(name => {
    const row = rows.get(name);
    const isWritten = (run.written ?? []).includes(name);
    // What cannot be stored stays in the kernel; what it did not promise then is still to be made.
    if (isWritten ? row === undefined : !(run.outputs ?? []).includes(name)) {
      return true;
    }
    return row !== undefined && row.revision > (run.revision ?? 0) && row.origin.run !== run.id;
  });
}

export function aged(run: Run, rows: Rows, newer: Newer, declared: Declared): Aged {
  const { inputs, outputs, body } = declared;
  const changed = [
    ...changedInputs(run, rows, newer),
    ...newInputs(run, rows, inputs),
    ...madeAnew(run, newer)
  ];
  return {
    changed: [...new Set(changed)],
    lost: lostOutputs(run, rows, outputs),
    edited: body !== null && run.source !== '' && body !== run.source
  };
}
