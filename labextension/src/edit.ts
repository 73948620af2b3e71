/**
 * An edit of a person until the server has answered for it, and how later ones join it.
 */
import { sameJson, type Json } from './json';
import type { ClientFrame, Reject } from './frames';
import { randomId } from './ids';
import type { DeleteOp, EditOp, PatchOp, Row, Rows, SetOp } from './model';
import { overlay } from './overlay';
import { applyPatch, composed } from './patch';

/** One pending edit of a person. */
export interface Edit {
  op: EditOp;
  /** When its first keystroke came, ms since the Unix epoch. */
  at: number;
  /** The session's revision the person saw. */
  base: number;
  /** The row's own revision then, 0 where there was none. */
  seen: number;
  /** What stood there then, and was replaced; absent where there was nothing, and of a patch, which has it in `whole`. */
  was?: { readonly value: Json };
  /** The page that made it; an edit of an earlier one is sent with a condition. */
  life: string;
  /** Sent with a condition: made long ago, or while long offline. */
  guarded?: boolean;
  /** Of a patch: the whole value that it came to where it was made, and the one it was made of. */
  whole?: { mine: Json; before: Json };
  /** Part of a refused mutate: goes by itself, so that only the offender is refused. */
  alone?: boolean;
}

/** An edit the server took no part of, kept until the person decides. */
export interface Refused {
  id: string;
  edit: Edit;
  code: string;
  message: string;
  theirs?: Json;
  hasTheirs: boolean;
  /** What the variable is called now, where that was the reason. */
  to?: string;
}

/** What was sent, or was about to be: its number and body never change. */
export interface Mutate {
  seq: number;
  base: number;
  edits: Edit[];
  /** The number went out before with the same edits, unconditional: it may still arrive so. */
  twice?: boolean;
}

export type MutateFrame = Extract<ClientFrame, { type: 'mutate' }>;

/** A later write of the same variable, as one with the unsent one before it, which keeps what it saw. */
export function mergedEdit(old: Edit, op: EditOp, whole: Edit['whole']): Edit {
  const { whole: before, ...rest } = old;
  const was = wasOf(old);
  if (op.op !== 'patch') {
    return was === undefined ? { ...rest, op } : { ...rest, op, was };
  }
  const { name } = op;
  if (old.op.op === 'patch') {
    const patch = composed(old.op.patch, op.patch);
    const both = { mine: whole!.mine, before: (before ?? whole!).before };
    return { ...rest, op: { op: 'patch', name, patch }, whole: both };
  }
  return { ...rest, op: { op: 'set', name, value: whole!.mine } };
}

/**
 * Edits that make these rows in another session. What stands there under one of their names, since somebody else was
 * quicker, is not overwritten.
 */
export function remade(rows: Iterable<Row>, at: number, life: string): Edit[] {
  return [...rows].flatMap(({ name, value, spec }) => {
    const edit = (op: EditOp): Edit => ({ op, at, base: 0, seen: 0, life, guarded: true });
    const set = edit({ op: 'set', name, value });
    // A locked variable takes no value, so that comes first.
    return spec === undefined ? [set] : [set, edit({ op: 'declare', name, spec })];
  });
}

/** The same edit where there is no value whose members it could change. */
export function asWhole(edit: Edit): Edit {
  const { whole, op, ...rest } = edit;
  return op.op === 'patch' && whole !== undefined
    ? { ...rest, op: { op: 'set', name: op.name, value: whole.mine } }
    : edit;
}

/** What stood there when an edit was made; undefined where there was nothing. */
export function wasOf({ was, whole }: Edit): Edit['was'] {
  return whole === undefined ? was : { value: whole.before };
}

/** What an edit makes of its variable; undefined where it makes no value. */
export function valueOf({ op, whole }: Edit): Json | undefined {
  return op.op === 'set' ? op.value : whole?.mine;
}

/** The edit, now that one before it is part of the session: what it lies on is that. */
export function onTopOf(edit: Edit, taken: Edit, revision: number): Edit {
  const next: Edit = { ...edit, base: Math.max(edit.base, revision), seen: revision };
  delete next.was;
  const value = valueOf(taken);
  return value === undefined || edit.whole !== undefined ? next : { ...next, was: { value } };
}

/** Whether an op writes a value, so that two of them can be one; a rename or declaration stays by itself. */
export function isWrite(op: EditOp): op is SetOp | PatchOp | DeleteOp {
  return op.op === 'set' || op.op === 'patch' || op.op === 'delete';
}

/** Whether the members that an op changes are there. */
export function fits(op: PatchOp, value: Json): boolean {
  try {
    applyPatch(value, op.patch);
    return true;
  } catch {
    return false;
  }
}

/** Whether an edit of members is not seen, for it does not fit what lies beneath it: no other edit joins it then. */
export function isHidden({ op }: Edit, pending: readonly Edit[], confirmed: Rows): boolean {
  const beneath = pending.slice(
    0,
    pending.findIndex(each => each.op === op)
  );
  const row = overlay(confirmed, beneath, { kind: 'panel' }, new Map(), [op.name]).get(op.name);
  return op.op === 'patch' && (row === undefined || !fits(op, row.value));
}

/** Whether an op by itself leaves a variable as it is. */
export function isAsConfirmed(op: EditOp, confirmed: Rows): boolean {
  const row = confirmed.get(op.name);
  if (op.op === 'set') {
    return row !== undefined && sameJson(row.value, op.value);
  }
  return op.op === 'patch'
    ? row !== undefined &&
        fits(op, row.value) &&
        sameJson(row.value, applyPatch(row.value, op.patch))
    : row === undefined;
}

/** An edit's op as it is sent: with its condition, if it has one. */
export function sentOp({ op, guarded, seen }: Edit): EditOp {
  return guarded && isWrite(op) ? { ...op, ifRevision: seen } : op;
}

/** Whether an edit that came too late would have made what somebody else has made: there is nothing to decide. */
export function wantsWhatStands({ op }: Edit, { code, theirs }: Reject): boolean {
  return (
    code === 'conflict' && op.op === 'set' && theirs !== undefined && sameJson(op.value, theirs)
  );
}

export function refusedEdit(edit: Edit, { code, message, theirs, to }: Reject): Refused {
  const hasTheirs = theirs !== undefined;
  const refused = { id: randomId(), edit: { ...edit, alone: false }, code, message, theirs };
  return { ...refused, hasTheirs, ...(to !== undefined && { to }) };
}
