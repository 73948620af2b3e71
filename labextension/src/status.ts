/**
 * What the light says: a pure reading of a client's situation.
 */
import type { ChannelEnd } from './channel';
import type { Meta } from './model';

export type StatusKind =
  | 'loading'
  | 'saved'
  | 'saving'
  | 'waiting'
  | 'offline'
  | 'conflict'
  | 'invalid'
  | 'notkept'
  | 'readonly';

export interface Status {
  readonly kind: StatusKind;
  /** Variables with an edit that the server has not acknowledged. */
  readonly edits: number;
  readonly conflicts: number;
  readonly refused: number;
  /** Fields that hold what is not valid, and so is not saved. */
  readonly invalid: number;
  /** Why the server cannot store what was edited just now, in its words; it is asked again by itself. */
  readonly waits: string | null;
  readonly end: ChannelEnd | null;
  /** As Meta says it, of a server that answers. */
  readonly storage?: Meta['storage'];
}

/** How the channel has fared. */
export interface Link {
  live: boolean;
  everLive: boolean;
  failing: boolean;
  end: ChannelEnd | null;
}

export interface Situation extends Link {
  kept: boolean;
  readOnly: boolean;
  storage?: Meta['storage'];
  edits: number;
  /** Of the edits, those that wait for a step to end. */
  held: number;
  conflicts: number;
  refused: number;
  invalid: number;
  /** Fields that hold the beginning of something. */
  half: number;
  waits: string | null;
}

/** The worst news first: what would be lost, then what is not shared, then what needs a decision. */
export function statusOf(now: Situation): Status {
  const { edits, conflicts, refused, invalid, waits, end } = now;
  const storage = now.live ? now.storage : undefined;
  const kind = ((): StatusKind => {
    if (!now.kept) {
      return 'notkept';
    }
    if (!now.live && (now.everLive || now.failing || end !== null)) {
      return 'offline';
    }
    if (!now.live) {
      return 'loading';
    }
    if (storage === 'memory') {
      return 'notkept';
    }
    if (now.readOnly) {
      return 'readonly';
    }
    if (conflicts + refused > 0) {
      return 'conflict';
    }
    if (invalid > 0) {
      return 'invalid';
    }
    if (edits + now.half === 0) {
      return 'saved';
    }
    return now.half === 0 && now.held === edits ? 'waiting' : 'saving';
  })();
  return { kind, edits, conflicts, refused, invalid, waits, end, storage };
}
