/**
 * Where the nodes of a graph stand. The library comes in a chunk of its own: `import('./layout')` when a graph is looked at.
 */
import { Graph as Plan, layout } from '@dagrejs/dagre';

import { edgeId, type Graph } from './graph';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A node's box, in px from the picture's corner. */
export interface Box extends Size {
  readonly x: number;
  readonly y: number;
}

export interface Picture extends Size {
  readonly boxes: ReadonlyMap<string, Box>;
  /** The edges as paths of SVG. */
  readonly lines: ReadonlyMap<string, string>;
}

export type Direction = 'down' | 'right';

const MARGIN = 8;

interface Point {
  x: number;
  y: number;
}

export function place(
  graph: Graph,
  sizes: ReadonlyMap<string, Size>,
  direction: Direction
): Picture {
  const plan = new Plan();
  plan.setGraph({
    rankdir: direction === 'down' ? 'TB' : 'LR',
    nodesep: direction === 'down' ? 8 : 10,
    ranksep: direction === 'down' ? 22 : 30,
    marginx: MARGIN,
    marginy: MARGIN
  });
  plan.setDefaultEdgeLabel(() => ({}));
  for (const { id } of graph.nodes) {
    plan.setNode(id, { ...sizes.get(id)! });
  }
  for (const { from, to } of graph.edges) {
    plan.setEdge(from, to);
  }
  layout(plan);
  const boxes = new Map<string, Box>();
  for (const { id } of graph.nodes) {
    const { x, y, width, height } = plan.node(id) as unknown as Box;
    boxes.set(id, { x: x - width / 2, y: y - height / 2, width, height });
  }
  const lines = new Map<string, string>();
  for (const edge of graph.edges) {
    const { points } = plan.edge(edge.from, edge.to) as unknown as { points: Point[] };
    lines.set(edgeId(edge), smooth(points));
  }
  const { width = 0, height = 0 } = plan.graph() as unknown as Partial<Size>;
  return { width: Math.ceil(width), height: Math.ceil(height), boxes, lines };
}

/** A curve that bends at the points between and ends at the last. */
function smooth(points: readonly Point[]): string {
  const at = (point: Point): string => `${point.x.toFixed(1)} ${point.y.toFixed(1)}`;
  const [first, ...rest] = points;
  const last = rest.pop();
  if (first === undefined || last === undefined) {
    return '';
  }
  const bends = rest.map((point, i) => {
    const next = rest[i + 1];
    const end =
      next === undefined ? last : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q ${at(point)} ${at(end)}`;
  });
  return `M ${at(first)} ${bends.join(' ')}${rest.length === 0 ? `L ${at(last)}` : ''}`;
}
