import { proposalProblem, proposeStep, stepLine } from '../proposal';
import { scanCells } from '../steps';

const around = (
  variables: string[],
  others: string[] = [],
  steps: string[] = []
): Parameters<typeof proposeStep>[1] => ({ variables, others, steps });

test('reads the variables it uses, makes what others use', () => {
  const source = 'scale = lr * 2  # epochs\nmodel = fit(scale, data="batch")\nloss = model.score()';
  const proposed = proposeStep(source, around(['lr', 'epochs', 'batch', 'score'], ['print(loss)']));
  expect(proposed).toEqual({ name: 'make_loss', inputs: ['lr'], outputs: ['loss'] });
});

test('where nobody uses anything, the last name it gives', () => {
  expect(proposeStep('a = 1\nb, c = f(a=2)\nif b == c:\n    d = 3', around([]))).toEqual({
    name: 'make_c',
    inputs: [],
    outputs: ['c']
  });
});

test('a variable that the cell gives a value first is no input', () => {
  const variables = ['lr', 'total'];
  expect(proposeStep('lr = 0.1\nprint(lr)', around(variables))).toMatchObject({
    inputs: [],
    outputs: ['lr']
  });
  expect(proposeStep('total = total + lr', around(variables)).inputs).toEqual(['lr', 'total']);
});

test('what no step can read or write is left out', () => {
  const variables = ['learning-rate', 'print', '_hidden'];
  expect(proposeStep('print(_hidden)\n_x = 1', around(variables))).toEqual({
    name: 'step',
    inputs: [],
    outputs: []
  });
});

test('a name that is still free', () => {
  expect(proposeStep('loss = 1', around([], [], ['make_loss', 'make_loss_2'])).name).toBe(
    'make_loss_3'
  );
});

test.each([
  [
    { name: 'train', inputs: ['lr', 'epochs'], outputs: ['loss'] },
    '#| step: train(lr, epochs) -> loss'
  ],
  [{ name: 'train', inputs: [], outputs: ['loss', 'model'] }, '#| step: train -> loss, model'],
  [{ name: 'show', inputs: ['loss'], outputs: [] }, '#| step: show(loss)'],
  [{ name: 'show', inputs: [], outputs: [] }, '#| step: show']
])('%j is %s, and is read as that', (step, line) => {
  expect(stepLine(step)).toBe(line);
  expect(scanCells([{ id: 'c', source: `${line}\n1` }])).toMatchObject([{ ...step, cell: 'c' }]);
});

test.each([
  [{ name: '', inputs: [], outputs: [] }, 'name-missing'],
  [{ name: 'two words', inputs: [], outputs: [] }, 'name'],
  [{ name: '--in', inputs: [], outputs: [] }, 'name'],
  [{ name: 'train', inputs: [], outputs: [] }, 'taken'],
  [{ name: 'fit', inputs: ['learning-rate'], outputs: [] }, 'variable'],
  [{ name: 'fit', inputs: [], outputs: ['session'] }, 'variable']
])('%j has a problem: %s', (step, kind) => {
  expect(proposalProblem(step, ['train'])?.kind).toBe(kind);
  expect(proposalProblem({ name: 'fit', inputs: ['lr'], outputs: ['loss'] }, ['train'])).toBeNull();
});
