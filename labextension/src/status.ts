/**
 * What the light says: a pure reading of a client's situation.
 */
import type { ChannelEnd } from './channel';

export type StatusKind =
  'loading' | 'saved' | 'saving' | 'offline' | 'conflict' | 'invalid' | 'notkept' | 'readonly';

export interface Status {
  readonly kind: StatusKind;
  /** Variables with an edit that the server has not acknowledged. */
  readonly edits: number;
  readonly conflicts: number;
  readonly refused: number;
  /** Fields that hold what is not valid, and so is not saved. */
  readonly invalid: number;
  readonly end: ChannelEnd | null;
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
  edits: number;
  conflicts: number;
  refused: number;
  invalid: number;
  /** Fields that hold the beginning of something. */
  half: number;
}

/** The worst news first: what would be lost, then what is not shared, then what needs a decision. */
export function statusOf(now: Situation): Status {
  const { edits, conflicts, refused, invalid, end } = now;
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
    if (now.readOnly) {
      return 'readonly';
    }
    if (conflicts + refused > 0) {
      return 'conflict';
    }
    if (invalid > 0) {
      return 'invalid';
    }
    return edits + now.half > 0 ? 'saving' : 'saved';
  })();
  return { kind, edits, conflicts, refused, invalid, end };
}
