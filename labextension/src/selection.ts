/**
 * Which rows are selected: nobody's until somebody asks for it, and then one row at a time, a stretch, or all that is shown.
 */
import { Listeners } from './listeners';

export interface Selected {
  /** Whether rows have a box to tick. */
  readonly isOn: boolean;
  readonly names: ReadonlySet<string>;
}

const OFF: Selected = { isOn: false, names: new Set() };

export class Selection {
  getState = (): Selected => this._state;

  subscribe = (listener: () => void): (() => void) => this._listeners.add(listener);

  /** The rows that there are to select, from top to bottom. */
  show(order: readonly string[]): void {
    this._order = order;
  }

  get shown(): readonly string[] {
    return this._order;
  }

  start(name?: string): void {
    this._anchor = name ?? null;
    this._set(new Set(name === undefined ? this._state.names : [...this._state.names, name]));
  }

  toggle(name: string): void {
    const names = new Set(this._state.names);
    if (!names.delete(name)) {
      names.add(name);
    }
    this._anchor = name;
    this._set(names);
  }

  /** From the row that was chosen last to this one, and what was selected before. */
  extend(name: string): void {
    const [from, to] = [this._order.indexOf(this._anchor ?? name), this._order.indexOf(name)];
    const stretch = this._order.slice(Math.min(from, to), Math.max(from, to) + 1);
    this._set(new Set([...this._state.names, ...(from < 0 ? [name] : stretch)]));
  }

  /** All that is shown; once all of it is selected, none. */
  all(): void {
    const { names } = this._state;
    const isAll = this._order.length > 0 && this._order.every(name => names.has(name));
    this._set(new Set(isAll ? [] : this._order));
  }

  end(): void {
    this._anchor = null;
    this._state = OFF;
    this._publish();
  }

  private _set(names: ReadonlySet<string>): void {
    this._state = { isOn: true, names };
    this._publish();
  }

  private _publish(): void {
    this._listeners.tell();
  }

  private readonly _listeners = new Listeners();
  private _state = OFF;
  private _order: readonly string[] = [];
  private _anchor: string | null = null;
}
