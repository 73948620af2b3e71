/**
 * Sends what a dead tab left in its outbox: under that tab's client id, so that nothing it had sent already counts twice,
 * and so on a connection of its own.
 */
import type { Channel, ChannelOptions } from './channel';
import type { ServerFrame } from './model';
import { Outbox, type Refused } from './outbox';

const PATIENCE = 60_000;

export interface DrainOptions {
  storage: Storage | null;
  /** The dead tab's. */
  key: string;
  /** Ours. */
  life: string;
  connect(options: Omit<ChannelOptions, 'open' | 'why'>): Channel;
}

/** @returns what was refused, now or in that tab's life; nothing while the outbox could not be emptied */
export function drain(options: DrainOptions): Promise<readonly Refused[]> {
  const { storage, key, life, connect } = options;
  return new Promise(resolve => {
    const outbox = new Outbox({
      storage,
      key,
      life,
      send: frame => channel.send(frame),
      onAck: () => undefined,
      onRefused: () => undefined,
      onGap: () => channel.restart()
    });
    const end = (refused: readonly Refused[]): void => {
      clearTimeout(timer);
      channel.close();
      resolve(refused);
    };
    const timer = setTimeout(() => end([]), PATIENCE);
    const next = (): void => {
      outbox.dispatch();
      if (outbox.isEmpty) {
        const { refused } = outbox;
        storage?.removeItem(key);
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

/** Takes what was left under one key over to another session, to be drained there. */
export function moveOutbox(storage: Storage | null, from: string, to: string): void {
  const outbox = new Outbox({
    storage,
    key: from,
    life: '',
    send: () => false,
    onAck: () => undefined,
    onRefused: () => undefined,
    onGap: () => undefined
  });
  if (outbox.isEmpty && outbox.refused.length === 0) {
    storage?.removeItem(from);
  } else {
    outbox.moveTo(to);
  }
}
