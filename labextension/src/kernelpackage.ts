/**
 * Whether the kernel's environment has the package. Without it cells see nothing of the session, and the panel says
 * which line installs it.
 *
 * The kernel is asked by an expression beside an empty, silent request, which makes no history, no output and no number,
 * and only while it is idle. Kernels of other languages are not asked.
 */
import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import { Listeners } from './listeners';

export type Found = 'unknown' | 'there' | 'missing';

const EXPRESSION = "__import__('importlib.util').util.find_spec('session_state_ext') is not None";
const KEY = 'session_state_ext';
// A cell that ends is often followed by another one at once.
const PAUSE = 500;

type Context = Pick<
  ISessionContext,
  'session' | 'kernelChanged' | 'statusChanged' | 'iopubMessage' | 'kernelDisplayName'
>;

export class KernelPackage {
  constructor(private readonly context: Context) {
    context.kernelChanged.connect(this._onKernel, this);
    context.statusChanged.connect(this._onStatus, this);
    context.iopubMessage.connect(this._onMessage, this);
    this._soon();
  }

  getState = (): Found => this._found;

  subscribe = (listener: () => void): (() => void) => this._listeners.add(listener);

  get kernelName(): string {
    return this.context.kernelDisplayName;
  }

  dispose(): void {
    clearTimeout(this._timer);
    this._isDisposed = true;
    this.context.kernelChanged.disconnect(this._onKernel, this);
    this.context.statusChanged.disconnect(this._onStatus, this);
    this.context.iopubMessage.disconnect(this._onMessage, this);
    this._listeners.clear();
  }

  private _onKernel(): void {
    this._isDue = true;
    this._show('unknown');
    this._soon();
  }

  private _onStatus(_: unknown, status: Kernel.Status): void {
    // A restarted kernel may be another environment's by now.
    if (status === 'restarting' || status === 'autorestarting') {
      this._isDue = true;
    }
    if (status === 'idle') {
      this._soon();
    } else {
      clearTimeout(this._timer);
    }
  }

  private _onMessage(_: unknown, message: KernelMessage.IMessage): void {
    // Somebody ran something, which may have been the line. What is silent sends no such message: it is not ourselves.
    if (message.header.msg_type === 'execute_input' && this._found === 'missing') {
      this._isDue = true;
    }
  }

  private _soon(): void {
    clearTimeout(this._timer);
    if (this._isDue && !this._isDisposed) {
      this._timer = setTimeout(() => void this._ask(), PAUSE);
    }
  }

  private async _ask(): Promise<void> {
    const kernel = this.context.session?.kernel ?? null;
    if (kernel === null || kernel.status !== 'idle') {
      return;
    }
    this._isDue = false;
    try {
      const found = await ask(kernel);
      if (this.context.session?.kernel === kernel && !this._isDisposed) {
        this._show(found);
      }
    } catch {
      // The kernel went away while it was asked; the next one is asked anew.
      this._isDue = true;
    }
  }

  private _show(found: Found): void {
    if (found !== this._found) {
      this._found = found;
      this._listeners.tell();
    }
  }

  private _found: Found = 'unknown';
  private _isDue = true;
  private _isDisposed = false;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private readonly _listeners = new Listeners();
}

async function ask(kernel: Kernel.IKernelConnection): Promise<Found> {
  const { language_info } = await kernel.info;
  if (language_info.name !== 'python') {
    return 'unknown';
  }
  const future = kernel.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    allow_stdin: false,
    stop_on_error: false,
    user_expressions: { [KEY]: EXPRESSION }
  });
  const { content } = await future.done;
  const answers = content.status === 'ok' ? content.user_expressions : {};
  const answer = answers[KEY] as { data?: { 'text/plain'?: unknown } } | undefined;
  switch (answer?.data?.['text/plain']) {
    case 'True':
      return 'there';
    case 'False':
      return 'missing';
    default:
      return 'unknown';
  }
}
