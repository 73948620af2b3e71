/**
 * The small dialog that makes a cell a step.
 */
import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { FieldsBody } from './fieldsbody';
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

class StepForm extends FieldsBody implements Dialog.IBodyWidget<StepProposal> {
  constructor(
    source: string,
    proposal: StepProposal,
    private readonly steps: readonly string[],
    private readonly trans: TranslationBundle
  ) {
    super('step');
    const cell = document.createElement('code');
    cell.dataset.testid = 'step-cell';
    cell.textContent = source.split('\n').find(line => line.trim() !== '') ?? '';
    this.node.append(cell);
    this._name = this.field('name', trans.__('Name'), proposal.name);
    this._inputs = this.field('inputs', trans.__('Reads'), proposal.inputs.join(', '));
    this._outputs = this.field('outputs', trans.__('Writes'), proposal.outputs.join(', '));
    const hint = document.createElement('p');
    hint.textContent = trans.__(
      'Names of variables, separated by commas. Left empty, what it reads is found out when it runs.'
    );
    this._line.dataset.testid = 'step-line';
    this.node.append(hint, this._line, this.problem);
    this.look();
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
    this.look();
    this._name.select();
  }

  protected look(): void {
    const step = this.getValue();
    const problem = proposalProblem(step, this.steps);
    this._line.textContent = stepLine(step);
    this.refuse(problem === null ? '' : problemSentence(problem, this.trans));
  }

  private readonly _name: HTMLInputElement;
  private readonly _inputs: HTMLInputElement;
  private readonly _outputs: HTMLInputElement;
  private readonly _line = document.createElement('code');
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
