"""Where a value comes from, in real kernels: by whatever way it came, in a sentence, and what it was made of."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path

from .notebook import Kernel, Panel

SWEEP = {"SESSION_STATE_SESSION": "sweep"}
LOAD = "%load_ext session_state_ext"
TRAIN = "#| step: train(lr) -> loss\nloss = lr * 2"


def why(kernel: Kernel, name: str) -> str:
    """The tree as text; the HTML form says the same."""
    ran = kernel.run(f"%session why {name}")
    assert ran.ok, ran.text
    text, html = (re.sub(r"took \d.*? m?s\b", "took 5 ms", one) for one in (ran.text.strip(), ran.html))
    html = unescape(re.sub(r"<[^>]+>", "", html))
    for line in text.splitlines():
        for part in line.lstrip("│├└─ ").split(" · "):
            assert part in html
    return text


def test_undone_redone_restored_and_purged_values_lead_to_whoever_set_them(lone: Callable[..., Kernel]) -> None:
    kernel = lone(**SWEEP)
    kernel.run(f"{LOAD}\nsession['lr'] = 0.1")
    kernel.run(TRAIN)
    kernel.run("%session snapshot good")
    kernel.run("session['lr'] = 0.2")
    assert why(kernel, "lr") == "lr = 0.2 · set in a cell, just now"
    changed = kernel.run("session.history('lr')[0].revision").value
    kernel.run("%session undo")
    assert why(kernel, "lr") == (
        f"lr = 0.1 · put back by an undo of change {changed} in a cell, just now\n└─ lr = 0.1 · set in a cell, just now"
    )
    assert why(kernel, "loss").splitlines()[-1] == "   └─ lr = 0.1 · set in a cell, just now", "what was read is back"
    kernel.run("%session redo")
    assert why(kernel, "lr") == (
        "lr = 0.2 · put back by a redo in a cell, just now\n└─ lr = 0.2 · set in a cell, just now"
    )
    kernel.run("session['loss'] = 7")
    kernel.run("%session restore good")
    assert why(kernel, "lr") == (
        "lr = 0.1 · put back by going back to the snapshot good in a cell, just now\n"
        "└─ lr = 0.1 · set in a cell, just now"
    )
    assert why(kernel, "loss") == (
        "loss = 0.2 · put back by going back to the snapshot good in a cell, just now\n"
        "└─ loss = 0.2\n"
        "   └─ train · done just now, took 5 ms · ⚠ stale: loss was written by somebody else\n"
        "      └─ lr = 0.1 · set in a cell, just now"
    )
    kernel.run("session['lr'] = 0.3\n%session purge lr --yes")
    assert "      └─ lr = a value that was purged · set in a cell, just now · ⚠ now 0.3: set in a cell" in why(
        kernel, "loss"
    )
    assert why(kernel, "lr") == "lr = 0.3 · set in a cell, just now"
    kernel.run("%session restore 1")
    assert why(kernel, "lr").splitlines()[0].endswith("just now"), "what was purged does not come back"


def test_a_value_that_is_gone_says_how(lone: Callable[..., Kernel]) -> None:
    kernel = lone(**SWEEP)
    kernel.run(f"{LOAD}\nsession['lr'] = 0.1")
    kernel.run("%session undo")
    assert why(kernel, "lr") == "lr · not there any more: taken back by an undo of change 1 in a cell, just now"
    kernel.run("session['lr'] = 0.1")
    kernel.run("del session['lr']")
    assert why(kernel, "lr") == "lr · not there any more: deleted in a cell, just now"


def test_a_batch_that_is_called_like_a_restore_is_none(lone: Callable[..., Kernel]) -> None:
    kernel = lone(**SWEEP)
    kernel.run(f"{LOAD}\nwith session.batch('restore good'):\n    session['lr'] = 0.1")
    assert why(kernel, "lr") == "lr = 0.1 · set in a cell, just now, in “restore good”"


def test_bound_values_batches_and_widgets(lone: Callable[..., Kernel]) -> None:
    kernel = lone(**SWEEP)
    kernel.run(f"{LOAD}\nsession['tags'] = ['a']\n%session bind tags")
    kernel.run("tags.append('b')")
    said = 'tags = ["a","b"] · set in a cell, just now · bound here: it is what tags means in this notebook'
    assert why(kernel, "tags").replace("changed inside", "set") == said
    kernel.run("with session.batch('tune <b>'):\n    session['lr'] = 0.5")
    assert why(kernel, "lr") == "lr = 0.5 · set in a cell, just now, in “tune <b>”"
    assert kernel.run("w = session.widget('lr')\nw.control.value = 0.75").ok
    assert why(kernel, "lr") == "lr = 0.75 · set with a widget in the notebook, just now"


def test_what_a_step_wrote_on_its_way_and_what_it_could_not_store(lone: Callable[..., Kernel]) -> None:
    kernel = lone(**SWEEP)
    kernel.run(f"{LOAD}\nsession['lr'] = 0.1")
    kernel.run("#| step: fit(lr) -> model\nmodel = object()\nsession['epoch'] = 3")
    kernel.run("#| step: use() -> size\nsize = 1 if model else 0")
    assert why(kernel, "epoch") == (
        "epoch = 3\n"
        "└─ fit · done with warnings just now, took 5 ms, wrote epoch on its way\n"
        "   └─ lr = 0.1 · set in a cell, just now"
    )
    assert why(kernel, "model") == (
        "model · in the kernel only, because it could not be stored\n"
        "└─ fit · done with warnings just now, took 5 ms\n"
        "   └─ lr = 0.1 · set in a cell, just now"
    )
    assert why(kernel, "size") == (
        "size = 1\n"
        "└─ use · done just now, took 5 ms\n"
        "   └─ model · left in the kernel\n"
        "      └─ fit · done with warnings just now, took 5 ms\n"
        "         └─ lr = 0.1 · set in a cell, just now"
    )


def test_values_from_elsewhere(notebook: Kernel, panel: Panel) -> None:
    """The panel, REST and the command line, and what a step made of them."""
    jupyter = panel._jupyter
    session = f"/api/session/{panel.session_id}"
    panel.set(lr=0.5)
    assert why(notebook, "lr") == "lr = 0.5 · set in the panel, just now"
    jupyter.request("PUT", f"{session}/variables/epochs", json={"value": 3}).raise_for_status()
    assert why(notebook, "epochs") == "epochs = 3 · set over REST, just now"
    command = [str(Path(sys.executable).with_name("jupyter-session")), "set", panel.session_id, "seed=7"]
    subprocess.run(command, env=jupyter.environment(), cwd=jupyter.folder, check=True, timeout=60)
    assert why(notebook, "seed") == "seed = 7 · set from the command line, just now"
    ran = notebook.run("#| step: train(lr, epochs, seed) -> loss\nloss = lr * epochs + seed", cell="c1")
    assert ran.ok, ran.text
    assert why(notebook, "loss") == (
        "loss = 8.5\n"
        "└─ train · done just now, took 5 ms\n"
        "   ├─ lr = 0.5 · set in the panel, just now\n"
        "   ├─ epochs = 3 · set over REST, just now\n"
        "   └─ seed = 7 · set from the command line, just now"
    )
