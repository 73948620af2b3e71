/**
 * The dialog that says what a variable may be.
 */
import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import {
  declarationForm,
  declarationOf,
  hasBounds,
  type DeclarationForm,
  type DeclarationProblem,
  type DeclaredType
} from '../declaration';
import { FieldsBody } from '../fieldsbody';
import type { Row, Spec } from '../model';
import { specProblem } from '../specs';

function problemSentence(problem: DeclarationProblem, trans: TranslationBundle): string {
  switch (problem.kind) {
    case 'bound':
      return trans.__('“%1” is no number of this type: write one such as 0.', problem.text);
    case 'bounds':
      return trans.__('The minimum is more than the maximum: it has to be less.');
    case 'choices':
      return trans.__('Write choices with commas between them: adam, sgd, "with, comma".');
    case 'default':
      return problem.sentence === null
        ? trans.__('The default is no JSON: a bracket or a quote is still open.')
        : trans.__('The default does not fit: %1', problem.sentence);
  }
}

class DeclarationBody extends FieldsBody implements Dialog.IBodyWidget<DeclarationForm> {
  constructor(
    form: DeclarationForm,
    private readonly row: Row,
    private readonly trans: TranslationBundle
  ) {
    super('declare');
    this.addClass('jp-mod-declare');
    this._description = this.field('description', trans.__('Description'), form.description);
    this._type = this._select(form.type);
    this._minimum = this.field('minimum', trans.__('Minimum'), form.minimum);
    this._maximum = this.field('maximum', trans.__('Maximum'), form.maximum);
    this._choices = this.field('choices', trans.__('Choices'), form.choices);
    this._choices.placeholder = trans.__('apart by commas');
    this._default = this.field('default', trans.__('Default'), form.default);
    this._locked = this._check('locked', trans.__('Locked: not to be changed'), form.locked);
    this._note.dataset.testid = 'declare-note';
    this.node.append(this._note, this.problem);
    this.look();
  }

  getValue(): DeclarationForm {
    return {
      description: this._description.value,
      type: this._type.value as DeclaredType,
      minimum: this._minimum.value,
      maximum: this._maximum.value,
      choices: this._choices.value,
      default: this._default.value,
      locked: this._locked.checked
    };
  }

  private _select(type: DeclaredType): HTMLSelectElement {
    const { trans } = this;
    const select = document.createElement('select');
    select.className = 'jp-mod-styled';
    select.dataset.testid = 'declare-type';
    const types: [DeclaredType, string][] = [
      ['any', trans.__('anything')],
      ['number', trans.__('number')],
      ['integer', trans.__('integer')],
      ['string', trans.__('text')],
      ['boolean', trans.__('switch')]
    ];
    for (const [value, words] of types) {
      const option = document.createElement('option');
      option.value = value;
      option.textContent = words;
      select.append(option);
    }
    select.value = type;
    select.addEventListener('change', () => this.look());
    this.label(trans.__('Type'), select);
    return select;
  }

  private _check(id: string, words: string, isChecked: boolean): HTMLInputElement {
    const input = document.createElement('input');
    input.type = 'checkbox';
    input.dataset.testid = `declare-${id}`;
    input.checked = isChecked;
    this.label(words, input);
    return input;
  }

  protected look(): void {
    const form = this.getValue();
    const { spec, value } = this.row;
    const result = declarationOf(form, spec);
    for (const field of [this._minimum, this._maximum]) {
      field.closest('label')!.hidden = !hasBounds(form.type);
    }
    const problem = 'problem' in result ? problemSentence(result.problem, this.trans) : '';
    const now = 'spec' in result ? specProblem(result.spec ?? undefined, value) : null;
    this._note.textContent =
      'spec' in result && result.spec === null
        ? this.trans.__('Nothing is declared.')
        : now !== null && value !== null
          ? this.trans.__('What stands now stays, and is marked: %1', now)
          : '';
    this.refuse(problem);
  }

  private readonly _description: HTMLInputElement;
  private readonly _type: HTMLSelectElement;
  private readonly _minimum: HTMLInputElement;
  private readonly _maximum: HTMLInputElement;
  private readonly _choices: HTMLInputElement;
  private readonly _default: HTMLInputElement;
  private readonly _locked: HTMLInputElement;
  private readonly _note = document.createElement('p');
}

/** @returns the declaration, null for none, or undefined where the person thought better of it */
export async function askForDeclaration(
  row: Row,
  trans: TranslationBundle
): Promise<Spec | null | undefined> {
  for (let form = declarationForm(row); ;) {
    const dialog = new Dialog<DeclarationForm>({
      title: trans.__('Declare %1', row.name),
      body: new DeclarationBody(form, row, trans),
      focusNodeSelector: 'input',
      buttons: [
        Dialog.cancelButton({ label: trans.__('Cancel') }),
        Dialog.okButton({ label: trans.__('Declare') })
      ]
    });
    const { button, value } = await dialog.launch();
    if (!button.accept || value === null) {
      return undefined;
    }
    const result = declarationOf(value, row.spec);
    if ('spec' in result) {
      return result.spec;
    }
    // Enter takes a dialog's word for it, whatever its button says: what was written comes back, with what is wrong.
    form = value;
  }
}
