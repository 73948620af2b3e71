/**
 * What a dialog of ours has in it: fields below one another, and what is wrong with them.
 */
import { Widget } from '@lumino/widgets';

export abstract class FieldsBody extends Widget {
  /** `kind` begins the hooks for tests. */
  constructor(private readonly kind: string) {
    super();
    this.addClass('jp-SessionStepForm');
    this.node.dataset.testid = `${kind}-form`;
    this.problem.setAttribute('role', 'alert');
    this.problem.dataset.testid = `${kind}-problem`;
  }

  /** Whatever is typed. */
  protected abstract look(): void;

  protected override onAfterAttach(): void {
    this.look();
  }

  protected label(words: string, field: HTMLElement): void {
    const label = document.createElement('label');
    const name = document.createElement('span');
    name.textContent = words;
    label.append(name, field);
    this.node.append(label);
  }

  protected field(id: string, words: string, value: string): HTMLInputElement {
    const input = document.createElement('input');
    input.className = 'jp-mod-styled';
    input.dataset.testid = `${this.kind}-${id}`;
    input.spellcheck = false;
    input.autocomplete = 'off';
    input.value = value;
    input.addEventListener('input', () => this.look());
    this.label(words, input);
    return input;
  }

  /** Says what is wrong, for which nothing is accepted; an empty text where nothing is. */
  protected refuse(problem: string): void {
    this.problem.textContent = problem;
    const accept = this.node.closest('.jp-Dialog')?.querySelector('.jp-mod-accept');
    accept?.toggleAttribute('disabled', problem !== '');
  }

  protected readonly problem = document.createElement('p');
}
