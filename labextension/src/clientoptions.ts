/**
 * What a client is given: whose session it is, where it keeps things, and its ways to the server.
 */
import type { Cellar, Texts } from './cellar';
import type { Channel, ChannelOptions } from './channel';
import type { Drafts } from './drafts';
import type { Memory } from './memory';
import type { Meta } from './model';
import type { MutateFrame } from './edit';
import type { Pace } from './pacer';
import type { Shelf } from './shelf';

export interface ClientOptions {
  sessionId: string;
  meta?: Meta;
  tab: string;
  /** This life of the page. */
  life: string;
  shelf: Shelf;
  memory: Memory;
  drafts: Drafts;
  /** For large edits, and what it has of this tab's. */
  cellar?: Cellar | null;
  texts?: Texts;
  pace: () => Pace;
  user?: string;
  connect(options: Omit<ChannelOptions, 'open' | 'why'>, session: () => string): Channel;
  /** The session that the notebook has now, for one that was never stored or is no more. */
  replace?(): Promise<{ sessionId: string; meta: Meta }>;
  /** Sends a mutate on a way that outlives the page. */
  post?(sessionId: string, client: string, frame: MutateFrame): void;
  /** A notebook of this session has another one now. */
  left?(): void;
  now?(): number;
}
