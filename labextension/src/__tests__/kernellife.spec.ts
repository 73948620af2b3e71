import type { KernelMessage } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import { KernelLife } from '../kernellife';

class FakeContext {
  readonly kernelChanged: Signal<this, never> = new Signal(this);
  readonly iopubMessage: Signal<this, KernelMessage.IMessage> = new Signal(this);

  says(session: string, parent: object = { msg_id: 'asked' }, msg_type = 'status'): void {
    const message = { header: { session, msg_type }, parent_header: parent };
    this.iopubMessage.emit(message as KernelMessage.IMessage);
  }
}

test('a kernel that was restarted is told by the headers of its messages', () => {
  const context = new FakeContext();
  const life = new KernelLife(context as never);
  const seen: (string | null)[] = [];
  life.subscribe(() => seen.push(life.getState()));
  expect(life.getState()).toBeNull();
  context.says('one');
  context.says('one');
  // The server says that it restarts, in its own name.
  context.says('server', {});
  // And that too much was printed.
  context.says('server', { msg_id: 'asked' }, 'stream');
  context.says('two');
  context.kernelChanged.emit(undefined as never);
  expect(seen).toEqual(['one', 'two', null]);
  life.dispose();
  context.says('three');
  expect(life.getState()).toBeNull();
});
