/**
 * Which names can be stored, and which a cell can use as plain Python names.
 */

/** Why this cannot name a variable, or null. The sentences are templates for the translator. */
export type NameProblem = 'empty' | 'long' | 'control' | 'proto' | 'surrogate';

const CONTROL = /\p{Cc}/u;

export function nameProblem(name: string, limit = 128): NameProblem | null {
  if (name === '') {
    return 'empty';
  }
  if (Array.from(name).length > limit) {
    return 'long';
  }
  if (CONTROL.test(name)) {
    return 'control';
  }
  if (name === '__proto__') {
    return 'proto';
  }
  return name.isWellFormed() ? null : 'surrogate';
}

declare global {
  interface String {
    isWellFormed(): boolean;
  }
}

const KEYWORDS = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from ' +
    'global if import in is lambda nonlocal not or pass raise return try while with yield ' +
    'In Out exit quit get_ipython session session_state'
  ).split(' ')
);

// Builtins a variable must not hide in the notebook's namespace.
const BUILTINS = new Set(
  (
    'abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex ' +
    'copyright credits delattr dict dir display divmod enumerate eval exec filter float format frozenset getattr ' +
    'globals hasattr hash help hex id input int isinstance issubclass iter len license list locals map max ' +
    'memoryview min next object oct open ord pow print property range repr reversed round set setattr slice sorted ' +
    'staticmethod str sum super tuple type vars zip Ellipsis NotImplemented ArithmeticError AssertionError ' +
    'AttributeError BaseException Exception ImportError IndexError KeyError KeyboardInterrupt LookupError NameError ' +
    'OSError RuntimeError StopIteration SyntaxError SystemExit TypeError ValueError Warning ZeroDivisionError'
  ).split(' ')
);

/** Whether a cell can use the variable by its bare name; others are reached as session["..."]. */
export function isPythonName(name: string): boolean {
  return (
    /^\p{XID_Start}\p{XID_Continue}*$/u.test(name) &&
    name.normalize('NFKC') === name &&
    !KEYWORDS.has(name) &&
    !BUILTINS.has(name)
  );
}
