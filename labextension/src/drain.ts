/**
 * Sends what a dead tab left in its outbox: under that tab's client id, so that nothing it had sent already counts twice,
 * and so on a connection of its own.
 */
import type { Cellar } from './cellar';
import type { Channel, ChannelOptions } from './channel';
import { textsOf } from './drawer';
import type { Refused } from './edit';
import type { ServerFrame } from './frames';
import { Outbox } from './outbox';

const PATIENCE = 60_000;
// A server that cannot store just now is asked again after this time.
const AGAIN = 2000;

export interface DrainOptions {
  storage: Storage | null;
  /** The dead tab's. */
  key: string;
  cellar?: Cellar | null;
  /** Ours. */
  life: string;
  connect(options: Omit<ChannelOptions, 'open' | 'why'>): Channel;
}

/**
 * @returns what was refused, now or in that tab's life; nothing while the outbox could not be emptied
 * @throws Error where what was left cannot be read
 */
export async function drain(options: DrainOptions): Promise<readonly Refused[]> {
  const { storage, key, cellar = null, life, connect } = options;
  const texts = await textsOf(storage, key, cellar);
  return new Promise(resolve => {
    const outbox = new Outbox({
      storage,
      key,
      life,
      cellar,
      texts,
      onSettled: () => next(),
      send: frame => channel.send(frame),
      onAck: () => undefined,
      onRefused: () => undefined,
      onGap: () => channel.restart()
    });
    const end = (refused: readonly Refused[]): void => {
      clearTimeout(timer);
      clearTimeout(again);
      outbox.close();
      channel.close();
      resolve(refused);
    };
    const timer = setTimeout(() => end([]), PATIENCE);
    let again: ReturnType<typeof setTimeout> | undefined;
    const next = (): void => {
      outbox.dispatch();
      clearTimeout(again);
      if (outbox.waits !== null) {
        again = setTimeout(() => outbox.repeat(), AGAIN);
      } else if (outbox.isEmpty) {
        const { refused } = outbox;
        outbox.discard();
        end(refused);
      }
    };
    const receive = (frame: ServerFrame): void => {
      if (frame.type === 'welcome') {
        outbox.resume(frame.lastSeq, frame.lastAnswer, frame.revision, true);
        next();
      } else if (frame.type === 'ack' || frame.type === 'reject') {
        outbox.answered(frame);
        next();
      } else if (frame.type === 'error') {
        outbox.refuseOpen(frame.code, frame.message);
        next();
      } else if (frame.type === 'flush') {
        channel.send({ type: 'flushed', id: frame.id, invalid: [] });
      }
    };
    const channel: Channel = connect({
      hello: () => ({
        type: 'hello',
        client: outbox.client,
        since: null,
        tip: null,
        epoch: null,
        dirty: false
      }),
      onFrame: receive,
      onState: state => {
        if (state !== 'live') {
          outbox.suspend();
        }
        if (state === 'ended') {
          end([]);
        }
      },
      onTooLarge: () =>
        outbox.refuseOpen('too-large', 'The server closed the channel: this is too large.')
    });
    if (outbox.isEmpty) {
      next();
    } else {
      channel.connect();
    }
  });
}

/**
 * Takes what was left under one key over to another session, to be drained there.
 * @throws Error where what was left cannot be read
 */
export async function moveOutbox(
  storage: Storage | null,
  cellar: Cellar | null,
  from: string,
  to: string
): Promise<void> {
  const texts = await textsOf(storage, from, cellar);
  await new Promise<void>(resolve => {
    const outbox = new Outbox({
      storage,
      key: from,
      life: '',
      cellar,
      texts,
      onSettled: () => end(),
      send: () => false,
      onAck: () => undefined,
      onRefused: () => undefined,
      onGap: () => undefined
    });
    const end = (): void => {
      if (!outbox.isSettling) {
        outbox.close();
        resolve();
      }
    };
    if (outbox.isEmpty && outbox.refused.length === 0) {
      outbox.discard();
    } else {
      outbox.moveTo(to);
    }
    end();
  });
}
