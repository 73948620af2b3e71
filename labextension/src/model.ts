/**
 * What there is: sessions, variables, the ops of a change, steps and their runs, as they are on the wire.
 */
import type { Json } from './json';
import type { Patch } from './patch';

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

export type Rows = ReadonlyMap<string, Row>;

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
  /** Revision 0 with neither value nor hash: there was no such variable. */
  inputs?: { [name: string]: { revision: number; value?: Json; hash?: string } };
  outputs?: string[];
  written?: string[];
  error?: { type: string; message: string; line?: number } | null;
  warnings?: string[];
  /** Names that it left in the kernel and that are no variables. */
  left?: string[];
  /** Such names of other steps that it read, each with the fingerprint of the run that had left it. */
  needs?: { [name: string]: string };
  /** Of one whose inputs are found in its code: the names there that were no variables. */
  free?: string[];
  /** Of one that ended well: what it has computed with. */
  fingerprint?: string;
  kernel?: string;
  /** Which process of that kernel: another one after a restart. */
  life?: string;
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
  /** What becomes of a change where it does not reach a disk: it ends with the server, or nothing can be changed. */
  storage?: 'memory' | 'read-only';
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
  /** Which notebook had it last, as far as this browser knows, and whether it is that one's own. */
  last?: { path: string; isOwn: boolean };
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
