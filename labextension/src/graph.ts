/**
 * Steps and the variables between them as a graph: which writes what, and which reads it.
 */
import type { StepView } from './steps';

export interface GraphNode {
  /** `step:train` or `variable:lr`: a step and a variable may have one name. */
  readonly id: string;
  readonly kind: 'step' | 'variable';
  readonly name: string;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
}

export interface Graph {
  /** In topological order; in a circle as the notebook has them. */
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export const stepId = (name: string): string => `step:${name}`;
export const variableId = (name: string): string => `variable:${name}`;
export const edgeId = (edge: GraphEdge): string => `${edge.from} ${edge.to}`;

/** What a step wrote while it ran, without having said that it would. */
export interface Written {
  readonly step: string;
  readonly variable: string;
}

export function graphOf(steps: readonly StepView[], written: Written | null = null): Graph {
  const nodes = new Map<string, GraphNode>();
  const edges = new Map<string, GraphEdge>();
  const variable = (name: string): string => {
    const id = variableId(name);
    nodes.set(id, { id, kind: 'variable', name });
    return id;
  };
  const link = (from: string, to: string): void => {
    const edge = { from, to };
    edges.set(edgeId(edge), edge);
  };
  for (const { name, inputs, outputs } of steps) {
    const id = stepId(name);
    inputs.forEach(input => link(variable(input), id));
    nodes.set(id, { id, kind: 'step', name });
    outputs.forEach(output => link(id, variable(output)));
  }
  if (written !== null && nodes.has(stepId(written.step))) {
    link(stepId(written.step), variable(written.variable));
  }
  const all = [...edges.values()];
  return { nodes: ordered([...nodes.values()], all), edges: all };
}

function ordered(nodes: GraphNode[], edges: readonly GraphEdge[]): GraphNode[] {
  const found: GraphNode[] = [];
  const waits = new Map(nodes.map(node => [node.id, 0]));
  const after = new Map<string, string[]>();
  for (const { from, to } of edges) {
    waits.set(to, (waits.get(to) ?? 0) + 1);
    after.set(from, [...(after.get(from) ?? []), to]);
  }
  let left = nodes;
  while (left.length > 0) {
    // In a circle none is the first.
    const next = left.find(node => waits.get(node.id) === 0) ?? left[0]!;
    found.push(next);
    left = left.filter(node => node !== next);
    after.get(next.id)?.forEach(id => waits.set(id, (waits.get(id) ?? 0) - 1));
  }
  return found;
}

/** The ids of all nodes and edges by which a node came to be what it is, its own among them. */
export function pathTo(graph: Graph, id: string): Set<string> {
  const path = new Set<string>();
  const open = graph.nodes.some(node => node.id === id) ? [id] : [];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    path.add(at);
    for (const edge of graph.edges) {
      if (edge.to === at) {
        path.add(edgeId(edge));
        if (!path.has(edge.from)) {
          open.push(edge.from);
        }
      }
    }
  }
  return path;
}
