"""Names in sentences: as they can be pasted back into a line, and those that somebody may have meant."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence

#: What stands in a line without quotes, wherever a name may stand. IPython takes a question mark for itself.
_BARE = re.compile(r"[^\W\d][\w.:@/-]*")
#: Among more names nobody looks for close ones.
_MANY = 2_000


def pasted(name: str) -> str:
    """``name`` as it stands in a line after ``%session``: in quotes where it needs them."""
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def closest(word: str, known: Sequence[str], cutoff: float = 0.6) -> str | None:
    """The name of these that ``word`` may have been meant to be."""
    from difflib import get_close_matches

    if len(known) > _MANY:
        return None
    close = get_close_matches(word, known, n=1, cutoff=cutoff)
    if close:
        return close[0]
    folded = word.casefold()
    # Letters that changed places are far apart for difflib where the word is short.
    return next((one for one in known if one.casefold() == folded), None) or next(
        (one for one in known if len(word) > 2 and sorted(one.casefold()) == sorted(folded)), None
    )


def nearest(word: str, known: Sequence[str], cutoff: float = 0.6) -> str:
    """`` Did you mean x?``, or nothing."""
    close = closest(word, known, cutoff)
    if close is None:
        return ""
    return f" Did you mean {close if close.startswith('--') else pasted(close)}?"


def lacking(wanted: Sequence[str], known: Sequence[str], otherwise: str = "") -> str:
    """The sentence for variables that are not there; ``otherwise`` follows where none has a close name."""
    together = " ".join(wanted)
    said = f"This session has no variable{'' if len(wanted) == 1 else 's'} {listed(wanted)}."
    if len(wanted) > 1 and together in known:
        return f"{said} Did you mean {pasted(together)}?"
    close = [one for one in dict.fromkeys(closest(name, known) for name in wanted) if one is not None]
    return f"{said} Did you mean {listed(close)}?" if close else f"{said}{otherwise}"


def listed(names: Collection[str]) -> str:
    """``a, b and c``"""
    *before, last = map(pasted, names)
    return f"{', '.join(before)} and {last}" if before else last
