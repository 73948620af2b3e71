"""What may stand after %session: read exactly, and each mistake answered with one sentence."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_state_ext.kernel.grammar import Mistake, assignments, step_line, words

from .test_values import JSON_VALUES, alike

NAMES = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,8}", fullmatch=True).filter(lambda name: name != "__proto__")
SPACES = st.sampled_from(["", " ", "  ", "\t"])


@given(st.dictionaries(NAMES, st.tuples(JSON_VALUES, st.booleans(), SPACES, SPACES), min_size=1, max_size=4))
def test_json_and_python_literals_come_through_exactly(given_: dict[str, tuple[Any, bool, str, str]]) -> None:
    line = "".join(
        f"{name}{before}={after}{json.dumps(value) if as_json else repr(value)} "
        for name, (value, as_json, before, after) in given_.items()
    )
    read = assignments(line)
    assert list(read) == list(given_)
    assert all(alike(read[name], value) for name, (value, *_) in given_.items())


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("lr = 0.1", {"lr": 0.1}),
        ('lr=0.1 tags=["a", "b"] n=3', {"lr": 0.1, "tags": ["a", "b"], "n": 3}),
        ("a = 1, b = 2", {"a": 1, "b": 2}),
        ("a=1,b=2", {"a": 1, "b": 2}),
        ("text = 'two words' other=\"x=1 y=2\"", {"text": "two words", "other": "x=1 y=2"}),
        ("\"learning rate\" = 0.1 'β-1' = 2", {"learning rate": 0.1, "β-1": 2}),
        ("learning-rate = 1", {"learning-rate": 1}),
        ("t = (1, 2) d = {'a': (1,), \"b\": null}", {"t": (1, 2), "d": {"a": (1,), "b": None}}),
        ("x = [1, inf, -inf, {'a': None, 'b': true}]", {"x": [1, float("inf"), float("-inf"), {"a": None, "b": True}]}),
        ("lr = 1e-3 # the rate = 5\n# and\nn = 1  # = 2", {"lr": 1e-3, "n": 1}),
        ("# nothing = 1\na = '#'", {"a": "#"}),
        ("a:b = 1 model.depth = 2", {"a:b": 1, "model.depth": 2}),
        ('d = {"a": [1, {"b": "]"}]}', {"d": {"a": [1, {"b": "]"}]}}),
        ("yes = true no = False nothing = None nil = null", {"yes": True, "no": False, "nothing": None, "nil": None}),
        ("big = 123456789012345678901234567890", {"big": 123456789012345678901234567890}),
        ("x = -1e-3 y = +2 z = 0x1F w = 1_000", {"x": -1e-3, "y": 2, "z": 31, "w": 1000}),
        ("inf = Infinity minus = -inf", {"inf": float("inf"), "minus": float("-inf")}),
        (r's = "a\"b\n"', {"s": 'a"b\n'}),
        ("s = 'ä\\'b'", {"s": "ä'b"}),
        ("a\n=\n[1,\n 2]\nb = 2", {"a": [1, 2], "b": 2}),
    ],
)
def test_lines(line: str, values: dict[str, Any]) -> None:
    assert assignments(line) == values


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("", "Say what to set: %session set lr = 0.1"),
        ("lr", "There is no = after lr. Write: %session set lr = 0.1"),
        ("lr 0.1", "There is no = after lr. Write: %session set lr = 0.1"),
        ("lr == 1", "lr == compares. Write a single =: %session set lr = 0.1"),
        ("lr =", "There is no value after lr =. Write: %session set lr = 0.1"),
        ("lr = 0,01", "lr: 0,01 is not a number; write it with a point: 0.01"),
        ("name = hello", 'name: hello is not a value. Text needs quotes: name = "hello".'),
        ("x = os.getcwd()", "x: os.getcwd() is not a value; nothing is computed here."),
        ("x = 1 + 2", "A name is expected where + stands; values are not computed here. Use Python for that."),
        ("x = 1+2", "x: 1+2 is not a value. Values are numbers, quoted text, lists, dicts, true, null."),
        (
            'config["lr"] = 5',
            "config[...] is inside of config. In Python: with session.edit('config') as config: config[\"lr\"] = 5",
        ),
        (
            "a = 1 config['x'] = 5",
            "config[...] is inside of config. In Python: with session.edit('config') as config: config['x'] = 5",
        ),
        ("lr: 0.1", "lr: has a colon where a = is meant. Write: %session set lr = 0.1"),
        ("lr:0.1", "lr:0.1 has a colon where a = is meant. Write: %session set lr = 0.1"),
        ("lr:float = 0.1", "A type is declared by --type: %session declare lr = 0.1 --type float"),
        ("lr: float = 0.1", "A type is declared by --type: %session declare lr = 0.1 --type float"),
        ("n : int", "A type is declared by --type: %session declare n --type int"),
        ("x = 5 kg", 'After x = 5 comes kg. Text needs quotes: x = "5 kg"'),
        ("x = 5 kg y = 1", 'After x = 5 comes kg. Text needs quotes: x = "5 kg"'),
        ("n = 1 x = 5 kg each", 'After x = 5 comes kg. Text needs quotes: x = "5 kg each"'),
        ("x = my own text y = 1", 'x: my own text is not a value. Text needs quotes: x = "my own text". For the value'),
        ("lr += 1", "Nothing is computed here. In Python: session['lr'] += 1"),
        ("lr+=1", "Nothing is computed here. In Python: session['lr'] +=1"),
        ("lr **= 2", "Nothing is computed here. In Python: session['lr'] **= 2"),
        ("x = 1e999", "x: 1e999 is too large for a number; infinity is written inf."),
        ("x = [1, -1e999]", "x: -1e999 is too large for a number; infinity is written inf."),
        ("x = {'a': 1e999}", "x: 1e999 is too large for a number; infinity is written inf."),
        ("# only a comment", "Say what to set: %session set lr = 0.1"),
        ("x = [1, 2", "The value of x is not closed: ] is missing."),
        ("x = 1]", "The value of x has a ] that nothing opens."),
        ("x = [1)", "The value of x has a ) that nothing opens."),
        ("x = 'abc", "The text of x begins with ' and is never closed."),
        ("x = [abc]", "x: [abc] is neither JSON nor a Python literal. Text in it needs quotes."),
        ("x = 1 x = 2", "x is set twice in one line. Leave one of them out."),
        ("x = 'a'b", "After the value of x comes 'b'; a space is missing there."),
        ("= 3", "A name is expected at '= 3'. Write: %session set lr = 0.1"),
        ("__proto__ = 1", "__proto__ cannot be used as a name"),
        (f"{'x' * 129} = 1", "A name can have 128 characters, this one has 129."),
    ],
)
def test_mistakes(line: str, sentence: str) -> None:
    with pytest.raises(Mistake) as caught:
        assignments(line)
    assert sentence in caught.value.message


@given(st.text(alphabet="ab=[]{}()'\"\\,.:0123 \n-+etrufalsn\u00e4", max_size=40))
def test_nothing_but_a_mistake_comes_of_nonsense(line: str) -> None:
    for read in (assignments, words, step_line):
        with contextlib.suppress(Mistake):
            read(line)


def test_a_step_line() -> None:
    step = step_line('train --in lr, epochs --out=loss acc --keep model --force --timeout 60 --in "learning rate"')
    assert (step.name, step.inputs, step.outputs, step.keep, step.force, step.timeout) == (
        "train",
        ["lr", "epochs", "learning rate"],
        ["loss", "acc"],
        ["model"],
        True,
        60.0,
    )
    assert step_line("train").inputs is None
    assert step_line("train --in").inputs == []


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("", "A step needs a name: %%session step train --in lr --out loss"),
        ("--in lr", "A step needs a name: %%session step train --in lr --out loss"),
        ("train lr", "lr stands outside --in and --out. Write: %%session step train --in lr --out result"),
        (
            "train --inn lr",
            "A step has no option --inn. Did you mean --in? It has --in, --out, --keep, --force, --timeout.",
        ),
        ("train --out", "--out names nothing. Write: --out loss, or leave it out."),
        ("train --in lr lr", "--in names lr twice."),
        ("train --timeout soon", "--timeout takes a number of seconds: --timeout 60"),
        ("train --timeout", "--timeout takes a number of seconds: --timeout 60"),
        ("train --in 'lr", "The quote before 'lr' is never closed."),
    ],
)
def test_mistakes_in_a_step_line(line: str, sentence: str) -> None:
    with pytest.raises(Mistake) as caught:
        step_line(line)
    assert caught.value.message == sentence
