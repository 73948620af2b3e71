"""Comments that were to make a cell a step and do not: it would run as a plain cell, without a word."""

from __future__ import annotations

import io
import re
import tokenize

#: As it has to be, but not where it has to be.
_STEP = re.compile(r"#[ \t]*\|[ \t]*step:.*")
#: The colon is missing, or the word is written otherwise.
_BARRED = re.compile(r"#[ \t]*\|[ \t]*step[ \t]*:?[ \t]+(?P<said>\w.*)|#[ \t]*\|[ \t]*step[ \t]*:(?P<close>\w.*)", re.I)
#: The bar is missing. An arrow tells it from prose.
_BARE = re.compile(r"#+[ \t]*step:?[ \t]+(?P<said>[^\W\d][\w.-]*[ \t]*(\([^()]*\))?[ \t]*[-=]>.*)", re.I)


def near_step(raw: str, at: int | None) -> str | None:
    """What would be right, a sentence, of the first such comment of a cell; ``at``: the line that makes it a step."""
    for line, text in _comments(raw):
        if line == at:
            continue
        if _STEP.fullmatch(text):
            if at is not None:
                return f"{text}: this cell is a step already, and a cell is one step. Give that one a cell of its own."
            return f"{text}: no step begins here. The line stands before all code of its cell: move it to the top."
        found = _BARRED.fullmatch(text) or _BARE.fullmatch(text)
        if found is not None and at is None:
            said = found.groupdict()
            return f"{text} makes no step of this cell. Write: #| step: {said['said'] or said.get('close')}"
    return None


def _comments(raw: str) -> list[tuple[int, str]]:
    """The comments that have a line of their own at the left margin, by line, from 0; text in quotes has none."""
    found: list[tuple[int, str]] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(raw).readline):
            if token.type == tokenize.COMMENT and token.start[1] == 0:
                found.append((token.start[0] - 1, token.string.rstrip()))
    except (tokenize.TokenError, SyntaxError):
        pass  # what is no Python, as a magic's text, is looked at up to there
    return found
