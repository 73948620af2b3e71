"""What a kernel does not import before it is asked for: a notebook without steps does not wait for them."""

from __future__ import annotations

import json
import subprocess
import sys

_WAITS = ["steps", "runner", "recipes", "marks", "freenames", "stepview", "why", "history", "pastlines", "declarelines"]

_LOADED = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "session_state_ext")
shell.run_cell("session['x'] = 1; session['x']")
names = {names!r}
print(json.dumps([name for name in names if "session_state_ext.kernel." + name in sys.modules]))
shell.run_cell("{cell}", silent=True)
print(json.dumps([name for name in names if "session_state_ext.kernel." + name in sys.modules]))
"""


def test_what_steps_and_the_past_need_is_imported_by_the_first_use_of_them() -> None:
    code = _LOADED.format(names=_WAITS, cell="%session steps")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, after = (json.loads(line) for line in done.stdout.splitlines() if line.startswith("["))
    assert before == []
    assert {"steps", "runner", "recipes", "stepview"} <= set(after)
