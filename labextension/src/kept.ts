/**
 * Requests of the panel beside its channel: the values that a notebook carries, and steps that are to be forgotten.
 */
import { URLExt } from '@jupyterlab/coreutils';
import { UUID } from '@lumino/coreutils';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

import { canonicalJson, type Json } from './json';
import { address, request, type Settings } from './rest';

export interface Kept {
  /** Whether it is this session whose values are put into the notebook at each save. */
  readonly keep: boolean;
  readonly values: { readonly [name: string]: Json };
  /** Those that nobody has decided otherwise in this session. */
  readonly offered: readonly string[];
}

/** @throws RequestError also where the notebook has another session */
export async function readKept(settings: Settings, sessionId: string, path: string): Promise<Kept> {
  const url = address(settings, sessionId, 'kept') + URLExt.objectToQueryString({ path });
  return (await request(settings, url, 'GET')) as unknown as Kept;
}

/** Takes those that are offered into the session, as one change. @throws RequestError */
export async function takeKept(settings: Settings, sessionId: string, path: string): Promise<void> {
  const body = { path, origin: { kind: 'panel' } };
  await request(settings, address(settings, sessionId, 'kept'), 'POST', body);
}

/** Takes a step out of everybody's list until it runs again; what it wrote stays. @throws RequestError */
export async function forgetStep(
  settings: Settings,
  sessionId: string,
  step: string,
  revision: number,
  now = Date.now()
): Promise<void> {
  const run = { id: UUID.uuid4(), step, status: 'forgotten', start: now, end: now, source: '' };
  // An author of its own: the panel's numbers are the channel's.
  const body = {
    client: UUID.uuid4(),
    seq: 1,
    base: revision,
    ops: [{ op: 'run', run }],
    origin: { kind: 'panel' }
  };
  await request(settings, address(settings, sessionId, 'mutate'), 'POST', body);
}

/** The same text for the same values that are offered, which says nothing of what they are. */
export function markOf({ offered, values }: Kept): string {
  const text = canonicalJson(offered.map(name => [name, values[name] ?? null]));
  return bytesToHex(sha256(utf8ToBytes(text)));
}
