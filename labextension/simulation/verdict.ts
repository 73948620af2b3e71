/**
 * Whether everything has come to rest, and what is wrong once it has.
 */
import type { SessionClient } from '../src/client';
import { stringifyJson, type Json } from '../src/json';
import type { Row } from '../src/model';
import type { Authority } from './authority';
import { KERNEL, type Slot } from './hands';
import type { Kernel } from './kernel';
import type { Ledger } from './ledger';
import type { Wire } from './wire';

interface Outcome {
  rows: unknown[];
  stored: unknown[];
  revision: number;
  history: string[];
  undone: string[];
  patches: number;
}

/** What the server says at the end, and sentences of what is wrong. */
export interface Verdict {
  wrong: string[];
  /** How many edits of members have been committed. */
  patches: number;
}

export interface Parties {
  slots: readonly Slot[];
  kernel: Kernel;
  server: Authority;
  ledger: Ledger;
}

export function clientsOf(slots: readonly Slot[]): [Slot, SessionClient][] {
  return slots.flatMap(slot => {
    const client = slot.page?.client ?? null;
    return client === null ? [] : [[slot, client] as [Slot, SessionClient]];
  });
}

/** @returns sentences of what is still under way */
export function unrestOf(
  slots: readonly Slot[],
  theKernel: Kernel,
  wires: ReadonlyMap<number, Wire>
): string[] {
  const outboxes = slots.flatMap(({ browser }) => browser.outboxes);
  const kernel = theKernel.state();
  return [
    ...slots.filter(({ page }) => page?.client == null).map(() => 'a page has no session'),
    ...clientsOf(slots)
      .filter(([, { status }]) => !['saved', 'conflict'].includes(status.kind) || status.edits > 0)
      .map(([slot, { status }]) => `${slot.author} is ${status.kind}, ${status.edits} unsaved`),
    ...outboxes
      .filter(({ open, edits }) => open !== null || edits.length > 0)
      .map(({ key }) => `${key} is not empty`),
    ...(kernel.saved && theKernel.isOnline ? [] : ['the kernel has something to send']),
    ...([...wires.values()].every(wire => wire.isQuiet) ? [] : ['frames are under way'])
  ];
}

/** Once nothing moves: whether all see the same, and every edit is where its author can find it. */
export function judge({ slots, kernel: theKernel, server, ledger }: Parties): Verdict {
  const clients = clientsOf(slots);
  const kernel = theKernel.state();
  const views = clients.map(([slot, client]) => [slot.author, client.getState()] as const);
  const session = clients[0]?.[1].getState().sessionId ?? null;
  const others = views.filter(([, state]) => state.sessionId !== session);
  const { rows, stored, revision, history, undone, patches } = server.ask('outcome', {
    session
  }) as Outcome;
  const truth = sorted(rows);
  const unequal = (who: string, theirs: unknown[], at: number): string[] =>
    sorted(theirs) === truth && at === revision
      ? []
      : [`${who} at ${at} has ${sorted(theirs)} and the server at ${revision} ${truth}`];
  const shown = [
    ...clients.flatMap(([, client]) => shownBy(client)),
    ...kernel.refused.map(([, text]) => text ?? '')
  ];
  const wrong = [
    ...others.map(([who]) => `${who} is at another session`),
    ...unequal('the store', stored, revision),
    ...unequal(KERNEL, kernel.rows, kernel.revision),
    ...views.flatMap(([who, { variables, meta }]) =>
      unequal(who, [...variables.values()].map(rowOf), meta.revision)
    ),
    ...ledger.audit(history, undone, shown)
  ];
  return { wrong, patches };
}

function rowOf({ name, value, revision, updatedAt, origin }: Row): unknown {
  const members = Object.entries(origin).filter(([, member]) => member !== undefined);
  const inOrder = Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
  return { name, value: stringifyJson(value satisfies Json), revision, updatedAt, origin: inOrder };
}

/** What was refused, as a person sees it who goes through it: the next one of a variable shows when one is put away. */
function shownBy(client: SessionClient): string[] {
  const shown: string[] = [];
  for (;;) {
    const { refused, conflicts } = client.getState();
    const clashes = [...conflicts.values()];
    shown.push(...clashes.map(({ mine }) => stringifyJson(mine ?? null)));
    shown.push(...refused.map(({ edit }) => stringifyJson(edit.op)));
    const ids = [...refused.map(({ id }) => id), ...clashes.flatMap(each => each.refusedId ?? [])];
    if (ids.length === 0) {
      return shown;
    }
    ids.forEach(id => client.dismissRefused(id));
  }
}

function sorted(rows: unknown[]): string {
  return `\n  ${rows
    .map(row => JSON.stringify(row))
    .sort()
    .join('\n  ')}\n`;
}
