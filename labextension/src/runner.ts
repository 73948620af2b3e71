/**
 * Starts steps: flush, run the cell, and believe nothing but the run's record.
 */
import type { FlushResult, SessionClient } from './client';
import { Listeners } from './listeners';
import type { NotebookInFront } from './notebook';
import type { Run } from './model';
import { inOrder, mergeSteps, scanCells, stepsToRun, type StepView } from './steps';

/** Why a step did not start, or why nothing is known of how it ended. */
export type Trouble =
  | { kind: 'not-flushed'; result: FlushResult }
  | { kind: 'no-kernel' }
  | { kind: 'no-cell' }
  | { kind: 'no-record' };

export interface RunnerState {
  /** Started here, and without a record so far. */
  readonly starting: ReadonlySet<string>;
  readonly troubles: ReadonlyMap<string, Trouble>;
  /** Of a run of several, those that wait for their turn. */
  readonly queued: readonly string[];
  /** The step whose trouble keeps a run of several from going on. */
  readonly stopped: string | null;
}

const IDLE: RunnerState = {
  starting: new Set(),
  troubles: new Map(),
  queued: [],
  stopped: null
};

// The record travels by the session's channel, the cell's end by the kernel's.
const RECORD_PATIENCE = 3000;

export class Runner {
  constructor(
    private readonly client: SessionClient,
    private readonly notebook: NotebookInFront
  ) {}

  getState = (): RunnerState => this._state;

  subscribe = (listener: () => void): (() => void) => this._listeners.add(listener);

  /** Runs a step. `anyway`: on what is saved, whatever is typed. @returns whether it ended well */
  async run(step: StepView, anyway = false): Promise<boolean> {
    if (this._state.starting.has(step.name)) {
      return false;
    }
    this._set(step.name, true, null);
    const trouble = await this._runOne(step, anyway).catch(() => ({ kind: 'no-record' }) as const);
    this._set(step.name, false, trouble);
    const status = this._record(step.name)?.status;
    return trouble === null && (status === 'done' || status === 'warned');
  }

  /**
   * Runs what is not fresh, in notebook order, until a step does not end well. Each run may make later steps stale, so
   * what is due is asked anew; none runs twice. Those that wait for one another in a circle are left out.
   */
  async runDue(): Promise<void> {
    await this._runEach(ran => stepsToRun(this._steps()).filter(step => !ran.has(step.name)));
  }

  /** Runs every step, fresh or not, until one does not end well; none that waits for itself in a circle. */
  async runAll(): Promise<void> {
    const names = inOrder(this._steps()).map(step => step.name);
    await this._runEach(ran => {
      const steps = new Map(this._steps().map(step => [step.name, step]));
      return names.filter(name => !ran.has(name)).flatMap(name => steps.get(name) ?? []);
    });
  }

  /** Goes on with a run of several that a trouble has stopped. `anyway`: on what is saved, whatever is typed. */
  async goOn(anyway = false): Promise<void> {
    await this._rest?.(anyway);
  }

  /** Interrupts what runs, and starts no more. */
  async stop(): Promise<void> {
    this._stops++;
    await this.notebook.interrupt?.();
  }

  dismiss(name: string): void {
    this._set(name, false, null);
  }

  private _steps(): StepView[] {
    const { steps, variables } = this.client.getState();
    const { notebook } = this;
    const { kernelId, kernelLife } = notebook;
    return mergeSteps(scanCells(notebook.cells()), steps, variables, kernelId, kernelLife);
  }

  /** One after another; `left` says what is left when some have run. */
  private async _runEach(
    left: (ran: ReadonlySet<string>) => readonly StepView[],
    ran = new Set<string>(),
    anyway = false
  ): Promise<void> {
    if (this._isBusy) {
      return;
    }
    this._isBusy = true;
    this._rest = null;
    this._update({ stopped: null });
    const stops = this._stops;
    for (let [step, ...others] = left(ran); step !== undefined; [step, ...others] = left(ran)) {
      const { name } = step;
      ran.add(name);
      this._update({ queued: others.map(other => other.name) });
      if (!(await this.run(step, anyway)) || stops !== this._stops) {
        if (this._state.troubles.has(name)) {
          ran.delete(name);
          this._rest = again => this._runEach(left, ran, again);
          this._update({ stopped: name });
        }
        break;
      }
    }
    this._isBusy = false;
    this._update({ queued: [] });
  }

  private async _runOne(step: StepView, anyway: boolean): Promise<Trouble | null> {
    const result = await this.client.flush();
    if (!result.ok && !anyway) {
      return { kind: 'not-flushed', result };
    }
    if (step.cell === null) {
      return { kind: 'no-cell' };
    }
    const before = this._record(step.name)?.id;
    const outcome = await this.notebook.runCell(step.cell);
    if (outcome !== 'ran') {
      return { kind: outcome };
    }
    const ended = (): boolean => {
      const run = this._record(step.name);
      return run !== null && run.id !== before && run.status !== 'running';
    };
    await this._until(ended, RECORD_PATIENCE);
    return this._record(step.name)?.id === before ? { kind: 'no-record' } : null;
  }

  private _record(name: string): Run | null {
    return this.client.getState().steps.get(name)?.run ?? null;
  }

  private _until(condition: () => boolean, timeout: number): Promise<void> {
    return new Promise(resolve => {
      if (condition()) {
        resolve();
        return;
      }
      const end = (): void => {
        clearTimeout(timer);
        stop();
        resolve();
      };
      const timer = setTimeout(end, timeout);
      const stop = this.client.subscribe(() => condition() && end());
    });
  }

  private _set(name: string, starts: boolean, trouble: Trouble | null): void {
    const starting = new Set(this._state.starting);
    const troubles = new Map(this._state.troubles);
    starting.delete(name);
    troubles.delete(name);
    if (starts) {
      starting.add(name);
    }
    if (trouble !== null) {
      troubles.set(name, trouble);
    }
    const { stopped } = this._state;
    const isStopped = stopped !== null && troubles.has(stopped);
    this._update({ starting, troubles, stopped: isStopped ? stopped : null });
  }

  private _update(more: Partial<RunnerState>): void {
    this._state = { ...this._state, ...more };
    this._listeners.tell();
  }

  private _stops = 0;
  private _isBusy = false;
  private _rest: ((anyway: boolean) => Promise<void>) | null = null;
  private _state = IDLE;
  private readonly _listeners = new Listeners();
}
