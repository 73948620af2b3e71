/**
 * The notebook in front, as far as the panel needs it: its cells, and ways to run one and to write into one.
 */
import { NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';
import { PathExt } from '@jupyterlab/coreutils';
import type { ISessionContextDialogs } from '@jupyterlab/apputils';
import type { ITranslator } from '@jupyterlab/translation';
import { Debouncer } from '@lumino/polling';

import { KernelLife } from './kernellife';
import { KernelPackage } from './kernelpackage';
import type { CellSource } from './steps';

export interface NotebookInFront {
  /** The file's name without its folders. */
  readonly name: string;
  /** Its contents path. */
  readonly path?: string;
  /** The id of the session whose values are put into the file at each save; null where none are. */
  keeps?: string | null;
  /** The id of the kernel that runs it. */
  readonly kernelId?: string | null;
  /** Which process of that kernel: another one after a restart; null where that is not known yet. */
  readonly kernelLife?: string | null;
  cells(): readonly CellSource[];
  /** Called when cells came, went or changed, or another kernel runs them. @returns what ends the subscription */
  subscribe(listener: () => void): () => void;
  /** Resolves when the cell has run, whatever came of it. */
  runCell(id: string): Promise<'ran' | 'no-kernel' | 'no-cell'>;
  /** Interrupts its kernel. */
  interrupt?(): Promise<void>;
  /** Scrolls to a cell; `line`, from 1: puts the cursor there. */
  showCell(id: string, line?: number): void;
  /** Writes at the cursor of the active cell. @returns whether there was one */
  insert(text: string): boolean;
  /** Makes a code cell above the active one. @returns whether the notebook takes one */
  insertCell(source: string): boolean;
  /** Whether the kernel can see the session at all; without it, nobody has looked. */
  readonly kernelPackage?: Pick<KernelPackage, 'getState' | 'subscribe' | 'kernelName'>;
}

const PAUSE = 300;
// As in notebookfile.py.
const METADATA = 'session_state';

export class JupyterNotebook implements NotebookInFront {
  constructor(
    readonly panel: NotebookPanel,
    private readonly dialogs?: ISessionContextDialogs,
    private readonly translator?: ITranslator
  ) {
    this.kernelPackage = new KernelPackage(panel.sessionContext);
    this._life = new KernelLife(panel.sessionContext);
    panel.disposed.connect(() => {
      this.kernelPackage.dispose();
      this._life.dispose();
    });
  }

  readonly kernelPackage: KernelPackage;

  get name(): string {
    return PathExt.basename(this.panel.context.path);
  }

  get path(): string {
    return this.panel.context.path;
  }

  get keeps(): string | null {
    const place = this.panel.context.model.sharedModel.getMetadata(METADATA) as Partial<{
      keep: unknown;
    }> | null;
    return typeof place?.keep === 'string' ? place.keep : null;
  }

  set keeps(session: string | null) {
    const { sharedModel } = this.panel.context.model;
    if (session === null) {
      sharedModel.deleteMetadata(METADATA);
    } else {
      sharedModel.setMetadata(METADATA, { keep: session });
    }
  }

  get kernelId(): string | null {
    return this.panel.sessionContext.session?.kernel?.id ?? null;
  }

  get kernelLife(): string | null {
    return this._life.getState();
  }

  cells(): readonly CellSource[] {
    const { sharedModel } = this.panel.context.model;
    const cells = sharedModel.cells
      .filter(cell => cell.cell_type === 'code')
      .map(cell => ({ id: cell.getId(), source: cell.getSource() }));
    // The same list as long as nothing changed, for React to compare.
    const same =
      cells.length === this._cells.length &&
      cells.every((cell, i) => {
        const old = this._cells[i];
        return old?.id === cell.id && old.source === cell.source;
      });
    return same ? this._cells : (this._cells = cells);
  }

  subscribe(listener: () => void): () => void {
    const { model } = this.panel.context;
    const later = new Debouncer(() => {
      if (!this.panel.isDisposed) {
        listener();
      }
    }, PAUSE);
    const changed = (): void => void later.invoke();
    const { kernelChanged } = this.panel.sessionContext;
    model.contentChanged.connect(changed);
    kernelChanged.connect(changed);
    const stop = this._life.subscribe(changed);
    return () => {
      stop();
      model.contentChanged.disconnect(changed);
      kernelChanged.disconnect(changed);
      later.dispose();
    };
  }

  async runCell(id: string): Promise<'ran' | 'no-kernel' | 'no-cell'> {
    const { content, sessionContext } = this.panel;
    const cell = this._show(id);
    if (cell === undefined) {
      return 'no-cell';
    }
    await NotebookActions.runCells(content, [cell], sessionContext, this.dialogs, this.translator);
    // It resolves to true without a kernel, too.
    return sessionContext.session?.kernel ? 'ran' : 'no-kernel';
  }

  async interrupt(): Promise<void> {
    await this.panel.sessionContext.session?.kernel?.interrupt();
  }

  showCell(id: string, line?: number): void {
    const cell = this._show(id);
    if (cell !== undefined) {
      void this.panel.content.scrollToCell(cell).then(() => {
        const { editor } = cell;
        if (line !== undefined && editor !== null && line <= editor.lineCount) {
          this.panel.activate();
          this.panel.content.mode = 'edit';
          editor.setCursorPosition({ line: line - 1, column: 0 });
          editor.revealPosition({ line: line - 1, column: 0 });
        }
      });
    }
  }

  insert(text: string): boolean {
    const { content } = this.panel;
    const cell = content.activeCell;
    if (
      cell === null ||
      cell.model.type !== 'code' ||
      cell.model.getMetadata('editable') === false
    ) {
      return false;
    }
    if (cell.editor?.replaceSelection) {
      cell.editor.replaceSelection(text);
    } else {
      const shared = cell.model.sharedModel;
      shared.setSource(shared.getSource() + text);
    }
    this.panel.activate();
    // At once: the focus would come a few messages later, and in command mode, where what is typed next are commands.
    cell.node.focus({ preventScroll: true });
    content.mode = 'edit';
    return true;
  }

  insertCell(source: string): boolean {
    const { content, context } = this.panel;
    if (content.model?.readOnly === true || !context.model.sharedModel) {
      return false;
    }
    NotebookActions.insertAbove(content);
    content.activeCell?.model.sharedModel.setSource(source);
    return content.activeCell !== null;
  }

  private _show(id: string): NotebookPanel['content']['widgets'][number] | undefined {
    const { content } = this.panel;
    const index = content.widgets.findIndex(widget => widget.model.id === id);
    if (index >= 0) {
      content.deselectAll();
      content.activeCellIndex = index;
    }
    return content.widgets[index];
  }

  private readonly _life: KernelLife;
  private _cells: CellSource[] = [];
}
