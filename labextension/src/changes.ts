/**
 * The pure functions that fold the ops of a change into rows, and into steps.
 */
import { sameJson, type Json } from './json';
import { LayeredMap } from './layered';
import type { DeclareOp, Op, Origin, Row, Rows, Run, Spec, Step } from './model';
import { applyPatch, PatchError } from './patch';

/** When and by whom a set of ops took effect. */
export interface Stamp {
  revision: number;
  updatedAt: number;
  origin: Origin;
}

/** Rows that ops are done to. */
export interface RowStore {
  get(name: string): Row | undefined;
  set(name: string, row: Row): void;
  delete(name: string): void;
}

/**
 * Does one op to rows. A set that changes nothing leaves the row's bytes, revision and origin as they are, here as on the
 * server. @throws PatchError where a patch does not fit
 */
export function applyOp(rows: RowStore, op: Op, stamp: Stamp): void {
  switch (op.op) {
    case 'set': {
      const old = rows.get(op.name);
      if (old === undefined || !sameJson(old.value, op.value)) {
        rows.set(op.name, { ...old, name: op.name, value: op.value, ...stamp });
      }
      break;
    }
    case 'patch': {
      const old = rows.get(op.name);
      if (old === undefined) {
        throw new PatchError(`There is no variable ${op.name}.`);
      }
      const value = applyPatch(old.value, op.patch);
      if (!sameJson(old.value, value)) {
        rows.set(op.name, { ...old, value, ...stamp });
      }
      break;
    }
    case 'delete':
      rows.delete(op.name);
      break;
    case 'rename': {
      const old = rows.get(op.name);
      if (old !== undefined && op.to !== op.name) {
        rows.delete(op.name);
        rows.set(op.to, { ...old, ...stamp, name: op.to });
      }
      break;
    }
    case 'declare':
      declare(rows, op, stamp);
      break;
    default:
      // A run's record touches no row.
      break;
  }
}

// A new variable gets the default, or null where there is none; null that stands only because there was no default
// gives way to one. Any other value stays, with the revision that wrote it.
function declare(rows: RowStore, { name, spec }: DeclareOp, stamp: Stamp): void {
  const old = rows.get(name);
  if (spec === null) {
    if (old?.spec !== undefined) {
      const bare: { -readonly [key in keyof Row]: Row[key] } = { ...old };
      delete bare.spec;
      rows.set(name, bare);
    }
    return;
  }
  const isUnset =
    old === undefined ||
    (old.value === null && old.spec !== undefined && old.spec.default === undefined);
  const value = isUnset ? (spec.default ?? null) : old.value;
  if (old !== undefined && value === old.value) {
    if (!sameSpec(old.spec, spec)) {
      rows.set(name, { ...old, spec });
    }
  } else {
    rows.set(name, { name, value, spec, ...stamp });
  }
}

export function sameSpec(one: Spec | undefined, other: Spec | undefined): boolean {
  return (
    one === other ||
    (one !== undefined && other !== undefined && sameJson(asJson(one), asJson(other)))
  );
}

function asJson(spec: Spec): Json {
  return spec as { [key: string]: Json };
}

/** @throws PatchError where these are not the rows that the ops were made for */
export function applyOps(rows: Rows, ops: readonly Op[], stamp: Stamp): Rows {
  const changed = new Map<string, Row | undefined>();
  const store: RowStore = {
    get: name => (changed.has(name) ? changed.get(name) : rows.get(name)),
    set: (name, row) => void changed.set(name, row),
    delete: name => void changed.set(name, undefined)
  };
  for (const op of ops) {
    applyOp(store, op, stamp);
  }
  return LayeredMap.of(rows).with(changed);
}

/** The names an op reads or writes. */
export function namesOf(op: Op): string[] {
  return op.op === 'run' ? [] : op.op === 'rename' ? [op.name, op.to] : [op.name];
}

/** Folds a run's record into the steps. */
export function recordRun(steps: ReadonlyMap<string, Step>, run: Run): Map<string, Step> {
  const next = new Map(steps);
  if (run.status === 'forgotten') {
    next.delete(run.step);
    return next;
  }
  const before = next.get(run.step);
  const good = run.status === 'done' || run.status === 'warned';
  next.set(run.step, {
    name: run.step,
    inputs: Object.keys(run.inputs ?? {}),
    outputs: run.outputs ?? [],
    run,
    done: good ? run : (before?.done ?? null)
  });
  return next;
}

export function recordRuns(
  steps: ReadonlyMap<string, Step>,
  ops: readonly Op[],
  revision: number
): ReadonlyMap<string, Step> {
  return ops.reduce<ReadonlyMap<string, Step>>(
    (all, op) => (op.op === 'run' ? recordRun(all, { revision, ...op.run }) : all),
    steps
  );
}
