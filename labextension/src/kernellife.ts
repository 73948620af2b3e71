/**
 * Which process of its kernel a notebook has: a kernel that was restarted keeps its id, and has lost its names.
 *
 * The session id in the headers of a kernel's messages is that of the process; it is what runs record as their `life`.
 */
import type { ISessionContext } from '@jupyterlab/apputils';
import type { KernelMessage } from '@jupyterlab/services';
import { Listeners } from './listeners';

type Context = Pick<ISessionContext, 'iopubMessage' | 'kernelChanged'>;

export class KernelLife {
  constructor(private readonly context: Context) {
    context.kernelChanged.connect(this._onKernel, this);
    context.iopubMessage.connect(this._onMessage, this);
  }

  /** null until the kernel has said something. */
  getState = (): string | null => this._life;

  subscribe = (listener: () => void): (() => void) => this._listeners.add(listener);

  dispose(): void {
    this.context.kernelChanged.disconnect(this._onKernel, this);
    this.context.iopubMessage.disconnect(this._onMessage, this);
    this._listeners.clear();
  }

  private _onKernel(): void {
    this._show(null);
  }

  private _onMessage(_: unknown, { header, parent_header }: KernelMessage.IMessage): void {
    // The server says some things in its own name: in answer to nobody, that a kernel restarts or is dead.
    if (header.msg_type === 'status' && 'msg_id' in parent_header) {
      this._show(header.session);
    }
  }

  private _show(life: string | null): void {
    if (life !== this._life) {
      this._life = life;
      this._listeners.tell();
    }
  }

  private _life: string | null = null;
  private readonly _listeners = new Listeners();
}
