"""What a Python value is in a few words, and what to do with one that has no JSON form."""

from __future__ import annotations

from collections.abc import Callable
from io import IOBase
from typing import Any


def describe(value: Any) -> str:
    """A few words: ``ndarray 800x600, 3.8 MB``, ``list of 3``."""
    kind = type(value).__name__
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape and all(isinstance(side, int) for side in shape):
        size = _size(value)
        text = f"{kind} {'x'.join(map(str, shape))}"
        return text if size is None else f"{text}, {in_bytes(size)}"
    if isinstance(value, str | bytes | bytearray):
        return f"{kind} of {len(value):,}"
    if isinstance(value, dict | list | tuple | set | frozenset):
        return f"{kind} of {len(value):,}"
    return kind


def _size(value: Any) -> int | None:
    """What an array or a frame takes in memory, in bytes, where it says."""
    size = getattr(value, "nbytes", None)
    if size is None and hasattr(value, "memory_usage"):
        used = value.memory_usage(deep=False)
        size = int(used if isinstance(used, int) else used.sum())
    if size is None and hasattr(value, "estimated_size"):
        size = value.estimated_size()
    return size if isinstance(size, int) else None


def in_bytes(count: int) -> str:
    """``3.8 MB``: in steps of 1,000, as file managers do."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 999.5 or unit == "GB":
            if unit == "bytes":
                return f"{count} bytes"
            return f"{amount:.1f}".removesuffix(".0") + f" {unit}" if amount < 10 else f"{amount:.0f} {unit}"
        amount /= 1000
    raise AssertionError


def why_not(value: Any) -> str:
    """What to do with a value that has no JSON form: a sentence."""
    kind = type(value)
    hints: tuple[tuple[Callable[[], bool], str], ...] = (
        (lambda: isinstance(value, type), "Store its name, or what it is made from."),
        (lambda: callable(value) and hasattr(value, "__code__"), "Store its parameters; it stays in the kernel."),
        (lambda: kind.__name__ == "module", "Store its name."),
        (lambda: isinstance(value, IOBase), "Store its path, or what is in it: value.read()."),
        (lambda: hasattr(kind, "__await__"), "Store what it gives: await value."),
        (lambda: isinstance(value, BaseException), "Store its text: str(value)."),
        (lambda: kind.__module__ == "re" and hasattr(value, "pattern"), "Store value.pattern."),
        (lambda: kind.__module__ == "re" and hasattr(value, "groups"), "Store value.groups()."),
        (lambda: kind.__name__ in ("Namespace", "SimpleNamespace"), "Store vars(value)."),
        (lambda: hasattr(kind, "status_code") and hasattr(kind, "json"), "Store value.json() or value.text."),
        (lambda: hasattr(kind, "toarray"), "Store value.toarray(), or what it is made from."),
        (
            lambda: hasattr(kind, "aggregate") or hasattr(kind, "ngroups"),
            "Store what comes of it, such as value.mean().",
        ),
        (lambda: kind.__module__ == "itertools", "It may have no end. Store a list of some: list(islice(value, 10))."),
        (lambda: isinstance(value, slice), "Store [value.start, value.stop, value.step]."),
        (lambda: hasattr(kind, "get_secret_value"), "A session is no place for secrets: keep it in the environment."),
        (lambda: hasattr(kind, "__fspath__"), "Store its text: str(path)."),
        (lambda: hasattr(kind, "__attrs_attrs__"), "Store attrs.asdict(value)."),
        (lambda: hasattr(kind, "collect") and hasattr(kind, "lazy"), "Store value.collect()."),
        (lambda: kind.__name__ == "Period" and hasattr(value, "to_timestamp"), "Store str(value)."),
        (lambda: kind.__name__ == "Interval" and hasattr(value, "left"), "Store [value.left, value.right]."),
        (lambda: hasattr(kind, "to_pandas"), "Store value.to_pandas()."),
        (lambda: hasattr(kind, "get_params"), "It stays in the kernel; store value.get_params() or its scores."),
        (lambda: hasattr(kind, "detach"), "Store value.tolist(), or save it to a file and keep the path."),
        (lambda: hasattr(kind, "savefig") or hasattr(value, "get_figure"), "Store its figure."),
        (lambda: hasattr(kind, "__next__") or hasattr(kind, "__iter__"), "Store list(value)."),
    )
    hint = next((text for applies, text in hints if applies()), "Store what it is made from, or its result.")
    return f"{article(kind.__name__)} has no JSON form. {hint}"


def article(noun: str) -> str:
    """``an int``, ``a tuple``."""
    return f"an {noun}" if noun[:1].lower() in "aeio" else f"a {noun}"
