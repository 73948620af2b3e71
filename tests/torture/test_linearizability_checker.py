"""The checker itself: it passes what could have happened and catches what could not."""

from __future__ import annotations

import random

from .linearizability import Operation, is_linearizable


def write(value: object, called: float, returned: float = float("inf")) -> Operation:
    return Operation(kind="write", value=value, called=called, returned=returned)


def read(value: object, called: float, returned: float) -> Operation:
    return Operation(kind="read", value=value, called=called, returned=returned)


def swap(expected: object, value: object, called: float, returned: float, swapped: bool | None) -> Operation:
    return Operation(kind="swap", expected=expected, value=value, called=called, returned=returned, swapped=swapped)


def test_one_after_another() -> None:
    assert is_linearizable([write(1, 0, 1), read(1, 2, 3), write(2, 4, 5), read(2, 6, 7)])


def test_an_old_value_after_a_finished_write_is_caught() -> None:
    assert not is_linearizable([write(1, 0, 1), write(2, 2, 3), read(1, 4, 5)])


def test_while_a_write_runs_either_value_may_be_read_but_never_back_again() -> None:
    assert is_linearizable([write(1, 0, 1), write(2, 2, 9), read(1, 3, 4), read(2, 5, 6)])
    assert not is_linearizable([write(1, 0, 1), write(2, 2, 9), read(2, 3, 4), read(1, 5, 6)])


def test_a_write_whose_answer_was_lost_happened_or_not() -> None:
    assert is_linearizable([write(1, 0, 1), write(2, 2), read(1, 4, 5)])
    assert is_linearizable([write(1, 0, 1), write(2, 2), read(2, 4, 5)])
    assert is_linearizable([write(1, 0, 1), write(2, 2), read(1, 4, 5), read(2, 6, 7)])
    assert not is_linearizable([write(1, 0, 1), write(2, 2), read(2, 4, 5), read(1, 6, 7)])


def test_a_lost_write_that_was_acknowledged_is_caught() -> None:
    assert not is_linearizable([write(1, 0, 1), read(None, 2, 3)])


def test_two_swaps_cannot_both_win() -> None:
    start = write(0, 0, 1)
    assert is_linearizable([start, swap(0, 1, 2, 5, True), swap(0, 2, 2, 5, False)])
    assert not is_linearizable([start, swap(0, 1, 2, 5, True), swap(0, 2, 2, 5, True)])
    assert is_linearizable([start, swap(0, 1, 2, float("inf"), None), swap(0, 2, 3, 5, False)])


def test_histories_of_a_real_register_pass_and_a_damaged_one_is_caught() -> None:
    for seed in range(30):
        history = simulated(random.Random(seed))
        assert is_linearizable(history), seed
        reads = [number for number, each in enumerate(history) if each.kind == "read" and each.value is not None]
        damaged = list(history)
        damaged[reads[-1]] = read("never written", history[reads[-1]].called, history[reads[-1]].returned)
        assert not is_linearizable(damaged), seed


def simulated(chance: random.Random) -> list[Operation]:
    """Four clients on a register that works: each operation takes effect at a moment between call and answer."""
    moments = sorted(
        (client * 0.01 + turn + chance.random() * 0.9, client) for client in range(4) for turn in range(12)
    )
    state: object = None
    history: list[Operation] = []
    for number, (moment, _client) in enumerate(moments):
        called, returned = moment - chance.random() * 0.5, moment + chance.random() * 0.5
        if chance.random() < 0.5:
            state = number
            history.append(write(number, called, returned))
        else:
            history.append(read(state, called, returned))
    return history
