/**
 * Refused values on their way back into the fields of their variables, to be corrected there.
 */
import type { Json } from './json';
import { Listeners } from './listeners';

export interface Correction {
  /** Of the refused edit. */
  readonly id: string;
  readonly value: Json;
  /** Why it was refused. */
  readonly message: string;
}

export class Corrections {
  /** @returns whether a field has taken it; else the next one of this name that comes into the page does */
  put(name: string, correction: Correction): boolean {
    this._waiting.set(name, correction);
    this._listeners.tell();
    return !this._waiting.has(name);
  }

  take(name: string): Correction | undefined {
    const correction = this._waiting.get(name);
    if (correction !== undefined) {
      this._waiting.delete(name);
      this._inField.set(name, correction.id);
    }
    return correction;
  }

  /** Something else was typed instead. @returns the id of the edit that this is the end of */
  corrected(name: string): string | undefined {
    const id = this._inField.get(name);
    this._inField.delete(name);
    return id;
  }

  subscribe = (listener: () => void): (() => void) => this._listeners.add(listener);

  private readonly _waiting = new Map<string, Correction>();
  private readonly _inField = new Map<string, string>();
  private readonly _listeners = new Listeners();
}
