/**
 * What a cell's source suggests for a step: which variables it reads, what it makes, and a name. A guess for a person to
 * mend, by the look of the lines and not by Python's own rules.
 */
import { isPythonName } from './names';

export interface StepProposal {
  name: string;
  inputs: string[];
  outputs: string[];
}

export interface Surroundings {
  /** The session's variables. */
  variables: Iterable<string>;
  /** The sources of the notebook's other code cells. */
  others: readonly string[];
  /** The names of the steps there are. */
  steps: Iterable<string>;
}

// A triple quoted text, a quoted text, a comment: what is in them is not code.
const NO_CODE = /("""|''')[\s\S]*?\1|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#[^\n]*/g;
const WORD = /(?<![.\p{XID_Continue}])\p{XID_Start}\p{XID_Continue}*/gu;
// `a = `, `a, b = `, `a: float = `, at the beginning of a line; not `a == b`, not `f(a=1)`.
const ASSIGNED = /^(\p{XID_Start}[\p{XID_Continue}\s,]*?)\s*(?::[^=\n]+)?=(?!=)/gmu;

function code(source: string): string {
  return source.replace(NO_CODE, text => (text.startsWith('#') ? '' : '""'));
}

function wordsOf(source: string): Set<string> {
  return new Set(code(source).match(WORD));
}

function assignedIn(source: string): string[] {
  const names = [...code(source).matchAll(ASSIGNED)].flatMap(([, left = '']) => left.split(','));
  return [...new Set(names.map(name => name.trim()))].filter(isPlain);
}

function isPlain(name: string): boolean {
  return isPythonName(name) && !name.startsWith('_');
}

/** Whether the name is read before the cell gives it a value. */
function isReadFirst(name: string, source: string): boolean {
  const text = code(source);
  const use = new RegExp(`(?<![.\\p{XID_Continue}])${name}(?!\\p{XID_Continue})`, 'u').exec(text);
  if (use === null) {
    return false;
  }
  const line = text.slice(text.lastIndexOf('\n', use.index) + 1);
  const [first] = line.split('\n', 1) as [string];
  const right = /(?<![=!<>+\-*/%&|^])=(?!=)(.*)$/.exec(first)?.[1];
  return !assignedIn(first).includes(name) || (right !== undefined && wordsOf(right).has(name));
}

export function proposeStep(source: string, around: Surroundings): StepProposal {
  const used = wordsOf(source);
  const assigned = assignedIn(source);
  const inputs = [...around.variables].filter(
    name => isPlain(name) && used.has(name) && isReadFirst(name, source)
  );
  const wanted = new Set(around.others.flatMap(other => [...wordsOf(other)]));
  const made = assigned.filter(name => !inputs.includes(name));
  const shared = made.filter(name => wanted.has(name) || [...around.variables].includes(name));
  const outputs = shared.length > 0 ? shared : made.slice(-1);
  const taken = new Set(around.steps);
  const stem = outputs[0] === undefined ? 'step' : `make_${outputs[0]}`;
  let name = stem;
  for (let number = 2; taken.has(name); number++) {
    name = `${stem}_${number}`;
  }
  return { name, inputs, outputs };
}

/** The comment that makes a cell a step. Without inputs they are found out when it runs. */
export function stepLine({ name, inputs, outputs }: StepProposal): string {
  const reads = inputs.length > 0 ? `(${inputs.join(', ')})` : '';
  const makes = outputs.length > 0 ? ` -> ${outputs.join(', ')}` : '';
  return `#| step: ${name}${reads}${makes}`;
}

export type ProposalProblem =
  | { kind: 'name-missing' }
  | { kind: 'name'; name: string }
  | { kind: 'taken'; name: string }
  | { kind: 'variable'; name: string };

/** What is wrong with a proposal that a person has mended; null where it will do. */
export function proposalProblem(
  step: StepProposal,
  steps: Iterable<string>
): ProposalProblem | null {
  if (step.name === '') {
    return { kind: 'name-missing' };
  }
  // It is one word of a line.
  if (/[\s(),]|^-|->/u.test(step.name)) {
    return { kind: 'name', name: step.name };
  }
  if ([...steps].includes(step.name)) {
    return { kind: 'taken', name: step.name };
  }
  const odd = [...step.inputs, ...step.outputs].find(name => !isPlain(name));
  return odd === undefined ? null : { kind: 'variable', name: odd };
}
