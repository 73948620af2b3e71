/**
 * Requests about a session's past.
 */
import { URLExt } from '@jupyterlab/coreutils';

import type { Json } from './json';
import { address, request, type Settings } from './rest';
import type { Altered, PastChange } from './timeline';

export interface Snapshot {
  readonly name: string;
  readonly revision: number;
  /** When it was taken. */
  readonly at: number;
}

export interface Page {
  /** Newest first. */
  changes: PastChange[];
  /** What to ask for before; null at the end. */
  next: number | null;
}

/** Whose change it is, for a later undo. */
interface By {
  client: string;
}

/** One session's past. Everything rejects with RequestError. What writes answers the revision after it. */
export interface Archive {
  changes(page: { before?: number; limit: number; name?: string | null }): Promise<Page>;
  diff(from: number, to: number): Promise<Altered[]>;
  undo(by: By & { revision?: number; force?: boolean }): Promise<number>;
  redo(by: By & { force?: boolean }): Promise<number>;
  restore(by: By & { revision: number }): Promise<number>;
  snapshots(): Promise<Snapshot[]>;
  takeSnapshot(name: string, revision?: number): Promise<Snapshot>;
  forgetSnapshot(name: string): Promise<void>;
  /** @returns how many values there were */
  purge(name: string): Promise<number>;
}

// The variables come by the channel.
const MINIMAL = { Prefer: 'return=minimal' };

/** @param session the id that the session has now */
export function restArchive(settings: Settings, session: () => string): Archive {
  const get = async <T>(query: { [key: string]: string }, ...parts: string[]): Promise<T> => {
    const url = address(settings, session(), ...parts) + URLExt.objectToQueryString(query);
    return (await request(settings, url, 'GET')) as unknown as T;
  };
  const send = async <T>(method: string, body: unknown, ...parts: string[]): Promise<T> =>
    (await request(settings, address(settings, session(), ...parts), method, body)) as unknown as T;
  const write = async (
    verb: string,
    body: { [key: string]: Json | undefined }
  ): Promise<number> => {
    const origin = { kind: 'panel' };
    const url = address(settings, session(), verb);
    const answer = await request(settings, url, 'POST', { ...body, origin }, false, MINIMAL);
    return (answer as unknown as { meta: { revision: number } }).meta.revision;
  };
  return {
    changes: ({ before, limit, name }) =>
      get<Page>(
        {
          limit: String(limit),
          ...(before === undefined ? {} : { before: String(before) }),
          ...(name == null ? {} : { name })
        },
        'changes'
      ),
    diff: async (from, to) =>
      (await get<{ changed: Altered[] }>({ from: String(from), to: String(to) }, 'diff')).changed,
    undo: ({ client, revision, force }) => write('undo', { client, revision, force }),
    redo: ({ client, force }) => write('redo', { client, force }),
    restore: ({ client, revision }) => write('restore', { client, revision }),
    snapshots: async () => (await get<{ snapshots: Snapshot[] }>({}, 'snapshots')).snapshots,
    takeSnapshot: (name, revision) => send<Snapshot>('PUT', { revision }, 'snapshots', name),
    forgetSnapshot: async name => {
      await send('DELETE', undefined, 'snapshots', name);
    },
    purge: async name => (await send<{ purged: number }>('POST', { name }, 'purge')).purged
  };
}
