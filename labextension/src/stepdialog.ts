/**
 * The small dialog that makes a cell a step.
 */
import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { proposalProblem, stepLine, type ProposalProblem, type StepProposal } from './proposal';

function problemSentence(problem: ProposalProblem, trans: TranslationBundle): string {
  switch (problem.kind) {
    case 'name-missing':
      return trans.__('Give the step a name.');
    case 'name':
      return trans.__('A step’s name is one word: %1.', problem.name.replace(/\W+/gu, '_'));
    case 'taken':
      return trans.__('There is a step called %1.', problem.name);
    case 'variable':
      return trans.__('%1 is no plain Python name, so no step can read or write it.', problem.name);
  }
}

class StepForm extends Widget implements Dialog.IBodyWidget<StepProposal> {
  constructor(
    source: string,
    proposal: StepProposal,
    private readonly steps: readonly string[],
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-SessionStepForm');
    this.node.dataset.testid = 'step-form';
    const cell = document.createElement('code');
    cell.dataset.testid = 'step-cell';
    cell.textContent = source.split('\n').find(line => line.trim() !== '') ?? '';
    this.node.append(cell);
    this._name = this._field('name', trans.__('Name'), proposal.name);
    this._inputs = this._field('inputs', trans.__('Reads'), proposal.inputs.join(', '));
    this._outputs = this._field('outputs', trans.__('Writes'), proposal.outputs.join(', '));
    const hint = document.createElement('p');
    hint.textContent = trans.__(
      'Names of variables, separated by commas. Left empty, what it reads is found out when it runs.'
    );
    this._line.dataset.testid = 'step-line';
    this._problem.setAttribute('role', 'alert');
    this._problem.dataset.testid = 'step-problem';
    this.node.append(hint, this._line, this._problem);
    this._look();
  }

  getValue(): StepProposal {
    const names = (field: HTMLInputElement): string[] => [
      ...new Set(field.value.split(/[\s,]+/u).filter(Boolean))
    ];
    return {
      name: this._name.value.trim(),
      inputs: names(this._inputs),
      outputs: names(this._outputs)
    };
  }

  protected override onAfterAttach(): void {
    this._look();
    this._name.select();
  }

  private _field(id: string, words: string, value: string): HTMLInputElement {
    const label = document.createElement('label');
    const name = document.createElement('span');
    const input = document.createElement('input');
    name.textContent = words;
    input.className = 'jp-mod-styled';
    input.dataset.testid = `step-${id}`;
    input.spellcheck = false;
    input.autocomplete = 'off';
    input.value = value;
    input.addEventListener('input', () => this._look());
    label.append(name, input);
    this.node.append(label);
    return input;
  }

  private _look(): void {
    const step = this.getValue();
    const problem = proposalProblem(step, this.steps);
    this._line.textContent = stepLine(step);
    this._problem.textContent = problem === null ? '' : problemSentence(problem, this.trans);
    const accept = this.node.closest('.jp-Dialog')?.querySelector('.jp-mod-accept');
    accept?.toggleAttribute('disabled', problem !== null);
  }

  private readonly _name: HTMLInputElement;
  private readonly _inputs: HTMLInputElement;
  private readonly _outputs: HTMLInputElement;
  private readonly _line = document.createElement('code');
  private readonly _problem = document.createElement('p');
}

/** @param source the cell's @returns the line to put above the cell, or null where the person thought better of it */
export async function askForStep(
  source: string,
  proposal: StepProposal,
  steps: readonly string[],
  trans: TranslationBundle
): Promise<string | null> {
  for (let shown = proposal; ;) {
    const dialog = new Dialog<StepProposal>({
      title: trans.__('Make this cell a step'),
      body: new StepForm(source, shown, steps, trans),
      buttons: [
        Dialog.cancelButton({ label: trans.__('Cancel') }),
        Dialog.okButton({ label: trans.__('Make it a step') })
      ]
    });
    const { button, value } = await dialog.launch();
    if (!button.accept || value === null) {
      return null;
    }
    if (proposalProblem(value, steps) === null) {
      return stepLine(value);
    }
    // Enter takes a dialog's word for it, whatever its button says: what was written comes back, with what is wrong.
    shown = value;
  }
}
