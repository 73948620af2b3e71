import { edgeId, graphOf, pathTo, stepId, variableId } from '../graph';
import { place } from '../layout';
import type { StepView } from '../steps';

export function view(name: string, inputs: string[], outputs: string[]): StepView {
  return {
    name,
    inputs,
    outputs,
    cell: name,
    state: 'new',
    changed: [],
    lost: [],
    edited: false,
    kernelOnly: [],
    before: null,
    run: null,
    done: null
  };
}

const STEPS = [
  view('evaluate', ['model', 'test'], ['r2']),
  view('prepare', ['seed'], ['train_set', 'test']),
  view('train', ['train_set', 'lr'], ['model'])
];

test('nodes come in the order of the work, whatever the notebook has', () => {
  const { nodes } = graphOf(STEPS);
  const at = (id: string): number => nodes.findIndex(node => node.id === id);
  for (const { from, to } of graphOf(STEPS).edges) {
    expect(at(from)).toBeLessThan(at(to));
  }
  expect(nodes).toHaveLength(9);
});

test('a step and a variable may have one name, and a circle has an order too', () => {
  const graph = graphOf([view('loss', ['b'], ['loss']), view('back', ['loss'], ['b'])]);
  expect(graph.nodes.map(node => node.id).sort()).toEqual([
    'step:back',
    'step:loss',
    'variable:b',
    'variable:loss'
  ]);
  expect(graph.edges).toHaveLength(4);
  expect(pathTo(graph, stepId('back')).size).toBe(8);
});

test('where a value came from is every step before it and what they read', () => {
  const graph = graphOf(STEPS);
  const path = pathTo(graph, variableId('model'));
  const nodes = graph.nodes.filter(node => path.has(node.id)).map(node => node.name);
  expect(nodes.sort()).toEqual(['lr', 'model', 'prepare', 'seed', 'train', 'train_set']);
  expect(path.has(edgeId({ from: stepId('prepare'), to: variableId('test') }))).toBe(false);
  expect(pathTo(graph, variableId('nobody')).size).toBe(0);
});

test('what a step wrote on its way is in the graph where it is asked for', () => {
  const graph = graphOf(STEPS, { step: 'train', variable: 'loss' });
  expect(pathTo(graph, variableId('loss')).has(stepId('train'))).toBe(true);
  expect(graphOf(STEPS, { step: 'gone', variable: 'loss' }).nodes).toHaveLength(9);
});

test.each(['down', 'right'] as const)(
  'a picture that goes %s has no node on another',
  direction => {
    const graph = graphOf(STEPS);
    const sizes = new Map(graph.nodes.map(node => [node.id, { width: 80, height: 30 }]));
    const { boxes, lines, width, height } = place(graph, sizes, direction);
    const all = [...boxes.values()];
    for (const [i, one] of all.entries()) {
      expect(one.x).toBeGreaterThanOrEqual(0);
      expect(one.x + one.width).toBeLessThanOrEqual(width);
      expect(one.y + one.height).toBeLessThanOrEqual(height);
      for (const other of all.slice(i + 1)) {
        const apart =
          Math.abs(one.x - other.x) >= one.width || Math.abs(one.y - other.y) >= one.height;
        expect(apart).toBe(true);
      }
    }
    for (const { from, to } of graph.edges) {
      const axis = direction === 'down' ? 'y' : 'x';
      expect(boxes.get(from)![axis]).toBeLessThan(boxes.get(to)![axis]);
    }
    expect([...lines.values()].every(line => line.startsWith('M '))).toBe(true);
  }
);
