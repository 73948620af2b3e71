"""Controls bound to variables, driven as a front end drives them: by comm messages over the kernel's own protocol."""

from __future__ import annotations

import json
import sys
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from .notebook import Kernel, Panel, Shell, until

LOAD = "%load_ext session_state_ext"
DECLARE = "session.declare('lr', 0.1, minimum=0, maximum=1, description='learning rate', control='slider')"


def drag(kernel: Kernel, comm: str, value: Any) -> None:
    """What a front end sends when somebody moves a control."""
    data = {"method": "update", "state": {"value": value}, "buffer_paths": []}
    client = kernel._client
    client.shell_channel.send(client.session.msg("comm_msg", {"comm_id": comm, "data": data}))


def made(kernel: Kernel, code: str, what: str = "w.control") -> str:
    """Run a cell that makes ``w``; the id of the control's comm."""
    ran = kernel.run(f"{code}\nprint({what}.model_id)")
    assert ran.ok, ran.text
    return ran.text.split()[-1]


@pytest.mark.parametrize(
    ("declare", "value", "kind"),
    [
        ("minimum=0, maximum=1", "0.5", "FloatSlider"),
        ("minimum=0, maximum=10", "5", "IntSlider"),
        ("minimum=0, maximum=10, control='number'", "5", "IntText"),
        ("choices=['adam', 'sgd']", "'adam'", "Dropdown"),
        ("", "True", "Checkbox"),
        ("", "3", "IntText"),
        ("", "0.5", "FloatText"),
        ("", "10**30", "Text"),
        ("", "'a'", "Text"),
        ("", "'a\\nb'", "Textarea"),
        ("control='multiline'", "'a'", "Textarea"),
        ("", "'#ff0000'", "ColorPicker"),
        ("", "__import__('datetime').date(2026, 1, 2)", "DatePicker"),
        ("", "{'a': [1]}", "Textarea"),
        ("minimum=1e-6, maximum=0.1", "0.001", "FloatLogSlider"),
        ("minimum=1e-6, maximum=0.1, step=1e-6", "0.001", "FloatSlider"),
        ("minimum=1, maximum=1000", "50", "IntSlider"),
        ("", "float('nan')", "Text"),
        ("", "__import__('datetime').datetime(2026, 1, 2, 3)", "Text"),
        ("", "__import__('datetime').time(3)", "Text"),
        ("", "__import__('datetime').timedelta(1)", "Text"),
        ("", "__import__('decimal').Decimal('1.10')", "Text"),
        ("", "__import__('numpy').arange(3)", "Label"),
        ("", "__import__('pandas').DataFrame({'a': [1]})", "Label"),
        ("control='json'", "__import__('numpy').arange(3)", "Label"),
    ],
)
def test_the_control_fits_the_declaration_or_the_value(shell: Shell, declare: str, value: str, kind: str) -> None:
    ran = shell.run(f"session.declare('x', {value}, {declare})\nw = session.widget('x')\ntype(w.control).__name__")
    assert ran.value == kind, ran.text


@pytest.mark.parametrize(
    ("value", "entered", "becomes"),
    [
        ("3", "7", 7),
        ("10**30", "'1000000000000000000000000000001'", 10**30 + 1),
        ("'a'", "'b'", "b"),
        ("True", "False", False),
        ("{'a': 1}", "'{\"a\": [2]}'", {"a": [2]}),
        ("'#ff0000'", "'#00ff00'", "#00ff00"),
        ("float('nan')", "'0.5'", 0.5),
        ("float('nan')", "'-inf'", float("-inf")),
        (
            "__import__('datetime').datetime(2026, 1, 2, 3)",
            "'2026-01-02T04:00:00+01:00'",
            datetime(2026, 1, 2, 4, tzinfo=timezone(timedelta(hours=1))),
        ),
        ("__import__('datetime').time(3)", "'04:05:00'", time(4, 5)),
        ("__import__('datetime').timedelta(1)", "'P2DT1.5S'", timedelta(days=2, seconds=1.5)),
        ("__import__('decimal').Decimal('1.10')", "'2.50'", Decimal("2.50")),
    ],
)
def test_what_is_entered_is_written(shell: Shell, value: str, entered: str, becomes: Any) -> None:
    shell.run(f"session['x'] = {value}\nw = session.widget('x')\nw.control.value = {entered}")
    assert shell.session["x"] == becomes
    row = shell.ip._session_state_extension.link.replica.rows["x"]
    assert row.origin.kind == "widget"


def test_a_learning_rate_has_a_slider_in_powers_of_ten_that_stays_within_its_bounds(shell: Shell) -> None:
    shell.run("session.declare('lr', 3e-3, minimum=3e-5, maximum=0.7)\nw = session.widget('lr')")
    for entered, becomes in ((0.0012589254117941675, 0.001259), (0, 3e-5), (1, 0.7)):
        shell.run(f"w.control.value = {entered}")
        assert (shell.session["lr"], shell.run("w.note").value) == (becomes, "")
    shell.run("session['lr'] = 3e-5")
    until(lambda: shell.names["w"].control.value == pytest.approx(3e-5))
    assert shell.session["lr"] == 3e-5


def test_what_a_text_of_its_type_is_none_is_said_and_arrays_are_only_shown(shell: Shell) -> None:
    shell.run("from decimal import Decimal\nsession['price'] = Decimal('1.10')\nw = session.widget('price')")
    shell.run("w.control.value = 'much'")
    assert shell.run("w.note").value == "price takes a decimal number, such as 1.10; 'much' is none."
    assert str(shell.session["price"]) == "1.10"
    shell.run("import numpy as np\nsession['a'] = np.arange(6).reshape(2, 3)\nv = session.widget('a')")
    assert "ndarray 2x3" in shell.run("v.control.value").value
    shell.run("session['a'] = [1]")
    until(lambda: type(shell.names["v"].control).__name__ == "Textarea")


def test_the_value_of_a_widget_is_the_variables(shell: Shell) -> None:
    shell.run("session.declare('n', 3, maximum=5)\nw = session.widget('n')\nw.value = 5")
    assert (shell.session["n"], shell.run("w.value").value) == (5, 5)
    assert shell.run("w.value = 6").error == "n: 6 is more than the maximum 5."
    until(lambda: shell.names["w"].control.value == 5)


def test_a_day_stays_a_date_and_a_text_of_one_a_text(shell: Shell) -> None:
    shell.run("from datetime import date\nsession['day'] = date(2026, 1, 2)\nw = session.widget('day')")
    shell.run("w.control.value = date(2026, 3, 4)")
    assert shell.session["day"].isoformat() == "2026-03-04"
    shell.run("session.declare('text', '2026-01-02', schema={'type': 'string', 'format': 'date'})")
    shell.run("v = session.widget('text')\nv.control.value = date(2026, 5, 6)")
    assert shell.session["text"] == "2026-05-06"


def test_what_is_no_json_or_not_allowed_is_said_and_not_written(shell: Shell) -> None:
    shell.run("session['config'] = {'a': 1}\nw = session.widget('config')\nw.control.value = '{oops'")
    assert shell.session["config"] == {"a": 1}
    assert shell.run("w.note").value == (
        'config takes JSON, such as 0.1, "text" or {"a": [1, 2]}; it is none in line 1.'
    )
    assert shell.run("w.control.value").value == "{oops"
    shell.run("w.control.value = '{\"a\": 2}'")
    assert shell.run("w.note").value == ""
    shell.run("session.declare('n', 3, maximum=5)\nv = session.widget('n')\nv.control.value = 9")
    assert shell.session["n"] == 3
    assert shell.run("v.note").value == "n: 9 is more than the maximum 5."


def test_what_changes_elsewhere_shows_and_what_is_out_of_bounds_is_said_and_stays(shell: Shell) -> None:
    shell.run("session['lr'] = 7.0")
    shell.run(DECLARE)
    shell.run("w = session.widget('lr')")
    assert shell.run("w.note").value == "lr: 7.0 is more than the maximum 1."
    assert shell.session["lr"] == 7.0
    shell.run("session['lr'] = 0.25")
    until(lambda: shell.names["w"].control.value == 0.25)
    assert shell.run("w.note").value == ""


def test_locked_deleted_and_of_another_kind(shell: Shell) -> None:
    shell.run(DECLARE)
    shell.run("w = session.widget('lr')")
    widget = shell.names["w"]
    shell.run("session.lock('lr')")
    until(lambda: widget.control.disabled)
    assert widget.note == "lr is locked."
    shell.run("session.unlock('lr')")
    until(lambda: not widget.control.disabled)
    shell.run("del session['lr']")
    until(lambda: widget.control.disabled)
    assert widget.note == "lr was deleted."
    shell.run("session['lr'] = 'fast'")
    until(lambda: type(widget.control).__name__ == "Text" and not widget.control.disabled)
    assert widget.control.value == "fast"


def test_two_controls_of_one_variable_move_each_other(shell: Shell) -> None:
    shell.run(DECLARE)
    shell.run("a, b = session.widget('lr'), session.widget('lr')\na.control.value = 0.75")
    until(lambda: shell.names["b"].control.value == 0.75)
    shell.run("b.close()\na.control.value = 0.5")
    shell.run("1")
    assert shell.names["b"].control.value == 0.75


def test_no_variable_no_widget_and_one_sentence_without_ipywidgets(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "This session has no variable 'nope'" in (shell.run("session.widget('nope')").error or "")
    shell.session["lr"] = 1
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    said = shell.run("session.widget('lr')").error
    assert said is not None
    assert said.startswith("session.widget needs ipywidgets")
    assert '%pip install "session-state-ext[widgets]"' in said


def test_a_form_has_what_is_declared_in_groups_and_resets_it(shell: Shell) -> None:
    assert "Nothing is declared here yet" in (shell.run("session.form()").error or "")
    shell.run(f"{DECLARE}\nsession.declare('model.depth', 3, minimum=1, maximum=9)\nsession['free'] = 1")
    shell.run("session['lr'] = 0.5\nf = session.form()")
    texts = shell.run("[c.value for c in f.children[:-1] if not hasattr(c, 'control') and hasattr(c, 'value')]").value
    assert texts == ["model"]
    shell.run("f.children[-1].children[0].click()")
    assert shell.session["lr"] == 0.1
    assert shell.run("f.children[-1].children[1].value").value == "Reset: lr"
    shell.run(
        "session.declare('seed', 1)\nsession.update({'lr': 0.5, 'model.depth': 5, 'seed': 2})\nsession.lock('seed')"
    )
    shell.run("g = session.form('model.depth', 'seed', 'free')\ng.children[-1].children[0].click()")
    assert dict(shell.session) == {"lr": 0.5, "model.depth": 3, "free": 1, "seed": 2}, "what it shows, no more"
    shell.run("g.children[-1].children[0].click()")
    assert shell.run("g.children[-1].children[1].value").value == "All have their defaults, or are locked."


def test_the_lines_show_the_same_controls(shell: Shell) -> None:
    shell.run(f"{DECLARE}\nsession['free'] = 1")
    assert type(shell.run("%session widget lr").value) is type(shell.run("session.widget('lr')").value)
    by_line, by_call = (shell.run(line).value for line in ("%session form lr free", "session.form('lr', 'free')"))
    assert len(by_line.children) == len(by_call.children) == 3
    assert len(shell.run("%session form").value.children) == len(shell.run("session.form()").value.children)


def test_a_function_follows_its_variables_and_shows_its_errors(shell: Shell) -> None:
    shell.run("session['a'] = 1\nsession['b'] = 2")
    shell.run("calls = []\ndef add(a, b):\n    calls.append((a, b))\n    print('sum', a + b)\n    return 12 / a")
    shell.run("i = session.interact(add)")
    shell.run("for n in range(5): session['a'] = n + 1\nsession['b'] = 10")
    assert shell.names["calls"] == [(1, 2), (5, 10)]
    outputs = shell.names["i"].output.outputs
    assert outputs[0]["text"] == "sum 15\n"
    assert outputs[1]["data"]["text/plain"] == "2.4"
    shell.run("session['a'] = 0")
    assert shell.names["i"].output.outputs[-1]["ename"] == "ZeroDivisionError"
    assert "there is no c" in (shell.run("session.interact(lambda a, c: 1)").error or "")


def test_a_function_may_have_defaults_and_be_async(shell: Shell) -> None:
    shell.run("session['a'] = 1\ncalls = []")
    shell.run(
        "import asyncio\n@session.interact\nasync def draw(a, b=10):\n"
        "    await asyncio.sleep(0)\n    calls.append((a, b))\n    return a + b"
    )
    shell.run("session['a'] = 2")
    shell.run("session['b'] = 5")
    assert shell.names["calls"] == [(1, 10), (2, 10), (2, 5)]
    assert shell.names["draw"].output.outputs[0]["data"]["text/plain"] == "7"


def test_a_cell_of_interact_that_runs_again_calls_its_function_once(shell: Shell) -> None:
    shell.run("session['a'] = 1\ncalls = []")
    for _ in range(3):
        shell.run("@session.interact\ndef show(a): calls.append(a)", cell="one")
    shell.run("calls.clear()\nsession['a'] = 2", cell="two")
    assert shell.names["calls"] == [2]


def test_interact_shows_itself_once_and_leaves_the_function(notebook: Kernel) -> None:
    made = notebook.run(f"{LOAD}\nsession['a'] = 1\n@session.interact\ndef twice(a):\n    return 2 * a")
    assert made.text.count("Interaction(") == 1, "a decorated function is no value that a cell shows"
    as_value = notebook.run("session.interact(twice)")
    assert as_value.text.count("Interaction(") == 1, "and not again as the value of its cell"
    assert notebook.run("twice").text.count("Interaction(") == 1
    assert notebook.run("twice(21), twice(a=4)").value == "(42, 8)"


def test_a_drag_in_the_front_end_reaches_everybody_and_is_not_echoed(notebook: Kernel, panel: Panel) -> None:
    comm = made(notebook, f"{LOAD}\n{DECLARE}\nw = session.widget('lr')")
    for step in range(1, 51):
        drag(notebook, comm, step / 100)
    panel.wait(lambda frame: bool(panel.seen("lr")) and panel.seen("lr")[-1] == 0.5)
    seen = panel.seen("lr")
    assert seen == sorted(seen)
    moved = [frame for frame in panel.frames if frame["type"] == "change"][-1]
    assert moved["origin"]["kind"] == "widget"
    panel.set(lr=0.9)
    ran = notebook.run("import time\nwhile w.control.value != 0.9: time.sleep(0.01)\nsession['lr'], session.revision")
    assert ran.value is not None
    assert ran.value.startswith("(0.9, ")
    again = notebook.run("session['lr'], session.revision")
    assert again.value == ran.value


def test_a_slow_function_is_not_called_for_what_a_slider_has_left_behind(
    notebook: Kernel, panel: Panel, tmp_path: Path
) -> None:
    """What is dragged while it runs waits in the kernel as messages: of these the last one counts."""
    begun, sent = tmp_path / "begun", tmp_path / "sent"
    draw = (
        f"import time\nfrom pathlib import Path\ncalls = []\ndef draw(lr):\n    calls.append(lr)\n"
        f"    if lr == 0.2:\n        Path({str(begun)!r}).touch()\n"
        f"        while not Path({str(sent)!r}).exists(): time.sleep(0.01)"
    )
    comm = made(notebook, f"{LOAD}\n{DECLARE}\n{draw}\ni = session.interact(draw)", "i.children[0].control")
    drag(notebook, comm, 0.2)
    until(begun.exists)
    for step in range(21, 61):
        drag(notebook, comm, step / 100)
    sent.touch()
    panel.wait(lambda frame: bool(panel.seen("lr")) and panel.seen("lr")[-1] == 0.6)
    calls = json.loads(notebook.run("calls").value or "")
    assert calls[:2] == [0.1, 0.2]
    assert calls[-1] == 0.6
    assert len(calls) <= 5, "three, where the machine is not busy"


def test_the_panel_moves_the_slider_while_a_cell_runs(notebook: Kernel, panel: Panel) -> None:
    made(notebook, f"{LOAD}\n{DECLARE}\nw = session.widget('lr')")
    code = "import time\nprint('go', flush=True)\nwhile w.control.value != 0.6: time.sleep(0.01)\nprint('moved')"
    ran = notebook.run(code, meanwhile=lambda: panel.set(lr=0.6))
    assert "moved" in ran.text


def test_widgets_made_anew_after_a_restart_show_what_the_session_has(notebook: Kernel, panel: Panel) -> None:
    code = f"{LOAD}\n{DECLARE}\nw = session.widget('lr')\nf = session.form()"
    before = made(notebook, code)
    panel.set(lr=0.7)
    notebook.restart()
    panel.set(lr=0.8)
    comm = made(notebook, code)
    assert comm != before
    assert notebook.run("w.control.value, f.children[0].children[1].control.value").value == "(0.8, 0.8)"
    drag(notebook, comm, 0.25)
    panel.wait(lambda frame: bool(panel.seen("lr")) and panel.seen("lr")[-1] == 0.25)


def test_run_without_a_browser_the_widgets_are_kept_with_the_notebook(home: Any) -> None:
    import nbformat
    from nbclient import NotebookClient

    cells = [LOAD, DECLARE, "session.form()", "@session.interact\ndef draw(lr):\n    print('lr is', lr)", "draw"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    NotebookClient(notebook, kernel_name="python3", timeout=60, store_widget_state=True).execute()
    state = json.dumps(notebook.metadata["widgets"])
    assert "FloatSliderModel" in state
    assert "lr is 0.1" in state
