/** Rings once after a pause in the calls, and at the latest a while after the first of them. */
export interface Pace {
  /** ms after the last call */
  debounce: number;
  /** ms after the first */
  maxWait: number;
}

export class Pacer {
  constructor(
    private readonly pace: () => Pace,
    private readonly ring: () => void
  ) {}

  get isRunning(): boolean {
    return this._quiet !== undefined;
  }

  call(): void {
    const { debounce, maxWait } = this.pace();
    const ring = (): void => {
      this.stop();
      this.ring();
    };
    clearTimeout(this._quiet);
    this._quiet = setTimeout(ring, Math.min(debounce, maxWait));
    this._latest ??= setTimeout(ring, maxWait);
  }

  stop(): void {
    clearTimeout(this._quiet);
    clearTimeout(this._latest);
    this._quiet = this._latest = undefined;
  }

  private _quiet: ReturnType<typeof setTimeout> | undefined;
  private _latest: ReturnType<typeof setTimeout> | undefined;
}
