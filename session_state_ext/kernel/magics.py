"""``%session`` and ``%%session step``: reading the line, asking, showing. Each mistake is answered with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from session_state_ext.errors import Locked, SessionError
from session_state_ext.spelling import lacking, listed, nearest, pasted

from . import display, grammar
from .cells import Cells
from .elsewhere import elsewhere
from .grammar import Mistake
from .link import Link
from .manual import MANUAL, lines_of
from .namespace import Namespace, Unplaced
from .sentences import SessionMistake
from .session import Session
from .talker import OPTIONS

if TYPE_CHECKING:
    from .declarelines import DeclareLines

COMMANDS = [
    *("set", "get", "del", "push", "pull", "bind", "unbind", "use", "list", "widget", "form"),
    *("declare", "parameters", "reset", "lock", "unlock"),
    *("history", "undo", "redo", "diff", "snapshot", "restore", "purge"),
    *("step", "steps", "run", "why", "help"),
]


@magics_class
class SessionMagics(Magics):
    """The magics of one shell."""

    def __init__(self, shell: Any, link: Link, session: Session, names: Namespace, cells: Cells) -> None:
        super().__init__(shell)
        self._link, self._session, self._names, self._cells = link, session, names, cells
        #: what a session in memory only had, which was left for another one; JSON text by name
        self._behind: dict[str, bytes] = {}
        self._commands: dict[str, Callable[[str], Any]] = {
            "set": self._set,
            "get": self._get,
            "del": self._del,
            "push": self._push,
            "pull": self._pull,
            "use": self._use,
            "list": self._list,
            "step": self._step,
            "help": self._help,
        }

    @cached_property
    def _declarations(self) -> DeclareLines:
        from .declarelines import DeclareLines

        return DeclareLines(self._link, self._session, self._names)

    @cached_property
    def _further(self) -> dict[str, Callable[[str], Any]]:
        """The commands whose modules wait for their first use."""
        from .bindlines import BindLines
        from .pastlines import PastLines
        from .steplines import StepLines
        from .widgetlines import WidgetLines

        return {
            **BindLines(self._session, self._link, self._names).commands,
            **self._declarations.commands,
            **PastLines(self._session).commands,
            **StepLines(self._session).commands,
            **WidgetLines(self._session).commands,
        }

    @no_var_expand
    @line_cell_magic
    def session(self, line: str, cell: str | None = None) -> Any:
        try:
            return self._answer(line.strip(), cell)
        except SessionMistake:
            raise
        except SessionError as error:
            raise SessionMistake(_said(error)) from None

    session.__doc__ = MANUAL

    def _answer(self, line: str, cell: str | None) -> Any:
        word, _, rest = line.partition(" ")
        if line[:1] in ("[", "."):
            return self._python(line)
        if cell is not None:
            return self._of_cell(word, rest, line, cell)
        if not line:
            # What this cell has set is part of what is shown; where nobody answers this costs nothing.
            self._link.flush()
            return self._overview()
        if rest.lstrip().startswith("=") and not rest.lstrip().startswith("==") and word != "set":
            raise Mistake(f"To set a variable, write: %session set {line}")
        if word in ("--help", "-h", "?"):
            word = "help"
        if word in COMMANDS and rest.split() in (["--help"], ["-h"]):
            word, rest = "help", word
        command = self._commands.get(word) or self._further.get(word)
        if command is None:
            raise Mistake(self._unknown(word))
        return command(rest.strip())

    def _overview(self) -> Any:
        from .overview import overview

        return overview(self._link)

    def _python(self, line: str) -> Any:
        """``session["lr"]`` as the first line that speaks of the session: IPython took it for the magic."""
        assert self.shell is not None
        if self.shell.user_ns.get("session") is not self._session:
            raise Mistake("session is no name in this notebook yet. Write: %load_ext session_state_ext")
        try:
            compile(f"session{line}", "<session>", "eval")
        except SyntaxError:
            return self.shell.ex(f"session{line}")  # type: ignore[no-untyped-call]
        return self.shell.ev(f"session{line}")  # type: ignore[no-untyped-call]

    def _unknown(self, word: str) -> str:
        if (found := elsewhere(word)) is not None:
            return found
        meant = nearest(word, COMMANDS)
        if not meant and "=" in word:
            return f"To set a variable, write: %session set {word}"
        if not meant and word in self._session:
            return f"{word} is a variable. Its value: %session get {pasted(word)}"
        return f"%session has no command {word}.{meant} It has {', '.join(COMMANDS)}; alone it shows the session."

    def _help(self, line: str) -> None:
        if line and line not in COMMANDS:
            raise Mistake(self._unknown(line))
        display.show(display.manual(lines_of(line) or MANUAL))

    def _of_cell(self, word: str, rest: str, line: str, cell: str) -> Any:
        if word == "set":
            if rest.strip() and cell.strip() and _whole(rest):
                raise Mistake(
                    f"%%session set sets whatever stands below it, too, and runs none of it. For this line alone: "
                    f"%session set {rest.strip()} (one %)"
                )
            return self._set(f"{rest}\n{cell}")
        if word == "parameters":
            if rest.strip():
                raise Mistake("%%session parameters stands alone; what it declares comes below it, in the same cell.")
            return self._declarations.parameters(cell)
        if word != "step":
            raise Mistake("%%session begins a step: %%session step NAME --in a --out b. For one line, write %session.")
        # The cell of a step is run as it is; here it was handed to us as text.
        assert self.shell is not None
        result = self.shell.run_cell(f"%%session {line}\n{cell}")  # type: ignore[no-untyped-call]
        if not result.success:
            raise SessionMistake(f"The step failed: {result.error_before_exec or result.error_in_exec}")
        return result.result

    def _set(self, line: str) -> None:
        self._session.update(grammar.assignments(line))

    def _get(self, line: str) -> Any:
        names = self._named(line, "get")
        self._must_have(names)
        if len(names) == 1:
            return self._session[names[0]]
        return {name: self._session[name] for name in names}

    def _del(self, line: str) -> None:
        for name in grammar.of_session(self._named(line, "del"), self._session):
            self._session.pop(name, None)

    def _push(self, line: str) -> None:
        names = self._named(line, "push")
        for name in names:
            if name not in self._names and "=" in name:
                raise Mistake(f"push sends names of this notebook. To set a variable: %session set {name}")
            if name not in self._names:
                raise Mistake(
                    f"{name} is not a name in this notebook. Assign it first, or: %session set {pasted(name)} = ..."
                )
        sent = {name: self._names.yours(name) for name in names}
        self._session.update(sent)
        for name, value in sent.items():
            self._names.keep(name, value)

    def _pull(self, line: str) -> None:
        words = grammar.words(line)
        force = "--force" in words
        names = [word for word in words if word != "--force"]
        self._check_options(names, "pull", ["--force"])
        self._must_have(names)
        self._place(names or list(self._session), force=force, all_of=not names)

    def _place(self, names: list[str], *, force: bool, all_of: bool) -> None:
        """Into the notebook's names; of all variables, those that do not fit there are left out and named."""
        said, fit = list[str](), list[str]()
        for name in names:
            try:
                self._names.check(name, force=force)
                fit.append(name)
            except Unplaced as error:
                if not all_of:
                    raise
                said.append(error.message)
        placed = (self._names.place(name, text) for name, (text, _) in self._link.read(fit).items())
        display.show(*map(display.note, [*(one for one in placed if one), *said]))

    def _use(self, line: str) -> Any:
        words = grammar.words(line)
        choice = next((choice for choice, option in OPTIONS.items() if words == [option]), None)
        if choice is not None:
            self._link.choose(choice)
            return self._overview()
        names = [word for word in words if word not in ("--new", "--bring")]
        self._check_options(names, "use", ["--new", "--bring", *OPTIONS.values()])
        if len(names) != 1:
            raise Mistake("Name one session: %session use NAME. All of them: %session list")
        fleeting = self._link.fleeting
        with self._link.moment() as replica:
            before = replica.view()
            left = replica.session_id if replica.revision and not fleeting else None
            named = replica.meta.name if replica.meta else None
        new = "--new" in words
        self._link.use(names[0], new=new)
        if fleeting:
            # What was in memory only comes along into a session that is made for it.
            self._behind = before
        said = self._bring() if "--bring" in words or (new and fleeting) else self._left_behind(names[0], fleeting)
        if left is not None and left != self._link.replica.session_id:
            said.append(f"Back to the session it had: %session use {pasted(named) if named else left}")
        display.show(*map(display.note, said))
        return self._overview()

    def _bring(self) -> list[str]:
        """Put what was in memory only into the session; what to say."""
        there = {name for name in self._behind if name in self._session}
        brought = {name: text for name, text in self._behind.items() if name not in there}
        kept, self._behind = sorted(there), {}
        if brought:
            self._link.put_all(brought)
            self._link.flush()
        return [f"This session had values of its own, which stay: {listed(kept)}"] if kept else []

    def _left_behind(self, name: str, fleeting: str | None) -> list[str]:
        if not fleeting or not self._behind:
            return []
        names = [*self._behind]
        said = listed(names) if len(names) <= 10 else f"{', '.join(names[:10])} and {len(names) - 10} more"
        return [
            f"{said} stayed behind, in this kernel's memory only. "
            f"To take along what is not here: %session use {pasted(name)} --bring"
        ]

    def _list(self, line: str) -> Any:
        if line:
            raise Mistake("%session list stands alone.")
        known = self._link.ask(lambda backend: backend.sessions())
        return display.sessions(known, self._link.replica.session_id)

    def _step(self, line: str) -> None:
        self._cells.begin_step(grammar.step_line(line))

    def _named(self, line: str, command: str) -> list[str]:
        names = grammar.words(line)
        self._check_options(names, command, [])
        if not names:
            raise Mistake(f"Name a variable: %session {command} lr")
        return [grammar.checked(name) for name in names]

    @staticmethod
    def _check_options(names: list[str], command: str, options: list[str]) -> None:
        wrong = next((name for name in names if name.startswith("--")), None)
        if wrong is not None:
            raise Mistake(grammar.no_option(command, wrong, options))

    def _must_have(self, names: list[str]) -> None:
        known = list(self._session)
        missing = list(dict.fromkeys(name for name in names if name not in known))
        if missing:
            how = f"Set {'it' if len(missing) == 1 else 'them'}: %session set"
            raise Mistake(f"{lacking(missing, known)} {how} {' '.join(f'{pasted(one)} = ...' for one in missing)}")


def _whole(line: str) -> bool:
    """Whether this line sets something without what stands below it: no bracket is open at its end."""
    try:
        return bool(grammar.assignments(line))
    except Mistake:
        return False


def _said(error: SessionError) -> str:
    """The sentence, in the words of the lines."""
    name = error.fields.get("name")
    if isinstance(error, Locked) and isinstance(name, str):
        return f"{name} is locked. To change it, unlock it first: %session unlock {pasted(name)}"
    return error.message
