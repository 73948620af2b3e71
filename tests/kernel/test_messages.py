"""What a user can do wrong in a cell, and the sentence that answers it: what is the matter, and what would be right.

One shell for all of it, on a stored session; none of these changes anything.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from session_state_ext.kernel.calls import offered
from session_state_ext.kernel.session import Session

from .notebook import Shell

SETUP = [
    "%load_ext session_state_ext",
    '%session set lr = 0.1 known = 1 token = "x"',
    "%session snapshot good",
    "%session set lr = 0.2",
    "%%session step train --in lr --out loss\nloss = lr * 2",
    "%session declare seed = 1 --min 0 --max 9 --locked",
    "%session declare share = 0.5 --min 0 --max 1",
    "def fit(): pass",
]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
            patch.setenv(name, str(Path(home) / name.lower()))
        for name in ("KERNEL_SESSION_STATE_URL", "KERNEL_SESSION_STATE_TOKEN"):
            patch.delenv(name, raising=False)
        patch.setenv("SESSION_STATE_SESSION", "sweep")
        shell = Shell()
        for line in SETUP:
            ran = shell.run(line)
            assert ran.ok, ran.text
        yield shell
        shell.close()


SETS = "Say what to declare: %session declare lr = 0.1 --min 0 --max 1"
LOCKED = (
    "seed is locked. To change it, unlock it first: in its menu in the Session panel, or with session.unlock('seed')."
)
UNLOCK = "seed is locked. To change it, unlock it first: %session unlock seed"
DIFF = "Give one revision or snapshot to compare with what stands now, or two: %session diff 12, %session diff 12 15, %session diff good. A snapshot's name with a space needs quotes."
MANY = "Name one session: %session use NAME. All of them: %session list"
BEGINS = "%%session begins a step: %%session step NAME --in a --out b. For one line, write %session."

LINES = [
    ("%session sett lr = 1", "%session has no command sett. Did you mean set? It has set, get, del, push, pull, bind, unbind, use, list, widget, form, declare, parameters, reset, lock, unlock, history, undo, redo, diff, snapshot, restore, purge, step, steps, run, why, help; alone it shows the session."),
    ("%session clear", "%session has no command clear. To take variables away: %session del lr; all of them, as one change: session.clear()"),
    ("%session rm lr", "%session has no command rm. To take a variable away: %session del lr"),
    ("%session save", "%session has no command save. Nothing is to be saved: what is set is on disk when the cell ends. To name it: %session snapshot NAME"),
    ("%session keep", "%session has no command keep. Values travel with the notebook by Keep Values with the Notebook in the panel's menu. A step keeps names in the kernel: %%session step train --keep model"),
    ("%session forget train", "%session has no command forget. A step: %session steps forget train. The name of a snapshot: %session snapshot NAME --delete"),
    ("%session unbind known", "known is not bound. No name is bound."),
    ("%session widget", "Name one variable: %session widget lr. Of several: %session form lr epochs"),
    ("%session widget nope", "This session has no variable nope. All of them: %session"),
    ("%session form nope knwon", "This session has no variables nope and knwon. Did you mean known?"),
    ("%session form --all", "%session form has no option --all. It has none."),
    ("%session lr=1", "To set a variable, write: %session set lr=1"),
    ("%session known = 5", "To set a variable, write: %session set known = 5"),
    ("%session run = 5", "To set a variable, write: %session set run = 5"),
    ("%session declare lr:float = 0.1", "A type is declared by --type: %session declare lr = 0.1 --type float"),
    ("%session declare lr:float", "A type is declared by --type: %session declare lr --type float"),
    ("%session known", "known is a variable. Its value: %session get known"),
    ("%session get", "Name a variable: %session get lr"),
    ("%session get knwon", "This session has no variable knwon. Did you mean known? Set it: %session set knwon = ..."),
    ("%session get lr nope nada", "This session has no variables nope and nada. Set them: %session set nope = ... nada = ..."),
    ("%session get nope knwon nada tokn", "This session has no variables nope, knwon, nada and tokn. Did you mean known and token? Set them: %session set nope = ... knwon = ... nada = ... tokn = ..."),
    ("%session get Known", "This session has no variable Known. Did you mean known? Set it: %session set Known = ..."),
    ("%session get lr nope", "This session has no variable nope. Set it: %session set nope = ..."),
    ("%session get 'lr", "The quote before 'lr' is never closed."),
    ("%session set", "Say what to set: %session set lr = 0.1"),
    ("%session set lr", "There is no = after lr. Write: %session set lr = 0.1"),
    ("%session set lr == 1", "lr == compares. Write a single =: %session set lr = 0.1"),
    ("%session set lr =", "There is no value after lr =. Write: %session set lr = 0.1"),
    ("%session set lr = [1, 2", "The value of lr is not closed: ] is missing."),
    ("%session set lr = 1]", "The value of lr has a ] that nothing opens."),
    ('%session set lr = "abc', 'The text of lr begins with " and is never closed.'),
    ("%session set lr = adam", "lr: adam is not a value. Text needs quotes: lr = \"adam\". For the value of a Python expression: session['lr'] = adam"),
    ('%session set lr = Decimal("1.1")', "lr: Decimal(\"1.1\") is not a value; nothing is computed here. For the value of a Python expression: session['lr'] = Decimal(\"1.1\")"),
    ("%session set lr = data/train.csv", "lr: data/train.csv is not a value. Text needs quotes: lr = \"data/train.csv\". For the value of a Python expression: session['lr'] = data/train.csv"),
    ("%session set lr = {v}", "lr: {v} is not a value; no name is filled in here. In Python: session['lr'] = v"),
    ("%session set lr = 2026-01-02", "lr: 2026-01-02 is not a value here. A date, in Python: session['lr'] = datetime.date(2026, 1, 2)"),
    ("%session push v=3", "push sends names of this notebook. To set a variable: %session set v=3"),
    ("%%session step s --in a=1\npass", "--in names variables, without values: --in a. To set one: %session set a=1"),
    ("%session set lr = 0,5", "lr: 0,5 is not a number; write it with a point: 0.5. A list needs brackets: [0,5]."),
    ("%session set lr = {a: 1}", "lr: {a: 1} is neither JSON nor a Python literal. Text in it needs quotes."),
    ("%session set lr = @x", "lr: @x is not a value. Values are numbers, quoted text, lists, dicts, true, null."),
    ("%session set lr = 1 lr = 2", "lr is set twice in one line. Leave one of them out."),
    ("%session set 5 = 1", "A name is expected where 5 stands; values are not computed here. Use Python for that."),
    ('%session set "" = 1', "A variable needs a name of at least one character."),
    ("%session set __proto__ = 1", "__proto__ cannot be used as a name: programs in JavaScript would mistake it for something else."),
    ("%session set share = 2", "share: 2 is more than the maximum 1."),
    ('%session set share = "much"', 'share: "much" is not a number.'),
    ("%session set seed = 3", UNLOCK),
    ("%%session set\nlr", "There is no = after lr. Write: %session set lr = 0.1"),
    ("%session del", "Name a variable: %session del lr"),
    ("%session del nope lr nada", "This session has no variables nope and nada. All of them: %session"),
    ("%session del lr nope", "This session has no variable nope. All of them: %session"),
    ("%session del seed", UNLOCK),
    ("%session del --all", "%session del has no option --all. It has none."),
    ("%session push", "Name a variable: %session push lr"),
    ("%session push nope", "nope is not a name in this notebook. Assign it first, or: %session set nope = ..."),
    ("%session push fit", "fit: a function has no JSON form. Store its parameters; it stays in the kernel."),
    ("%session pull nope", "This session has no variable nope. Set it: %session set nope = ..."),
    ("%session pull --forse", "%session pull has no option --forse. Did you mean --force?"),
    ("%session bind --forse", "%session bind has no option --forse. Did you mean --force?"),
    ("%session bind fit", "fit is a function of this notebook; the session's variable would replace it. Use session['fit'], rename one of them, or say --force."),
    ("%session bind off --force", "bind off has no --force: %session bind off lr"),
    ("%session use", MANY),
    ("%session use a b", MANY),
    ("%session use sweeep", "There is no session called sweeep. Did you mean sweep? There are: sweep. Make it: %session use sweeep --new"),
    ('%session use "my sweeps"', 'There is no session called my sweeps. Did you mean sweep? There are: sweep. Make it: %session use "my sweeps" --new'),
    ("%session use nowhere", "There is no session called nowhere. There are: sweep. Make it: %session use nowhere --new"),
    ("%session use a --now", "%session use has no option --now. Did you mean --new?"),
    ("%session use sweep --new", "There is a session called sweep already. Use it: %session use sweep"),
    ("%session use --this", "There is nothing to choose: this notebook has its session."),
    ("%session list all", "%session list stands alone."),
    ("%session declare", SETS),
    ("%session declare lr nope", "Declare one variable a line, and its default after =: %session declare lr = 0.1 --min 0 --max 1"),
    ("%session declare a = 1 b = 2", "Declare one variable a line: %session declare lr = 0.1 --min 0 --max 1"),
    ("%session declare lr = 0.1 --mini 0", "%session declare has no option --mini. Did you mean --min?"),
    ("%session declare lr = 0.1 --minimum 0", "%session declare has no option --minimum. Did you mean --min?"),
    ("%session declare lr = 0.1 --le 1", "%session declare has no option --le. Did you mean --max?"),
    ("%session declare lr = 0.1 --options a b", "%session declare has no option --options. Did you mean --choices?"),
    ("%session declare lr = 0.1 --help-text x", "%session declare has no option --help-text."),
    ("%session declare lr = 0.1 --readonly", "%session declare has no option --readonly. Did you mean --locked?"),
    ("%session declare lr = 0.1 --min", "--min needs a value: %session declare lr = 0.1 --min 0 --max 1"),
    ("%session declare lr = 0.1 --choices", '--choices needs a value: %session declare optimizer = "adam" --choices adam sgd'),
    ("%session declare lr = 0.1 --type", "--type needs a value: %session declare lr --type float"),
    ("%session declare lr = 0.1 --min low", "--min takes a number: %session declare lr = 0.1 --min 0 --max 1"),
    ("%session declare lr = 0.1 --description learning rate --min 0", '--description takes one value; a text of several words needs quotes: --description "learning rate"'),
    ("%session declare lr = 0.1 --min 0 1", "--min takes one value: %session declare lr = 0.1 --min 0 --max 1"),
    ("%session declare lr = 5 --max 1", "lr cannot be declared so: its default is not what it allows: 5 is more than the maximum 1."),
    ("%session declare lr = 0.1 --type number9", "There is no type number9 here; there are float, int, str, bool, list, dict."),
    ("%session declare lr = 0.1 --control wheel", "lr cannot be declared so: there is no control 'wheel'; there are slider, number, select, switch, text, multiline, date, json."),
    ("%session parameters", "%%session parameters is the first line of a cell; below it: lr = 0.1  # learning rate"),
    ("%%session parameters x\npass", "%%session parameters stands alone; what it declares comes below it, in the same cell."),
    ("%%session parameters\nlr", "Line 1 assigns no parameter: lr. A cell of parameters holds lines such as: lr = 0.1  # learning rate"),
    ("%%session parameters\nlist = [1]", "'list' is the name of a Python builtin. Use session['list'] instead."),
    ("%%session parameters\nn = 1\nfit = 1", "fit is a function of this notebook; the session's variable would replace it. Use session['fit'], or rename one of them."),
    ("%session lock nope sead", "This session has no variables nope and sead. Did you mean seed?"),
    ("%session reset nope", "This session has no variable nope. All of them: %session"),
    ("%session reset lr", "lr is not declared, so it has no default. Declare it: %session declare lr = 1"),
    ("%session lock", "Name a variable: %session lock lr"),
    ("%session unlock sead", "This session has no variable sead. Did you mean seed?"),
    ("%session history nope", "This session has never had a variable nope."),
    ("%session history lr known", "Name one variable, or none: %session history lr"),
    ("%session history --limit", "--limit needs a value: %session history --limit 10"),
    ("%session history --limit many", "--limit takes a whole number: --limit 10"),
    ("%session history --sort", "%session history has no option --sort. It has --before, --limit."),
    ("%session undo lr", "undo takes a revision's number. The changes of lr: %session history lr"),
    ("%session undo 1 2", "Give one revision, or none for the newest change made here: %session undo 12"),
    ("%session undo 999", "There is no change 999; the newest is 6."),
    ("%session undo x", "x is not a revision's number. Write: %session undo 12; see %session history"),
    ("%session redo", "There is nothing to redo: this kernel has undone nothing, or has written something since."),
    ("%session redo 3", "redo takes back the newest undo and takes no number; to take back a change: %session undo 12"),
    ("%session diff", DIFF),
    ("%session diff 1 2 3", DIFF),
    ("%session diff 999", "There is no revision 999; the newest is 6."),
    ("%session diff nope", "There is no snapshot nope. There are: good."),
    ("%session snapshot 12", "12 would be mistaken for a revision. Give the snapshot a name of letters."),
    ("%session snapshot --delete", "Name the snapshot: %session snapshot NAME --delete"),
    ("%session snapshot nope --delete", "There is no snapshot nope. There are: good."),
    ("%session restore", "Say where to: %session restore NAME, or a revision. The snapshots: %session snapshot"),
    ("%session restore goood", "There is no snapshot goood. Did you mean good? There are: good."),
    ("%session purge", "Name one variable: %session purge token"),
    ("%session purge nope", "This session has never had a variable nope."),
    ("%session purge token --no", "%session purge has no option --no. It has --yes."),
    ("%session step train", "A step is a whole cell: begin the cell with %%session step train (two %), the body below it."),
    ("%session steps train", "%session steps stands alone. To run a step: %session run train; to take one out of the list: %session steps forget train"),
    ("%session run", "Name a step: %session run train. What is not fresh: %session run --stale"),
    ("%session run trian", "This session has no step trian. Did you mean train?"),
    ("%session run --stale nope", "This session has no step nope. There are: train."),
    ("%session why", "Name one variable: %session why loss"),
    ("%session why nope", "This session has no variable nope."),
    ("%%session get lr\npass", BEGINS),
    ("%%session\npass", BEGINS),
    ("%%session step\npass", "A step needs a name: %%session step train --in lr --out loss"),
    ("%%session step s --in lr --out y --bogus\ny = 1", "A step has no option --bogus. Did you mean --out? It has --in, --out, --keep, --force, --timeout."),
    ("%%session step s lr\ny = 1", "lr stands outside --in and --out. Write: %%session step s --in lr --out result"),
    ("%%session step s --in lr lr\ny = 1", "--in names lr twice."),
    ("%%session step s --out\ny = 1", "--out names nothing. Write: --out loss, or leave it out."),
    ("%%session step s --timeout x\ny = 1", "--timeout takes a number of seconds: --timeout 60"),
    ("#| step: s() ->\ny = 1", "After -> stands no name. Write: s(...) -> loss, or leave the arrow out."),
    ("#| step: s(lr: int) -> y\ny = 1", "s(lr: int) -> y is no step. Write names only: train(lr, epochs) -> loss"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "sentence"), LINES, ids=[line for line, _ in LINES])
def test_a_line_that_is_wrong_is_answered_with_a_sentence(told: Shell, line: str, sentence: str) -> None:
    ran = told.run(line)
    assert not ran.ok
    assert ran.text.strip() == sentence, "and nothing else: no traceback"
    assert told.session["lr"] == 0.2


NO_VARIABLE = "This session has no variable 'nope'. Set it: session['nope'] = ..., or in the Session panel."
NO_TEXT = "A variable's name is text, not an int."

PYTHON = [
    ('session["nope"]', NO_VARIABLE),
    ('session["knwon"]', "This session has no variable 'knwon'. Did you mean 'known'? Set it: session['knwon'] = ..., or in the Session panel."),
    ("session[1]", NO_TEXT),
    ("session[1] = 1", NO_TEXT),
    ("del session[1]", NO_TEXT),
    ('session[""] = 1', "A variable needs a name of at least one character."),
    ('session["x" * 200] = 1', "A name can have 128 characters, this one has 200."),
    (r'session["a\nb"] = 1', "A name cannot contain the control character U+000A."),
    ('session["x"] = {"a": [1, {2: 3}]}', "x[\"a\"][1] has the key 2, an int. In JSON keys are text: use '2'."),
    ('session["x"] = len', "x: a builtin_function_or_method has no JSON form. Store what it is made from, or its result."),
    ('session["x"] = session', "x: a session is not stored in a session. Its values as a dict: session.copy()"),
    ('session["x"] = {"a": [session]}', 'x["a"][0]: a session is not stored in a session. Its values as a dict: session.copy()'),
    ('session["share"] = 2', "share: 2 is more than the maximum 1."),
    ('session["seed"] = 2', LOCKED),
    ('del session["nope"]', NO_VARIABLE),
    ('del session["seed"]', LOCKED),
    ('del session["Token"]', "This session has no variable 'Token'. Did you mean 'token'? Set it: session['Token'] = ..., or in the Session panel."),
    ('session.pop("nope")', NO_VARIABLE),
    ('session.pop("seed")', LOCKED),
    ("session.clear()", LOCKED),
    ("session |= {'seed': 3}", LOCKED),
    ("session |= 5", "update takes names or a dict, not an int. Write: session.update(lr=0.1, epochs=3)"),
    ("session.update(1)", "update takes names or a dict, not an int. Write: session.update(lr=0.1, epochs=3)"),
    ("session.update([1, 2])", "update takes names or a dict, not a list. Write: session.update(lr=0.1, epochs=3)"),
    ("session.update(share=3)", "share: 3 is more than the maximum 1."),
    ("session.lr", 'A session has no attribute lr. A variable is read as session["lr"].'),
    ("session.snapshotts", "A session has no attribute snapshotts. Did you mean session.snapshots?"),
    ("session.tokn", 'A session has no attribute tokn. Did you mean session["token"]?'),
    ("session.fromkeys(['a'])", 'A session has no attribute fromkeys. A variable is read as session["fromkeys"].'),
    ("session.set('lr', 1)", 'A session has no attribute set. A variable is written as session["lr"] = 0.1; several as one change: session.update(lr=0.1, epochs=3)'),
    ("session.save()", "A session has no attribute save. Nothing is to be saved: what is set is on disk when the cell ends. To name it: session.snapshot(NAME)"),
    ("session.use('x')", "A session has no attribute use. Another session: %session use NAME; in a script: session_state_ext.connect(NAME)"),
    ("session.push('lr')", 'A session has no attribute push. From the notebook\'s names: session["lr"] = lr, or %session push lr'),
    ("session.pull()", 'A session has no attribute pull. Into the notebook\'s names: lr = session["lr"], or %session pull lr'),
    ("session.delete('lr')", 'A session has no attribute delete. A variable is taken away by del session["lr"]; all of them by session.clear()'),
    ("session.append(1)", 'A session has no attribute append. A list is changed inside: with session.edit("tags") as tags: tags.append("new")'),
    ("session.export", "A session has no attribute export. In a terminal: jupyter session export SESSION FILE; or the panel's list of sessions"),
    ("session.bindin", "A session has no attribute bindin. Did you mean session.bind?"),
    ("session.bound = ['lr']", 'session.bound is a part of every session. A variable is written as session["bound"] = ...'),
    ("session.update = 1", 'session.update is a part of every session. A variable is written as session["update"] = ...'),
    ("session.lr = 1", 'A variable is written as session["lr"] = ...'),
    ('with session.edit("nope"): pass', NO_VARIABLE),
    ('with session.edit("lr"): pass', "lr is a float; only a dict or list is changed inside. Assign it: session['lr'] = ..."),
    ('session.declare("lr", 0.1, min=0)', "session.declare has no min. Did you mean minimum?"),
    ('session.declare("lr", 0.1, max=1)', "session.declare has no max. Did you mean maximum?"),
    ('session.declare("lr", 0.1, ge=0)', "session.declare has no ge. Did you mean minimum?"),
    ('session.declare("lr", 0.1, gt=0)', 'session.declare has no gt; a JSON Schema has it: schema={"exclusiveMinimum": ...}'),
    ('session.declare("lr", "a", options=["a"])', "session.declare has no options. Did you mean choices?"),
    ('session.declare("lr", "a", values=["a"])', "session.declare has no values. Did you mean choices?"),
    ('session.declare("lr", "a", enum=["a"])', "session.declare has no enum. Did you mean choices?"),
    ('session.declare("lr", 0.1, desc="rate")', "session.declare has no desc. Did you mean description?"),
    ('session.declare("lr", 0.1, help="rate")', "session.declare has no help. Did you mean description?"),
    ('session.declare("lr", 0.1, descripton="rate")', "session.declare has no descripton. Did you mean description?"),
    ('session.declare("lr", 0.1, multipleOf=0.1)', "session.declare has no multipleOf. Did you mean step?"),
    ('session.declare("lr", 0.1, maxLength=3)', "session.declare has no maxLength. Did you mean max_length?"),
    ('session.declare("lr", 0.1, widget="slider")', "session.declare has no widget. Did you mean control?"),
    ('session.declare("lr", 0.1, dtype=float)', "session.declare has no dtype. Did you mean type?"),
    ('session.declare("lr", 0.1, readonly=True)', "session.declare has no readonly. Did you mean locked?"),
    ('session.declare("lr", value=0.1)', "session.declare has no value; the default comes behind the name: session.declare('lr', 0.1)"),
    ('session.declare(name="lr", default=0.1)', 'session.declare has no name; the name comes first: session.declare("lr", 0.1)'),
    ('session.declare("lr", 0.1, frobnicate=1)', "session.declare has no frobnicate. It has default, type, minimum, maximum, step, choices, pattern, min_length, max_length, description, control, locked, schema."),
    ("session.declare(minimum=1)", 'Say what to declare: session.declare("lr", 0.1, minimum=0, maximum=1)'),
    ('session.declare("lr", 5, maximum=1)', "lr cannot be declared so: its default is not what it allows: 5 is more than the maximum 1."),
    ('session.declare("x", "a", minimum=0)', "x cannot be declared so: minimum is for numbers, and it is text."),
    ('session.declare("x", 0.1, min_length=1)', "x cannot be declared so: min_length is for text and lists, and it is a number."),
    ('session.declare("x", [1], pattern="a")', "x cannot be declared so: pattern is for text, and it is a list."),
    ('session.declare("x", type=int | None, max_length=1)', "x cannot be declared so: max_length is for text and lists, and it is a whole number or nothing."),
    ('session.declare("x", 0.1, minimum=5, maximum=1)', "x cannot be declared so: its minimum 5 is more than its maximum 1."),
    ('session.declare("x", [1], min_length=5, max_length=1)', "x cannot be declared so: its min_length 5 is more than its max_length 1."),
    ('session.declare({"properties": {"x": {"minimum": 5, "maximum": 1}}})', "x cannot be declared so: its minimum 5 is more than its maximum 1."),
    ('session.declare("x", 0.1, minimum="0")', "x cannot be declared so: its minimum is a number, not '0'."),
    ('session.declare("x", 0.1, minimum=float("nan"))', "x cannot be declared so: its minimum is a number, not nan."),
    ('session.declare("x", 0.1, type="float")', "x cannot be declared so: a type is one such as float, list[int] or Literal['a', 'b'], not 'float'."),
    ('session.declare("x", 0.1, type=3)', "x cannot be declared so: a type is one such as float, list[int] or Literal['a', 'b'], not 3."),
    ('session.declare("x", [1], type=[int])', "x cannot be declared so: a type is one such as float, list[int] or Literal['a', 'b'], not [<class 'int'>]."),
    ('session.declare("x", "a", choices="abc")', "x cannot be declared so: choices is a list of values: choices=['abc', ...]"),
    ('session.declare("x", 0.1, choices=0.1)', "x cannot be declared so: choices is a list of values: choices=['a', 'b']"),
    ('session.declare("x", 0.1, choices=[])', "x cannot be declared so: there is nothing in choices."),
    ('session.declare("x", 0.1, schema="x")', "x cannot be declared so: a schema is a dict, such as {\"type\": \"number\"}, not 'x'."),
    ("session.declare(1)", 'An int declares nothing. Give a name, a dataclass, a pydantic model or a JSON Schema with properties: session.declare("lr", 0.1, minimum=0)'),
    ("class params:\n    lr: float = 0.1\nsession.declare(params)", "params is a plain class, which says nothing of its fields. Make it a dataclass: from dataclasses import dataclass, and @dataclass above class params"),
    ("class Params: pass\nsession.declare(Params)", 'A Params declares nothing. Give a name, a dataclass, a pydantic model or a JSON Schema with properties: session.declare("lr", 0.1, minimum=0)'),
    ('session.declare_parameters("lr = f(1)")', "lr: f(1) is no plain value; a parameter is a number, a text, a list or a dict of them. For what is computed: session.declare('lr', ...)"),
    ('session.undeclare("nope")', "nope is not declared: session.declare('nope', ...) says what it may be."),
    ('session.lock("nope")', NO_VARIABLE),
    ('session.reset("known")', "known is not declared: session.declare('known', ...) says what it may be."),
    ('session.history("nope")', "This session has never had a variable nope."),
    ("session.history(5)", NO_TEXT + ' Write: session.history("lr", limit=50)'),
    ('session.history(limit="x")', "limit is a whole number, not a str." + ' Write: session.history("lr", limit=50)'),
    ("session.history(limit=0)", "A page of the history has 1 to 999 changes."),
    ('session.history(before="x")', "before is a whole number, not a str." + ' Write: session.history("lr", limit=50)'),
    ("session.undo(999)", "There is no change 999; the newest is 6."),
    ('session.undo("x")', "A revision is a whole number, not a str." + " Write: session.undo(), or session.undo(12)"),
    ("session.redo()", "There is nothing to redo: this kernel has undone nothing, or has written something since."),
    ('session.restore("nope")', "There is no snapshot nope. There are: good."),
    ("session.restore(None)", "A revision is a whole number, or a snapshot's name in quotes; None is neither." + ' Write: session.restore("before sweep"), or session.restore(12)'),
    ("session.diff(999)", "There is no revision 999; the newest is 6."),
    ("session.diff(0.5)", "A revision is a whole number, or a snapshot's name in quotes; 0.5 is neither." + ' Write: session.diff("before sweep"), or session.diff(12, 15)'),
    ("session.snapshot(5)", "A snapshot's name is text, not an int." + ' Write: session.snapshot("before sweep")'),
    ('session.snapshot("later", revision=999)', "There is no revision 999; the newest is 6."),
    ('session.forget("nope")', "There is no snapshot nope. There are: good."),
    ("session.purge(5)", NO_TEXT + ' Write: session.purge("token")'),
    ('session.run("trian")', "This session has no step trian. Did you mean train?"),
    ("session.run(5)", "A step's name is text, not an int." + ' Write: session.run("train")'),
    ("session.run()", 'Name a step: session.run("train"). What is not fresh: session.run(stale=True)'),
    ('session.why("nope")', "This session has no variable nope."),
    ("session.why(5)", NO_TEXT + ' Write: session.why("loss")'),
    ('session.step("x")', "@session.step stands before a function, not before a str."),
    ('@session.step(outputs="no-name")\ndef f(lr): pass', "f: outputs names variables: @session.step(outputs=\"loss\"), not 'no-name'."),
    ('@session.step(outputs="y")\ndef f(*lr): pass', "f takes *lr. A step's parameters are variables: name each of them."),
    ("session.observe(5)", "What is told of changes is a function, not an int." + ' Write: session.observe(print, ["lr", "epochs"])'),
    ("with session.batch():\n    with session.batch(): pass", "A batch is open already; it cannot hold another."),
    ("import session_state_ext\nsession_state_ext.connect(5)", "A session's name is text, not an int."),
    ("import copy\ncopy.deepcopy(session)", "A session is shared, and not copied. Its values as a plain dict: session.copy()"),
    ("import copy\ncopy.copy(session)", "A session is shared, and not copied. Its values as a plain dict: session.copy()"),
    ("import pickle\npickle.dumps(session)", "A session belongs to its process. Give the other one env=session.env(), and call session_state_ext.connect() there."),
    ("%%session step s --in nope --out y\ny = 1", "s was not run: it needs nope, which this session does not have. Set it in the Session panel, or with: %session set nope = ..."),
    ("%%session step s --in lr --out y\npass", "s failed: --out promises y, which the cell neither assigned nor changed. Assign it in the cell, or take y out of --out."),
]  # fmt: skip


#: What is no name, and what Python itself would answer with the names of classes that nobody has heard of.
CALLS = [
    ("lr = 0.1\nsession.bind(lr)", 'A variable\'s name is text, not a float. Write: session.bind("lr", "tags")'),
    ("session.unbind('nope')", "nope is not bound. No name is bound."),
    ("session.unbind(5)", NO_TEXT + ' Write: session.unbind("lr")'),
    ("session.spec(['lr'])", 'A variable\'s name is text, not a list. Write: session.spec("lr")'),
    ("session.invalid(5)", NO_TEXT + ' Write: session.invalid("lr")'),
    ("session.undeclare(5)", NO_TEXT + ' Write: session.undeclare("lr")'),
    ("session.lock(5)", NO_TEXT + ' Write: session.lock("seed")'),
    ("session.lock()", 'Name a variable. Write: session.lock("seed")'),
    ("session.unlock(['seed', 5])", NO_TEXT + ' Write: session.unlock("seed")'),
    ("session.reset(['seed', None])", 'A variable\'s name is text, not a NoneType. Write: session.reset("lr"), or session.reset() for all'),
    ("session.widget(5)", NO_TEXT + ' Write: session.widget("lr")'),
    ("session.form(5)", NO_TEXT + ' Write: session.form("lr", "epochs"), or session.form()'),
    ("session.form(['nope'])", NO_VARIABLE),
    ("lr = 0.1\nsession.observe(print, lr)", 'A variable\'s name is text, not a float. Write: session.observe(print, ["lr", "epochs"])'),
    ("session.forget_steps(['trian'])", "This session has no step trian. Did you mean train?"),
    ("session.forget_steps([5])", 'A step\'s name is text, not an int. Write: session.forget_steps("train")'),
    ("session.run(['trian'])", "This session has no step trian. Did you mean train?"),
    ("@session.step(name=5)\ndef f(): pass", '@session.step(name=5): it is no text. Write: @session.step(name="train")'),
    ("@session.step(name='')\ndef f(): pass", "@session.step(name=''): A variable needs a name of at least one character. Write: @session.step(name=\"train\")"),
    ("@session.step(outputs=5)\ndef f(): pass", 'f: outputs names variables: @session.step(outputs="loss"), not 5.'),
    ("@session.step(outputs=None)\ndef f(): pass", 'f: outputs names variables: @session.step(outputs="loss"), not None.'),
    ("@session.step(outputs=[5])\ndef f(): pass", 'f: outputs names variables: @session.step(outputs="loss"), not 5.'),
    ("@session.step(inputs='lr')\ndef f(): pass", 'A step reads what its parameters name: @session.step(outputs="loss") above def train(lr): ...'),
    ("@session.step(output='lr')\ndef f(): pass", 'session.step has no output. Did you mean outputs? Write: @session.step(outputs="loss") above def train(lr): ...'),
    ('session.declare("lr", 0.1, 0, 1)', 'session.declare takes two values without a name, not 4. Write: session.declare("lr", 0.1, minimum=0, maximum=1)'),
    ("session.diff()", 'session.diff needs a value. Write: session.diff("before sweep"), or session.diff(12, 15)'),
    ("session.diff(1, 2, 3)", 'session.diff takes two values without a name, not 3. Write: session.diff("before sweep"), or session.diff(12, 15)'),
    ("session.restore()", 'session.restore needs a value. Write: session.restore("before sweep"), or session.restore(12)'),
    ("session.snapshot('')", 'A snapshot needs a name. Write: session.snapshot("before sweep")'),
    ("session.snapshot('12')", "12 would be mistaken for a revision. Give the snapshot a name of letters."),
    ("session.snapshot()", 'session.snapshot needs a value. Write: session.snapshot("before sweep")'),
    ("session.snapshot('a', label='b')", 'session.snapshot has no label. Write: session.snapshot("before sweep")'),
    ("session.snapshot('a', name='b')", 'session.snapshot is given its name twice. Write: session.snapshot("before sweep")'),
    ("session.steps(stale=True)", "session.steps has no stale. Write: session.steps()"),
    ("session.steps('train')", "session.steps takes nothing without a name, not 1. Write: session.steps()"),
    ("session.pop()", 'session.pop needs a value. Write: session.pop("lr")'),
    ('session.observe(print, "lr", "epochs")', 'session.observe takes two values without a name, not 3. Write: session.observe(print, ["lr", "epochs"])'),
    ('session.run("train", lr=5)', 'A step reads what the session has. Set it first: session["lr"] = ..., then session.run("train")'),
    ('session.run("train", forse=True)', 'session.run has no forse. Did you mean force? Write: session.run("train")'),
    ('session.track([1], desc="x")', 'session.track has no desc. Write: for x in session.track(xs, "training"): ...'),
    ('session.track([1], total="x")', 'A total is a whole number, not a str. Write: for x in session.track(xs, "training"): ...'),
    ("session.track(5)", 'What is tracked is gone through with for; int is not such a thing. Write: for x in session.track(xs, "training"): ...'),
    ("session.interact(5)", "What interact calls is a function, not an int. Write: session.interact(draw), where draw(lr) has variables as parameters"),
    ("session.batch(5)", 'A batch\'s label is text, not an int. Write: with session.batch("tune"): ...'),
    ('session.edit("lr")["a"] = 1', "lr is changed in a block: with session.edit('lr') as value: ..."),
    ('session.edit("lr").append(1)', "lr is changed in a block: with session.edit('lr') as value: ..."),
    ("session.edit(5)", NO_TEXT + ' Write: with session.edit("config") as config: config["lr"] = 0.2'),
    ("session.env(5)", "An environment is a dict of text, such as os.environ, not an int. Write: subprocess.run([...], env=session.env())"),
    ("session.env('nope')", "An environment is a dict of text, such as os.environ, not a str. Write: subprocess.run([...], env=session.env())"),
    ("session.env({'A': 1})", "An environment is a dict of text; in this one there is an int, 1. Write: subprocess.run([...], env=session.env())"),
    ("session.declare_parameters(5)", 'A cell\'s source is text, not an int. Write: session.declare_parameters("lr = 0.1")'),
    ("session.flush('a')", "A timeout is a number of seconds, not a str. Write: session.flush()"),
    ("session.flush(-1)", "A timeout is a number of seconds, from 0 on, not -1. Write: session.flush()"),
    ("session.unobserve('lr')", "What is told of changes is a function, not a str. Write: session.unobserve(print)"),
    ('session.track([1], unit=5)', 'A bar\'s unit is text, not an int. Write: for x in session.track(xs, "training"): ...'),
    ('session.run("train", force="no")', 'force is True or False, not a str. Write: session.run("train")'),
    ('session.declare("lr", 0.1, locked="no")', 'locked is True or False, not a str. Write: session.declare("lr", 0.1, minimum=0, maximum=1)'),
    ('session.declare("x", 0.1, description=["a"])', "x cannot be declared so: its description is text, not ['a']."),
    ('session.declare("x", 0.1, control=5)', "x cannot be declared so: its control is text, not 5."),
    ('session.declare("x", 0.1, minimum=[1, {2: 3}])', "x cannot be declared so: its minimum is a number, not [1, {2: 3}]."),
    ('session.declare("x", 0.1, schema={1: 2})', "x cannot be declared so: the words of a schema are text, not 1."),
]  # fmt: skip
PYTHON += CALLS


@pytest.mark.parametrize(("code", "sentence"), PYTHON, ids=[code for code, _ in PYTHON])
def test_code_that_is_wrong_raises_a_sentence(told: Shell, code: str, sentence: str) -> None:
    ran = told.run(code)
    assert not ran.ok
    assert ran.error == sentence
    # The traceback shows the user's own line, and of what is inside only where it ends, which IPython always shows.
    assert ran.text.count("session_state_ext/kernel/") <= 1, ran.text
    assert told.session["lr"] == 0.2


#: What a method has to be given before the argument that is wrong; the others take that one first.
BEFORE: dict[str, tuple[Any, ...]] = {
    "declare": ("x", 0.1),
    "diff": (1,),
    "get": ("lr",),
    "observe": (print,),
    "pop": ("lr",),
    "restore": ("good",),
    "run": ("train",),
    "setdefault": ("lr",),
    "snapshot": ("later",),
    "step": (lambda lr: lr,),
    "track": ([1],),
}
#: These take anything.
ANYTHING = {"declare": {"default"}, "get": {"default"}, "pop": {"default"}, "setdefault": {"default"}}
#: None of these is a name, a number, a flag, a function, an environment or a schema.
NOTHING = (object(), [object()], b"x")


def wrong_calls(name: str) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Each argument of a method wrong, one too many, one that it has not, and none."""
    _, *parameters = inspect.signature(getattr(Session, name)).parameters.values()
    before = BEFORE.get(name, ())
    kinds = {one.kind for one in parameters}
    for at, one in enumerate(parameters):
        for nothing in NOTHING:
            if one.name in ANYTHING.get(name, ()):
                continue
            if (one.name == "items" or one.kind is one.VAR_KEYWORD) and isinstance(nothing, Iterable):
                continue  # it can be gone through, or be a value
            if one.kind is one.VAR_KEYWORD:
                yield before, {"frobnicate": nothing}
            elif one.kind is one.KEYWORD_ONLY:
                yield before, {one.name: nothing}
            else:
                yield (*before[:at], nothing), {}
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        yield before, {"frobnicate": 1}
    if inspect.Parameter.VAR_POSITIONAL not in kinds:
        yield tuple(range(len(parameters) + 1)), {}
    many = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    if any(one.default is one.empty and one.kind not in many for one in parameters):
        yield (), {}


METHODS = [name for name in offered(Session) if not isinstance(getattr(Session, name), property)]


@pytest.mark.parametrize("name", METHODS)
def test_no_method_takes_what_is_wrong_or_answers_in_pythons_words(told: Shell, name: str) -> None:
    for given, named in wrong_calls(name):
        call = f"session.{name}(*{given}, **{named})"
        with pytest.raises(Exception) as raised:  # noqa: PT011  # which one, is asked below
            pytest.fail(f"{call} is taken: {getattr(told.session, name)(*given, **named)!r}")
        # Python raises its own where no line of ours says so.
        last = traceback.extract_tb(raised.value.__traceback__)[-1]
        assert "session_state_ext/kernel/" in last.filename, f"{call} gives {raised.value!r}"
        assert (last.line or "").startswith("raise "), f"{call} gives {raised.value!r}"


def test_what_is_for_the_hooks_is_not_offered(told: Shell) -> None:
    offered = {name for name in dir(told.session) if not name.startswith("_")}
    assert offered >= {"update", "keys", "declare", "snapshot", "bound", "revision"}
    assert not offered & {"binding", "tell", "describing", "reading", "permit", "between_cells"}


def test_nothing_of_all_this_was_written(told: Shell) -> None:
    assert dict(told.session) == {"lr": 0.2, "known": 1, "token": "x", "loss": 0.4, "seed": 1, "share": 0.5}


def test_a_name_that_is_said_again_can_be_pasted_back(stored: Callable[[], Shell]) -> None:
    shell = stored()
    assert dict(shell.session) == {}, "the store is there"
    for line in (
        '%session set "my rate" = 0.1 lr = 1',
        '%session snapshot "before sweep"',
        '%session set "my rate" = 0.2',
        "%session snapshot good",
    ):
        assert shell.run(line).ok
    told = [
        ('%session set "my rate" 5', 'There is no = after my rate. Write: %session set "my rate" = 0.1'),
        ('%session set "my rate" = quick', 'my rate: quick is not a value. Text needs quotes: "my rate" = "quick". For the value of a Python expression: session[\'my rate\'] = quick'),
        ('%session get "my rte"', 'This session has no variable "my rte". Did you mean "my rate"? Set it: %session set "my rte" = ...'),
        ("%session get my rate", 'This session has no variables my and rate. Did you mean "my rate"? Set them: %session set my = ... rate = ...'),
        ('%session push "my rate"', 'my rate is not a name in this notebook. Assign it first, or: %session set "my rate" = ...'),
        ('%session reset "my rate"', 'my rate is not declared, so it has no default. Declare it: %session declare "my rate" = 1'),
        ('%session steps "my step"', '%session steps stands alone. To run a step: %session run "my step"; to take one out of the list: %session steps forget "my step"'),
        ("%session purge my rate", 'Name one variable: %session purge "my rate"'),
        ("%session history my rate", 'Name one variable, or none: %session history "my rate"'),
        ('%session undo "my rate"', 'undo takes a revision\'s number. The changes of my rate: %session history "my rate"'),
    ]  # fmt: skip
    for line, sentence in told:
        ran = shell.run(line)
        assert (ran.ok, ran.text.strip()) == (False, sentence)
    shown = [
        ('%session purge "my rate"', '%session purge "my rate" --yes removes every earlier value'),
        ('%session purge "my rate"', 'if that has to go, first: %session del "my rate"'),
        ('%session snapshot "before sweep"', 'Go back to it: %session restore "before sweep"'),
        ('%session history "my rate" --limit 1', 'older ones: %session history "my rate" --before 2'),
    ]
    for line, part in shown:
        ran = shell.run(line)
        assert part in f"{ran.text}{ran.value}"


def test_a_snapshots_name_needs_no_quotes_where_nothing_else_can_be_meant(stored: Callable[[], Shell]) -> None:
    shell = stored()
    assert dict(shell.session) == {}, "the store is there"
    for number, line in enumerate(('"before sweep"', "before", "good", '"after the sweep"')):
        assert shell.run(f"%session set lr = {number}\n%session snapshot {line}").ok

    def between(line: str) -> str:
        ran = shell.run(f"%session diff {line}")
        assert ran.ok, ran.text
        return repr(ran.value).partition(" · ")[2].partition("\n")[0]

    assert between("before sweep") == "between before sweep (revision 1) and now"
    assert between("before good") == "between before (revision 2) and good (revision 3)"
    assert between("good after the sweep") == "between good (revision 3) and after the sweep (revision 4)"
    assert (
        between("before sweep after the sweep") == "between before sweep (revision 1) and after the sweep (revision 4)"
    )
    assert between("before sweep 2") == "between before sweep (revision 1) and revision 2"
    assert (
        shell.run("%session diff good night").text.strip()
        == "There is no snapshot night. There are: before sweep, before, good, after the sweep."
    )


COPIES = [
    ('session["config"]["lr"] = 0.5', 'session["config"] is a copy: with session.edit("config") as config: config[\'lr\'] = 0.5'),
    ('session["config"]["opt"]["lr"] += 1\nsession["config"]["lr"] = 1', 'session["config"] is a copy: with session.edit("config") as config: config[\'opt\'][\'lr\'] += 1'),
    ('del session["config"]["lr"]', 'session["config"] is a copy: with session.edit("config") as config: del config[\'lr\']'),
    ('session["tags"].append("b")', 'session["tags"] is a copy: with session.edit("tags") as tags: tags.append(\'b\')'),
    ('session["config"].get("opt").update(lr=1)', 'session["config"] is a copy: with session.edit("config") as config: config.get(\'opt\').update(lr=1)'),
    ('session_state.get("config", {})["a"] = 5', 'session_state.get("config") is a copy: with session_state.edit("config") as config: config[\'a\'] = 5'),
    ('session.setdefault("my tags", []).append(1)', 'session.setdefault("my tags") is a copy: with session.edit("my tags") as value: value.append(1)'),
    ('for name in ["tags"]:\n    session[name].append(1)', "session[name] is a copy: with session.edit(name) as value: value.append(1)"),
    ('session["array"][0] = 5', 'session["array"] is a copy: array = session["array"]; array[0] = 5; session["array"] = array'),
    ('session["config"]["x"] = [' + "1, " * 50 + "]", 'session["config"] is a copy: with session.edit("config") as config: ...'),
    ('with session.edit("config") as c:\n    c = {"a": 1}', 'c = ... inside of session.edit("config") only gives the name another meaning. To write all of it: session["config"] = ...'),
]  # fmt: skip


@pytest.mark.parametrize(("code", "sentence"), COPIES, ids=[code for code, _ in COPIES])
def test_a_copy_that_is_changed_where_it_is_read_is_told(shell: Shell, code: str, sentence: str) -> None:
    shell.run(
        "import numpy as np\nsession.update({'config': {'opt': {'lr': 1}, 'lr': 1}, 'tags': ['a'], 'my tags': [1]})"
    )
    shell.run("session['array'] = np.arange(3)")
    ran = shell.run(code)
    assert (ran.ok, ran.text.strip()) == (True, sentence)


def test_what_changes_no_copy_is_not_told(shell: Shell) -> None:
    shell.run("session.update(config={'lr': 1}, tags=['a'], n=1, df={'a': [1]})")
    for code in (
        'session["n"] += 1\nsession["tags"] += ["b"]\nsession.pop("n")\nsession.update(n=1)',
        'with session.edit("config") as config:\n    config["lr"] = 2\n    config.update(a=1)',
        'tags = session["tags"]; tags.append("c"); session["tags"] = tags',
        'best = sorted(session["tags"]); best.append(1); d = {}; d["config"] = {}; d["config"]["lr"] = 1; del session["df"]',
    ):
        ran = shell.run(code)
        assert (ran.ok, ran.text) == (True, ""), code


def test_what_nothing_inside_of_can_be_changed_is_left_to_python(shell: Shell) -> None:
    shell.run("session.update(mode='fast', n=1)")
    for code in ("session['mode'][0] = 'F'", "session['n'].update(a=1)"):
        ran = shell.run(code)
        assert not ran.ok
        assert "is a copy" not in ran.text


def test_what_is_locked_is_told_with_the_line_that_unlocks_it(shell: Shell) -> None:
    shell.run('%session declare seed = 1\n%session declare "my seed" = 1\n%session set seed = 2 "my seed" = 2')
    shell.run('%session lock seed "my seed"')
    assert shell.run("%session reset seed").text.strip() == UNLOCK
    told = 'my seed is locked. To change it, unlock it first: %session unlock "my seed"'
    assert shell.run('%session reset "my seed"').text.strip() == told
    assert shell.run("session.reset('seed')").error == LOCKED
    assert shell.run(told.partition(": ")[2] + '\n%session reset "my seed"').ok
    assert dict(shell.session) == {"seed": 2, "my seed": 1}
