/**
 * The frames of the live channel, both ways.
 */
import type { Json } from './json';
import type { Change, EditOp, Limits, Meta, Origin, Row, Step } from './model';

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
  /** What the variable is called now, where it was renamed. */
  to?: string;
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
