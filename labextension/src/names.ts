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

/** What no variable takes the place of in a notebook: Python's keywords and builtins, and what IPython puts beside them. */
export const RESERVED: ReadonlySet<string> = new Set(
  (
    'ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup ' +
    'BlockingIOError BrokenPipeError BufferError BytesWarning ChildProcessError ' +
    'ConnectionAbortedError ConnectionError ConnectionRefusedError ConnectionResetError ' +
    'DeprecationWarning EOFError Ellipsis EncodingWarning EnvironmentError Exception ' +
    'ExceptionGroup False FileExistsError FileNotFoundError FloatingPointError FutureWarning ' +
    'GeneratorExit IOError ImportError ImportWarning In IndentationError IndexError ' +
    'InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError ' +
    'ModuleNotFoundError NameError None NotADirectoryError NotImplemented NotImplementedError ' +
    'OSError Out OverflowError PendingDeprecationWarning PermissionError ProcessLookupError ' +
    'PythonFinalizationError RecursionError ReferenceError ResourceWarning RuntimeError ' +
    'RuntimeWarning StopAsyncIteration StopIteration SyntaxError SyntaxWarning SystemError ' +
    'SystemExit TabError TimeoutError True TypeError UnboundLocalError UnicodeDecodeError ' +
    'UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning UserWarning ValueError ' +
    'Warning ZeroDivisionError abs aiter all and anext any as ascii assert async await bin bool ' +
    'break breakpoint bytearray bytes callable case chr class classmethod compile complex ' +
    'continue copyright credits def del delattr dict dir display divmod elif else enumerate eval ' +
    'except exec exit filter finally float for format from frozenset get_ipython getattr global ' +
    'globals hasattr hash help hex id if import in input int is isinstance issubclass iter ' +
    'lambda len license list locals map match max memoryview min next nonlocal not object oct ' +
    'open or ord pass pow print property quit raise range repr return reversed round session ' +
    'session_state set setattr slice sorted staticmethod str sum super try tuple type vars while ' +
    'with yield zip'
  ).split(' ')
);

/** Whether a cell can use the variable by its bare name; others are reached as session["..."]. */
export function isPythonName(name: string): boolean {
  return (
    /^\p{XID_Start}\p{XID_Continue}*$/u.test(name) &&
    name.normalize('NFKC') === name &&
    !RESERVED.has(name)
  );
}
