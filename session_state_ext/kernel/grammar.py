"""What may stand after ``%session``: read by a parser of its own, never evaluated, each mistake in one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import TypeGuard

from msgspec import Struct, field

from session_state_ext.spelling import lacking, nearest

from .assignments import Mistake as Mistake
from .assignments import assignments as assignments
from .assignments import checked as checked
from .assignments import end_of_string, short, skip, unquoted
from .assignments import literal as literal

# --- words ---


def of_session(names: Sequence[str], variables: Iterable[str]) -> Sequence[str]:
    """``names``, where each is a variable. Raises Mistake, which names those that are not."""
    known = list(variables)
    missing = [name for name in names if checked(name) not in known]
    if missing:
        raise Mistake(lacking(missing, known, " All of them: %session"))
    return names


def words(line: str) -> list[str]:
    """The words of a line, apart by spaces or commas; quotes keep one together."""
    found, at = list[str](), skip(line, 0)
    while at < len(line):
        if line[at] in "\"'":
            end = end_of_string(line, at)
            if end is None:
                raise Mistake(f"The quote before {line[at + 1 : at + 20]!r} is never closed.")
            found.append(unquoted(line[at:end]))
        else:
            end = at
            while end < len(line) and not line[end].isspace():
                end += 1
            found.extend(part for part in line[at:end].split(",") if part)
        at = skip(line, end)
    return found


class Line(Struct):
    """What follows a command: words, options with a value, and options without."""

    words: list[str]
    values: dict[str, str]
    flags: set[str]

    def number(self, option: str) -> int | None:
        """The whole number after ``option``, where it was given. Raises Mistake."""
        text = self.values.get(option)
        return None if text is None else whole(text, f"{option} takes a whole number: {option} 10")


def read(line: str, command: str, *, values: Sequence[str] = (), flags: Sequence[str] = ()) -> Line:
    """The line after ``%session COMMAND``, which has these options. Raises Mistake."""
    found = Line([], {}, set())
    rest = words(line)
    while rest:
        option, joined, value = rest[0].partition("=")
        word = rest.pop(0)
        if not word.startswith("--"):
            found.words.append(word)
        elif option in values:
            if not joined and not rest:
                raise Mistake(f"{option} needs a value: %session {command} {option} 10")
            found.values[option] = value if joined else rest.pop(0)
        elif word in flags:
            found.flags.add(word)
        else:
            raise Mistake(no_option(command, option, [*values, *flags]))
    return found


def no_option(command: str, option: str, known: Sequence[str]) -> str:
    """The sentence for an option that ``%session COMMAND`` has not."""
    meant = nearest(option, known)
    has = f" It has {', '.join(known)}." if known else " It has none."
    return f"%session {command} has no option {option}.{meant or has}"


def whole(text: str, otherwise: str) -> int:
    """``text`` as a whole number. Raises Mistake with the sentence ``otherwise``."""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Mistake(otherwise)
    return int(text)


# --- step NAME --in a b --out c ---


class StepLine(Struct, kw_only=True):
    """The first line of a step's cell."""

    name: str
    #: None where not declared
    inputs: list[str] | None = None
    outputs: list[str] = field(default_factory=list[str])
    #: names that stay in the kernel and that later steps may read
    keep: list[str] = field(default_factory=list[str])
    force: bool = False
    #: seconds after which the body is interrupted
    timeout: float | None = None


_LISTS = {"--in": "inputs", "--out": "outputs", "--keep": "keep"}
_OPTIONS = [*_LISTS, "--force", "--timeout"]


_SIGNATURE = re.compile(r"([^\s()]+)\s*(?:\(([^()]*)\))?\s*(?:->\s*(.*))?", re.S)


def _signature(line: str) -> str:
    """``train(lr, epochs) -> loss`` in the words of options; a line of options as it is."""
    begins = re.search(r"(?:^|\s)--[A-Za-z]", line)
    head, options = (line, "") if begins is None else (line[: begins.start()], line[begins.start() :])
    if re.search(r"(?<![=<>!])=>", head):
        raise Mistake(f"The arrow of a step is ->. Write: {short(head.strip().replace('=>', '->'))}")
    if "->" not in head and "(" not in head:
        return line
    if head.count("(") != head.count(")"):
        raise Mistake(f"A bracket is missing in {short(head.strip())}. Write: train(lr, epochs) -> loss")
    found = _SIGNATURE.fullmatch(head.strip())
    inputs, outputs = ("", None) if found is None else (found.group(2), found.group(3))
    if found is None or re.search(r"[:=*]", f"{inputs}{outputs}") or "->" in (outputs or ""):
        raise Mistake(f"{short(head.strip())} is no step. Write names only: train(lr, epochs) -> loss")
    if outputs == "":
        raise Mistake(f"After -> stands no name. Write: {found.group(1)}(...) -> loss, or leave the arrow out.")
    taken = "" if inputs is None else f" --in {inputs}"
    return found.group(1) + taken + ("" if outputs is None else f" --out {outputs}") + options


def step_line(line: str) -> StepLine:
    """Read ``train --in lr epochs --out loss``, or the same as ``train(lr, epochs) -> loss``."""
    rest = words(_signature(line))
    if not rest or rest[0].startswith("-"):
        raise Mistake("A step needs a name: %%session step train --in lr --out loss")
    step = StepLine(name=checked(rest.pop(0)))
    while rest:
        option = rest.pop(0)
        option, _, joined = option.partition("=")
        if joined:
            rest.insert(0, joined)
        if option in _LISTS:
            taken = []
            while rest and not rest[0].startswith("--"):
                taken.append(_unset(option, rest.pop(0)))
            _declare(step, option, taken)
        elif option == "--force":
            step.force = True
        elif option == "--timeout":
            step.timeout = _seconds(rest.pop(0) if rest else "")
        elif option.startswith("-"):
            raise Mistake(f"A step has no option {option}.{nearest(option, _OPTIONS)} It has {', '.join(_OPTIONS)}.")
        else:
            raise Mistake(
                f"{option} stands outside --in and --out. Write: %%session step {step.name} --in {option} --out result"
            )
    return step


def _unset(option: str, word: str) -> str:
    name, equals, _ = word.partition("=")
    if equals:
        raise Mistake(f"{option} names variables, without values: {option} {name}. To set one: %session set {word}")
    return checked(word)


def _declare(step: StepLine, option: str, names: list[str]) -> None:
    twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
    if twice is not None:
        raise Mistake(f"{option} names {twice} twice.")
    if not names and option != "--in":
        raise Mistake(f"{option} names nothing. Write: {option} loss, or leave it out.")
    if option == "--in":
        step.inputs = [*(step.inputs or []), *names]
    else:
        getattr(step, _LISTS[option]).extend(names)


def is_time(seconds: object) -> TypeGuard[float]:
    """Whether a step can be given this many seconds."""
    return type(seconds) is not bool and isinstance(seconds, Real) and 0 < float(seconds) < 1e9


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not is_time(seconds):
        raise Mistake("--timeout takes a number of seconds: --timeout 60")
    return seconds
