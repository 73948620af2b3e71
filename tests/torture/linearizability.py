"""Whether a history of concurrent operations on one register could have happened one after another.

The search of Wing and Gong with Lowe's memory of configurations seen. Each operation is known from the outside: when
it was called, when it returned, what it said. One whose answer was lost may have happened at any time after its call,
or never. Registers are independent, so a history on many variables is checked variable by variable.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

ABSENT = None


@dataclass(frozen=True, kw_only=True)
class Operation:
    kind: Literal["write", "read", "swap"]
    called: float
    #: infinity where no answer came
    returned: float = math.inf
    #: what a write or swap sets, what a read saw
    value: object = ABSENT
    #: what a swap expects to stand there
    expected: object = ABSENT
    #: whether the swap said that it took place; None where no answer came
    swapped: bool | None = None

    def after(self, state: object) -> tuple[bool, object]:
        """Whether the operation, done in this state, could have said what it said; and the state after it."""
        if self.kind == "read":
            return state == self.value, state
        if self.kind == "write":
            return True, self.value
        fits = state == self.expected
        possible = self.swapped is None or self.swapped is fits
        return possible, self.value if fits else state


def is_linearizable(history: Sequence[Operation], initial: object = ABSENT) -> bool:
    """Whether some order of the operations explains every answer and never turns time around."""
    operations = [each for each in history if each.kind != "read" or each.returned < math.inf]
    must = frozenset(number for number, each in enumerate(operations) if each.returned < math.inf)
    seen: set[tuple[frozenset[int], object]] = set()
    open_now = [(frozenset(range(len(operations))), initial)]
    while open_now:
        left, state = open_now.pop()
        if not left & must:
            return True
        if (left, state) in seen:
            continue
        seen.add((left, state))
        # Only what was called before every open answer can come first.
        horizon = min(operations[number].returned for number in left)
        # The last one put is tried first: what was answered earliest; what never was, only if nothing else explains it.
        for number in sorted(left, key=lambda number: -operations[number].returned):
            if operations[number].called <= horizon:
                possible, after = operations[number].after(state)
                if possible:
                    open_now.append((left - {number}, after))
    return False
