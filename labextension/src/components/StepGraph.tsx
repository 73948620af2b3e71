import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useId, useMemo, useRef, useState } from 'react';

import { useSurroundings } from '../context';
import { edgeId, graphOf, pathTo, stepId, variableId, type Graph, type Written } from '../graph';
import type { Picture, Size } from '../layout';
import type { StepView } from '../steps';
import { Button } from './Button';
import { StepNode } from './StepNode';
import { StepRow } from './StepRow';
import { detail, stateWords } from './stepwords';
import { usePicture } from './usePicture';
import { usePlace, useRuns } from './useSteps';
import { useWidth } from './useWidth';

const LEAST = 0.3;
const MOST = 2;
const ZOOM = 1.25;
const TALLEST = 420;
/** From this width on the picture goes to the right, where what is written in it stays large enough to read. */
const WIDE = 520;
const READABLE = 0.85;

/** The widths of a letter, px: of a name, of a word on a pill, of what stands beside it; and what is around them. */
const LETTER = { name: 7, pill: 6.2, detail: 5.6 };
const AROUND = { name: 22, pill: 40 };
/** A node is no wider, px; where there is room for it, what is said of a step is whole. */
const WIDEST = { narrow: 160, wide: 230 };

function sizesOf(
  graph: Graph,
  steps: readonly StepView[],
  widest: number,
  trans: TranslationBundle
): Map<string, Size> {
  const said = new Map(
    steps.map(step => [
      stepId(step.name),
      stateWords(step.state, trans).length * LETTER.pill +
        detail(step, step.run?.start ?? 0, trans).length * LETTER.detail +
        AROUND.pill
    ])
  );
  return new Map(
    graph.nodes.map(({ id, kind, name }) => {
      const least = kind === 'step' ? Math.max(124, said.get(id) ?? 0) : 40;
      const width = Math.min(widest, Math.max(least, name.length * LETTER.name + AROUND.name));
      return [id, { width: Math.round(width), height: kind === 'step' ? 44 : 24 }];
    })
  );
}

/** The steps as a picture, and under it in words the one that was chosen and those that failed. */
export function StepGraph(props: {
  steps: readonly StepView[];
  /** The variable whose origin is asked for. */
  traced: string | null;
  written: Written | null;
  onVariable(name: string): void;
}): React.JSX.Element {
  const { steps, traced, written, onVariable } = props;
  const { trans } = useSurroundings();
  const runs = useRuns();
  const area = useRef<HTMLDivElement>(null);
  const width = useWidth(area);
  const [chosen, setChosen] = useState<string | null>(null);
  const isWide = width >= WIDE;
  const widest = isWide ? WIDEST.wide : WIDEST.narrow;
  const shape = JSON.stringify(steps.map(({ name, inputs, outputs }) => [name, inputs, outputs]));
  // A state that changes moves no node.
  const graph = useMemo(() => graphOf(steps, written), [shape, written]); // eslint-disable-line react-hooks/exhaustive-deps
  const said = steps.map(step => `${step.state} ${step.changed.join()}`).join();
  const sizes = useMemo(() => sizesOf(graph, steps, widest, trans), [graph, said, widest, trans]); // eslint-disable-line react-hooks/exhaustive-deps
  const right = usePicture(graph, sizes, isWide ? 'right' : null);
  const down = usePicture(graph, sizes, 'down');
  const isRight = right !== null && width / right.width >= READABLE;
  const picture = isRight ? right : isWide && right === null ? null : down;
  const starting = runs?.starting;
  const shown = steps.map(step =>
    starting?.has(step.name) === true ? { ...step, state: 'running' as const } : step
  );
  const told = shown.filter(
    step =>
      step.name === chosen ||
      step.state === 'failed' ||
      step.state === 'interrupted' ||
      runs?.troubles.has(step.name) === true
  );
  return (
    <div className="jp-SessionGraph" data-testid="graph">
      <div ref={area} className="jp-SessionGraph-area">
        {picture === null || width === 0 ? (
          <p className="jp-SessionGraph-wait">{trans.__('Drawing …')}</p>
        ) : (
          <Drawing
            graph={graph}
            picture={picture}
            steps={shown}
            width={width}
            traced={traced}
            onVariable={onVariable}
            onStep={setChosen}
          />
        )}
      </div>
      {told.map(step => (
        <StepRow key={step.name} step={step} />
      ))}
    </div>
  );
}

function Drawing(props: {
  graph: Graph;
  picture: Picture;
  steps: readonly StepView[];
  width: number;
  traced: string | null;
  onVariable(name: string): void;
  onStep(name: string): void;
}): React.JSX.Element {
  const { graph, picture, steps, width, traced, onVariable, onStep } = props;
  const { trans } = useSurroundings();
  const [zoom, setZoom] = useState<number | null>(null);
  const [focused, setFocused] = useState<string | null>(null);
  const nodes = useRef(new Map<string, HTMLButtonElement>());
  const view = useRef<HTMLDivElement>(null);
  // A page may have two graphs, and hide the one whose marker both would use.
  const arrow = `jp-session-arrow${useId().replaceAll(':', '-')}`;
  // As wide as there is room: what is higher than it is wide is scrolled, not made too small to read.
  const begin = Math.max(LEAST, Math.min(1, width / picture.width));
  const fit = Math.max(LEAST, Math.min(begin, TALLEST / picture.height));
  const scale = zoom ?? begin;
  const path = useMemo(
    () => (traced === null ? null : pathTo(graph, variableId(traced))),
    [graph, traced]
  );
  useEffect(() => {
    const node = traced === null ? undefined : nodes.current.get(variableId(traced));
    node?.scrollIntoView?.({ block: 'nearest', inline: 'center' });
    node?.focus({ preventScroll: true });
  }, [traced]);
  const ids = graph.nodes.map(node => node.id);
  const current = focused !== null && ids.includes(focused) ? focused : ids[0];
  const move = (event: React.KeyboardEvent): void => {
    const at = ids.indexOf(current ?? '');
    const to = {
      ArrowRight: at + 1,
      ArrowDown: at + 1,
      ArrowLeft: at - 1,
      ArrowUp: at - 1,
      Home: 0,
      End: ids.length - 1
    }[event.key];
    const next = to === undefined ? undefined : ids[to];
    if (next !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      nodes.current.get(next)?.focus();
    }
  };
  const on = (id: string): 'on' | 'off' | null =>
    path === null ? null : path.has(id) ? 'on' : 'off';
  const turn = (by: number): void => setZoom(Math.max(LEAST, Math.min(MOST, scale * by)));
  const buttons: [string, string, string, () => void][] = [
    ['graph-out', '−', trans.__('Smaller'), () => turn(1 / ZOOM)],
    ['graph-in', '+', trans.__('Larger'), () => turn(ZOOM)],
    ['graph-fit', trans.__('Fit'), trans.__('All of it'), () => setZoom(fit)]
  ];
  const byName = new Map(steps.map(step => [step.name, step]));
  return (
    <>
      <div
        ref={view}
        className="jp-SessionGraph-view"
        role="group"
        aria-label={trans.__('The steps and their variables as a graph')}
        onKeyDown={move}
      >
        <div
          className="jp-SessionGraph-size"
          style={{ width: picture.width * scale, height: picture.height * scale }}
        >
          <div
            className="jp-SessionGraph-picture"
            style={{
              width: picture.width,
              height: picture.height,
              transform: `scale(${scale})`
            }}
          >
            <svg width={picture.width} height={picture.height} aria-hidden="true">
              <defs>
                <marker
                  id={arrow}
                  viewBox="0 0 8 8"
                  refX="7"
                  refY="4"
                  markerUnits="userSpaceOnUse"
                  markerWidth="8"
                  markerHeight="8"
                  orient="auto"
                >
                  <path d="M 0 0.5 L 8 4 L 0 7.5 z" />
                </marker>
              </defs>
              {graph.edges.map(edge => {
                const id = edgeId(edge);
                return (
                  <path
                    key={id}
                    d={picture.lines.get(id)}
                    data-path={on(id) ?? undefined}
                    markerEnd={`url(#${arrow})`}
                  />
                );
              })}
            </svg>
            {graph.nodes.map(node => {
              const step = node.kind === 'step' ? (byName.get(node.name) ?? null) : null;
              const box = picture.boxes.get(node.id);
              return box === undefined ? null : (
                <Node
                  key={node.id}
                  node={node}
                  box={box}
                  step={step}
                  path={on(node.id)}
                  isFirst={node.id === current}
                  nodeRef={element => {
                    if (element === null) {
                      nodes.current.delete(node.id);
                    } else {
                      nodes.current.set(node.id, element);
                    }
                  }}
                  onFocus={() => setFocused(node.id)}
                  onStep={onStep}
                  onVariable={onVariable}
                />
              );
            })}
          </div>
        </div>
      </div>
      <div className="jp-SessionGraph-zoom">
        {buttons.map(([id, text, title, run]) => (
          <Button key={id} look="quiet" testid={id} aria-label={title} title={title} onClick={run}>
            {text}
          </Button>
        ))}
      </div>
    </>
  );
}

type NodeProps = Omit<React.ComponentProps<typeof StepNode>, 'onOpen' | 'ref'>;

/** What a click on a node does: to the cell of a step, to the row of a variable. */
function Node(
  props: NodeProps & {
    nodeRef(element: HTMLButtonElement | null): void;
    onStep(name: string): void;
    onVariable(name: string): void;
  }
): React.JSX.Element {
  const { nodeRef, onStep, onVariable, ...rest } = props;
  const { notebook } = useSurroundings();
  const { node, step } = rest;
  const place = usePlace(step);
  const open = (): void => {
    if (node.kind === 'variable') {
      onVariable(node.name);
      return;
    }
    onStep(node.name);
    if (place !== null) {
      notebook?.showCell(place);
    }
  };
  return <StepNode ref={nodeRef} {...rest} onOpen={open} />;
}
