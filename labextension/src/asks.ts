/**
 * What the panel is asked for from elsewhere: by a command, the status bar, another part of it. An ask that comes before
 * the part that answers it is on the screen waits for it.
 */
import { Listeners } from './listeners';

export type Ask =
  | 'session'
  | 'present'
  | 'add'
  | 'filter'
  | 'copy'
  | 'sessions'
  | 'new-session'
  | 'import'
  | 'export'
  | 'detach'
  | 'back'
  | 'history'
  | 'steps'
  | 'undo'
  | 'redo'
  | 'snapshot';

export class Asks {
  ask(what: Ask): void {
    this._open.add(what);
    this._listeners.tell();
  }

  /** @returns whether it was asked for, once */
  take(what: Ask): boolean {
    return this._open.delete(what);
  }

  subscribe(listener: () => void): () => void {
    return this._listeners.add(listener);
  }

  private readonly _open = new Set<Ask>();
  private readonly _listeners = new Listeners();
}
