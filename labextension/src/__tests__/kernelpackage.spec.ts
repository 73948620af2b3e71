import type { Kernel, KernelMessage } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import { KernelPackage } from '../kernelpackage';

class FakeContext {
  readonly kernelChanged: Signal<this, never> = new Signal(this);
  readonly statusChanged: Signal<this, Kernel.Status> = new Signal(this);
  readonly iopubMessage: Signal<this, KernelMessage.IMessage> = new Signal(this);
  readonly kernelDisplayName = 'Python 3';
  status: Kernel.Status = 'idle';
  language = 'python';
  answer = 'False';
  readonly asked: KernelMessage.IExecuteRequestMsg['content'][] = [];

  get session(): unknown {
    const requestExecute = (content: KernelMessage.IExecuteRequestMsg['content']): unknown => {
      this.asked.push(content);
      const key = Object.keys(content.user_expressions as object)[0]!;
      const user_expressions = { [key]: { data: { 'text/plain': this.answer } } };
      return { done: Promise.resolve({ content: { status: 'ok', user_expressions } }) };
    };
    const info = Promise.resolve({ language_info: { name: this.language } });
    return { kernel: { ...this._kernel, status: this.status, info, requestExecute } };
  }

  become(status: Kernel.Status): void {
    this.status = status;
    this.statusChanged.emit(status);
  }

  ran(): void {
    this.become('busy');
    this.iopubMessage.emit({ header: { msg_type: 'execute_input' } } as KernelMessage.IMessage);
    this.become('idle');
  }

  private readonly _kernel = {};
}

let context: FakeContext;

/** The same kernel each time it is asked for. */
function make(): KernelPackage {
  const { session } = context;
  Object.defineProperty(context, 'session', {
    get: () => {
      (session as { kernel: { status: string } }).kernel.status = context.status;
      return session;
    }
  });
  return new KernelPackage(context as never);
}

beforeEach(() => {
  vi.useFakeTimers();
  context = new FakeContext();
});
afterEach(() => void vi.useRealTimers());

const soon = (): Promise<unknown> => vi.advanceTimersByTimeAsync(1000);

test('is asked without a trace in the history', async () => {
  const lacks = make();
  await soon();
  expect(lacks.getState()).toBe('missing');
  expect(context.asked).toMatchObject([{ code: '', silent: true, store_history: false }]);
});

test('is not asked while the kernel is busy', async () => {
  context.status = 'busy';
  const lacks = make();
  await soon();
  context.become('busy');
  await soon();
  expect(context.asked).toEqual([]);
  context.become('idle');
  await soon();
  expect(lacks.getState()).toBe('missing');
});

test('is asked again after a cell, until it is there', async () => {
  const lacks = make();
  await soon();
  context.become('busy');
  context.become('idle');
  await soon();
  expect(context.asked.length).toBe(1);
  context.answer = 'True';
  context.ran();
  await soon();
  expect(lacks.getState()).toBe('there');
  context.ran();
  await soon();
  expect(context.asked.length).toBe(2);
});

test('kernels of other languages are not asked', async () => {
  context.language = 'julia';
  const lacks = make();
  await soon();
  expect([lacks.getState(), context.asked.length]).toEqual(['unknown', 0]);
});

test('another kernel is asked anew', async () => {
  const lacks = make();
  await soon();
  context.answer = 'True';
  context.kernelChanged.emit(undefined as never);
  expect(lacks.getState()).toBe('unknown');
  await soon();
  expect(lacks.getState()).toBe('there');
});
