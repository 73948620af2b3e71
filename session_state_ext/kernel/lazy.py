"""``%session`` without ``%load_ext``: registered at the kernel's start, loaded at its first use.

Imported in every kernel of the environment, so it imports next to nothing.
"""

from __future__ import annotations

import ast
import re
import sys
from typing import Any

from . import credential

#: What makes a cell a step: the magic on its first line, or a comment that other editors and people without us run
#: over, with the space behind # that linters put there, among the comments that the cell begins with.
_MAGIC = re.compile(r"%%session[ \t]+step\b(.*)")
_COMMENT = re.compile(r"#[ \t]*\|[ \t]*step:(.*)")
#: The lines that Tab completes: ``%session``, alone or assigned; and a step's comment.
_LINE = re.compile(r"\s*(?:[\w.\[\]'\"]+\s*=\s*)?(%%?session[ \t].*)|\s*(#[ \t]*\|[ \t]*step:.*)")
#: And the names in a call: ``session.get("``, or ``session.bind("lr", "`` behind others.
_CALL = re.compile(
    r"(?:[^#]*[^\w.#])?(session(?:_state)?)\.(\w+)\(\s*\[?\s*((?:(?:\"[^\"]*\"|'[^']*')\s*,\s*)*)(?:\"([^\"]*)|'([^']*))"
)
#: The names that loading gives.
_NAMED = re.compile(r"\bsession(_state)?\b")
#: What may have been meant as one.
_NEAR = re.compile(r"^#.*\bstep\b", re.M | re.I)
_EXTENSION = "session_state_ext"
#: Where a shell keeps what is loaded into it.
ATTRIBUTE = "_session_state_extension"
_MATCHER = "session-state"


def prepare(shell: Any) -> None:
    """Take the credential out of the environment, and make ``%session`` known to ``shell``."""
    credential.take()
    if credential.eager():
        shell.extension_manager.load_extension(_EXTENSION)
        return
    shell.magics_manager.register_lazy("session", _EXTENSION)
    add_transformer(shell)
    add_matcher(shell)
    shell.events.register("pre_run_cell", _First(shell))
    shell.events.register("post_run_cell", _Hint(shell))


class _First:
    """Loads before the first cell that reads ``session`` where nothing is called so: it would be a NameError."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        #: it has been loaded, and stays unloaded where somebody has unloaded it
        self._over = False

    def __call__(self, info: Any) -> None:
        raw = getattr(info, "raw_cell", None)
        if self._over or not raw:
            return
        loaded = self._shell.extension_manager.loaded
        if _EXTENSION in loaded:
            self._over = True
        elif _NAMED.search(raw) and _EXTENSION not in raw and self._reads(info):
            self._shell.extension_manager.load_extension(_EXTENSION)
            extension = getattr(self._shell, ATTRIBUTE, None)
            if extension is not None:
                # IPython has begun to call whoever was there before.
                extension.cells.pre_run_cell(info)

    def _reads(self, info: Any) -> bool:
        try:
            tree = ast.parse(getattr(info, "transformed_cell", None) or self._shell.transform_cell(info.raw_cell))
            names = reads_unbound(tree)
        except (SyntaxError, ValueError, RecursionError):
            return False
        return any(name not in self._shell.user_ns for name in names)


def reads_unbound(tree: ast.Module) -> set[str]:
    """Which of ``session`` and ``session_state`` running this code reads, as far as it binds no such name anywhere."""
    read, bound = set[str](), set[str]()
    inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

    def look(node: ast.AST, *, runs: bool) -> None:
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                if runs:
                    read.add(name)
            case ast.Name(id=name) | ast.arg(arg=name):
                bound.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
            case ast.ExceptHandler(name=str(name)):
                bound.add(name)
            case ast.alias():
                # Of what a star brings nothing is known.
                bound.update(["session", "session_state"] if node.name == "*" else [node.asname or node.name])
            case _:
                pass
        for child in ast.iter_child_nodes(node):
            body = isinstance(node, inner) and child not in getattr(node, "decorator_list", ())
            look(child, runs=runs and not body)

    look(tree, runs=True)
    return (read & {"session", "session_state"}) - bound


class _Hint:
    """Tells whoever uses the names before they are there how to get them."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def __call__(self, result: Any) -> None:
        if _EXTENSION in self._shell.extension_manager.loaded:
            return
        error = getattr(result, "error_in_exec", None)
        name = getattr(error, "name", None) if isinstance(error, NameError) else None
        if name in ("session", "session_state"):
            print(f"{name} is there after %load_ext {_EXTENSION}", file=sys.stderr)
        said = near_step(getattr(getattr(result, "info", None), "raw_cell", None) or "")
        if said is not None:
            print(said, file=sys.stderr)


def add_transformer(shell: Any) -> None:
    """Let a step's cell run as the cell it is; idempotent."""
    if not any(isinstance(one, StepCells) for one in shell.input_transformers_cleanup):
        shell.input_transformers_cleanup.append(StepCells(shell))


def remove_transformer(shell: Any) -> None:
    """Undo :func:`add_transformer`."""
    kept = [one for one in shell.input_transformers_cleanup if not isinstance(one, StepCells)]
    shell.input_transformers_cleanup[:] = kept


def add_matcher(shell: Any) -> None:
    """Have Tab know what may follow on a line of ours, loaded or not; idempotent."""

    def match(context: Any) -> dict[str, Any]:
        line = context.text_until_cursor
        found = _LINE.fullmatch(line)
        call = None if found is not None else _CALL.fullmatch(line)
        if found is not None and getattr(shell, ATTRIBUTE, None) is None:
            shell.extension_manager.load_extension(_EXTENSION)
        # What is called so in a call may be somebody else's as long as nothing is loaded.
        ours: Any = getattr(shell, ATTRIBUTE, None)
        said = None
        if found is not None:
            said = ours.complete(found[1] or found[2])
        elif call is not None and ours is not None:
            said = ours.complete_call(call[1], call[2], call[4] or call[5] or "", is_first=call[3] == "")
        if said is None:
            return {"completions": []}
        from IPython.core.completer import SimpleCompletion

        words = [SimpleCompletion(text=one, type="magic") for one in said.words]
        names = [SimpleCompletion(text=one, type="instance") for one in said.names]
        # Nothing else can stand there: Python's words would come first.
        return {"completions": [*names, *words], "matched_fragment": said.word, "suppress": True, "ordered": True}

    match.matcher_api_version, match.matcher_priority, match.matcher_identifier = 2, 1000, _MATCHER  # type: ignore[attr-defined]
    remove_matcher(shell)
    shell.Completer.custom_matchers.append(match)


def remove_matcher(shell: Any) -> None:
    """Undo :func:`add_matcher`."""
    matchers = shell.Completer.custom_matchers
    matchers[:] = [one for one in matchers if getattr(one, "matcher_identifier", None) != _MATCHER]


class StepCells:
    """Turns the line that makes a cell a step into a line magic.

    The body is then the cell itself, not a string in a call: line numbers, tracebacks, the last expression,
    ``await`` and the debugger are what they are in any other cell.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def __call__(self, lines: list[str]) -> list[str]:
        # Below another magic it is that one's cell, which comes here by itself.
        found = None if lines and lines[0].startswith("%%") and not _MAGIC.match(lines[0]) else _found(lines)
        if found is None:
            return lines
        at, said = found
        if _EXTENSION not in self._shell.extension_manager.loaded:
            self._shell.extension_manager.load_extension(_EXTENSION)
        line = f"step {said}"
        return [*lines[:at], f"get_ipython().run_line_magic('session', {line!r})\n", *lines[at + 1 :]]


def step_of(tree: ast.AST) -> str | None:
    """What follows ``step`` in such a cell's line, from its code; None for any other code."""
    match tree:
        case ast.Module(
            body=[ast.Expr(value=ast.Call(func=ast.Attribute(attr="run_line_magic"), args=[magic, line])), *_]
        ):
            pass
        case _:
            return None
    if isinstance(magic, ast.Constant) and magic.value == "session" and isinstance(line, ast.Constant):
        word, _, rest = str(line.value).partition(" ")
        return rest if word == "step" else None
    return None


def body_of(raw: str) -> str | None:
    """What follows the line that makes a cell a step; None where there is no such line."""
    lines = raw.splitlines(keepends=True)
    found = _found(lines)
    return None if found is None else "".join(lines[found[0] + 1 :])


def line_of(raw: str) -> str | None:
    """What that line says after the word; None where there is no such line."""
    found = _found(raw.splitlines(keepends=True))
    return None if found is None else found[1]


def unmarked(raw: str) -> str:
    """The cell with the comments that make it a step as comments that nobody reads but people."""
    lines = raw.splitlines(keepends=True)
    for at, line in enumerate(lines):
        text = line.strip()
        if text and not text.startswith(("#", "%%")):
            break
        if _COMMENT.match(text):
            lines[at] = line.replace(text, f"# {text.partition('|')[2].lstrip()}", 1)
    return "".join(lines)


def near_step(raw: str) -> str | None:
    """What would be right, a sentence, where a comment was to make this cell a step and does not."""
    if _NEAR.search(raw) is None:
        return None
    from .nearsteps import near_step as near

    found = _found(raw.splitlines(keepends=True))
    return near(raw, None if found is None else found[0])


def _found(lines: list[str]) -> tuple[int, str] | None:
    """Where the line is that makes a cell a step, and what it says after the word."""
    commented = False
    for at, line in enumerate(lines):
        text = line.strip()
        found = _COMMENT.match(text) or (None if commented else _MAGIC.match(text))
        if found is not None:
            return at, found.group(1).strip()
        if text and not text.startswith(("#", "%%")):
            return None
        commented = commented or text.startswith("#")
    return None
