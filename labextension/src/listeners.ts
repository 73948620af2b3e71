/** Who wants to be told of each change, whatever it is. */
export class Listeners {
  /** @returns what ends the subscription */
  add(listener: () => void): () => void {
    this._all.add(listener);
    return () => this._all.delete(listener);
  }

  tell = (): void => [...this._all].forEach(listener => listener());

  clear(): void {
    this._all.clear();
  }

  private readonly _all = new Set<() => void>();
}
