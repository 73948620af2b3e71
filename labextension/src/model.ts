/**
 * The wire's shapes, and the pure functions that fold changes into rows.
 */
import { sameJson, type Json } from './json';
import { applyPatch, PatchError, type Patch } from './patch';

export interface Origin {
  kind: 'panel' | 'cell' | 'step' | 'widget' | 'api' | 'cli';
  user?: string;
  client?: string;
  kernel?: string;
  cell?: string;
  step?: string;
  run?: string;
}

export interface Row {
  readonly name: string;
  readonly value: Json;
  readonly revision: number;
  readonly updatedAt: number;
  readonly origin: Origin;
  readonly spec?: Spec;
}

/** A variable's declaration. */
export interface Spec {
  readonly description?: string;
  /** A JSON Schema (2020-12) of the value. */
  readonly schema?: Json;
  /** What it is until somebody sets it. */
  readonly default?: Json;
  /** The editor that shows it, where it is not to be chosen by the value. */
  readonly control?: string;
  /** The value is not to be changed. */
  readonly locked?: boolean;
}

/** A row as the person sees it: confirmed, or with a change of this client laid on top. */
export interface ViewRow extends Row {
  readonly pending: boolean;
}

export interface SetOp {
  op: 'set';
  name: string;
  value: Json;
  ifRevision?: number;
}
export interface PatchOp {
  op: 'patch';
  name: string;
  patch: Patch;
  ifRevision?: number;
}
export interface DeleteOp {
  op: 'delete';
  name: string;
  ifRevision?: number;
}
export interface RenameOp {
  op: 'rename';
  name: string;
  to: string;
}
/** Says what a variable may be; makes it where it does not exist, and never changes its value. */
export interface DeclareOp {
  op: 'declare';
  name: string;
  spec: Spec | null;
}
export interface RunOp {
  op: 'run';
  run: Run;
}
export type EditOp = SetOp | PatchOp | DeleteOp | RenameOp | DeclareOp;
export type Op = EditOp | RunOp;

export type RunStatus =
  'running' | 'done' | 'warned' | 'failed' | 'interrupted' | 'refused' | 'forgotten';

/** What is empty or unknown is left out on the wire. */
export interface Run {
  id: string;
  step: string;
  status: RunStatus;
  start: number;
  end?: number | null;
  inputs?: { [name: string]: { revision: number; value?: Json; hash?: string } };
  outputs?: string[];
  written?: string[];
  error?: { type: string; message: string; line?: number } | null;
  warnings?: string[];
  /** Names that it left in the kernel and that are no variables. */
  left?: string[];
  /** Such names of other steps that it read. */
  needs?: { [name: string]: string };
  kernel?: string;
  cell?: string;
  source: string;
  revision?: number;
}

export interface Step {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly run: Run | null;
  /** The latest run that ended well. */
  readonly done: Run | null;
}

export interface Meta {
  lastSyncedAt: number | null;
  isDirty: boolean;
  revision: number;
  epoch: string;
  name: string | null;
  paths: string[];
}

/** A session in the list of the person's own. */
export interface Listed {
  sessionId: string;
  name: string | null;
  paths: string[];
  revision: number;
  updatedAt: number | null;
  variableCount: number;
  bytes: number;
  /** How many panels and kernels are connected to it, at this server. */
  connected: { editors: number; kernels: number };
}

/** What a notebook is to have that its session does not know. */
export type Choice = 'use' | 'copy' | 'empty';

/** Why a notebook does not simply get a session; somebody has to choose. */
export interface Question {
  /** None of its cells are those of the notebook that was here; or it looks like one whose file is gone. */
  reason: 'other-cells' | 'moved';
  /** The session in question. */
  session: {
    sessionId: string;
    name: string | null;
    paths: string[];
    updatedAt: number | null;
    variableCount: number;
  };
  choices: Choice[];
}

export interface SessionState {
  sessionId: string;
  variables: { [name: string]: Json };
  meta: Meta;
  rows?: Row[];
}

export interface Limits {
  valueBytes: number;
  sessionBytes: number;
  variables: number;
  depth: number;
  digits: number;
  nameChars: number;
}

export interface Change {
  revision: number;
  tip: string;
  at: number;
  client?: string;
  base?: number;
  origin: Origin;
  ops: Op[];
}

export interface WireConflict {
  name: string;
  theirs?: Json;
  base?: Json;
  origin?: Origin;
}

export interface Ack {
  type: 'ack';
  seq: number;
  revision: number;
  tip?: string;
  at: number;
  conflicts?: WireConflict[];
}

export interface Reject {
  type: 'reject';
  seq: number;
  code: string;
  message: string;
  name?: string;
  theirs?: Json;
  revision?: number;
}

export interface Hello {
  type: 'hello';
  client: string;
  since: number | null;
  tip: string | null;
  epoch: string | null;
  dirty: boolean;
}

export interface Welcome {
  type: 'welcome';
  session: string;
  epoch: string;
  revision: number;
  tip: string | null;
  lastSeq: number;
  lastAnswer: Ack | Reject | null;
  mode: 'snapshot' | 'delta';
  variables?: Row[];
  changes?: Change[];
  meta: Meta;
  steps: Step[];
  readOnly: boolean;
  limits?: Limits;
}

export interface InvalidField {
  name: string;
  text: string;
}

export type ServerFrame =
  | Welcome
  | Ack
  | Reject
  | ({ type: 'change' } & Change)
  | { type: 'flush'; id: string }
  | { type: 'barrier'; id: string; revision: number; late: string[]; invalid: InvalidField[] }
  | { type: 'meta'; meta: Partial<Meta> }
  | { type: 'deleted' }
  | { type: 'pong' }
  | { type: 'error'; code: string; message: string };

export type ClientFrame =
  | Hello
  | { type: 'mutate'; seq: number; base: number; ops: EditOp[]; origin: Origin }
  | { type: 'dirty'; dirty: boolean }
  | { type: 'barrier'; id: string }
  | { type: 'flushed'; id: string; invalid: InvalidField[] }
  | { type: 'ping' };

export type Rows = ReadonlyMap<string, Row>;

/** When and by whom a set of ops took effect. */
export interface Stamp {
  revision: number;
  updatedAt: number;
  origin: Origin;
}

// A set that changes nothing leaves the row's bytes, revision and origin as they are, here as on the server.
function applyTo(rows: Map<string, Row>, op: Op, stamp: Stamp): void {
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
function declare(rows: Map<string, Row>, { name, spec }: DeclareOp, stamp: Stamp): void {
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
export function applyOps(rows: Rows, ops: readonly Op[], stamp: Stamp): Map<string, Row> {
  const next = new Map(rows);
  for (const op of ops) {
    applyTo(next, op, stamp);
  }
  return next;
}

/** The names an op reads or writes. */
export function namesOf(op: Op): string[] {
  return op.op === 'run' ? [] : op.op === 'rename' ? [op.name, op.to] : [op.name];
}

/** A pending edit, as far as the view needs it. */
interface Pending {
  op: EditOp;
  at: number;
}

/**
 * What the person sees: confirmed rows with pending ops on top. A row that looks as it did in `before` is the same
 * object, so that only rows that changed are drawn again.
 *
 * `suspects` are the names that may look different from `before`, where the confirmed rows are the same as then: a
 * keystroke then costs by what is being edited, not by what there is.
 */
export function overlay(
  confirmed: Rows,
  pending: readonly Pending[],
  origin: Origin,
  before: ReadonlyMap<string, ViewRow>,
  suspects?: Iterable<string>
): ReadonlyMap<string, ViewRow> {
  const edited = new Set(pending.flatMap(({ op }) => namesOf(op)));
  const names = suspects === undefined ? confirmed.keys() : suspects;
  const rows = new Map<string, Row>();
  for (const name of [...names, ...edited]) {
    const row = confirmed.get(name);
    if (row !== undefined) {
      rows.set(name, row);
    }
  }
  for (const { op, at } of pending) {
    try {
      applyTo(rows, op, { revision: -1, updatedAt: at, origin });
    } catch {
      // A patch that no longer fits shows what stands there; the server says so when it gets it.
    }
  }
  const view = suspects === undefined ? new Map<string, ViewRow>() : new Map(before);
  for (const name of [...(suspects ?? []), ...edited]) {
    view.delete(name);
  }
  for (const [name, row] of rows) {
    view.set(name, viewed(row, edited.has(name), before.get(name)));
  }
  return view;
}

function viewed(row: Row, pending: boolean, before: ViewRow | undefined): ViewRow {
  const same =
    before !== undefined &&
    before.value === row.value &&
    before.spec === row.spec &&
    before.updatedAt === row.updatedAt &&
    before.pending === pending &&
    before.origin === row.origin &&
    (pending || before.revision === row.revision);
  return same ? before : { ...row, pending };
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
