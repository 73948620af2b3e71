"""Shells in this process, kernels of their own, and a Jupyter server with the extension: each in a home of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.jupyter import Jupyter

from .notebook import Kernel, Panel, Shell

STARTUP = Path(__file__).parents[2] / "session_state_ext" / "kernel" / "startup.py"


# Nothing here speaks to a server in this process.
@pytest.fixture
def jp_asyncio_loop() -> None:
    return None


@pytest.fixture
def jp_server_cleanup() -> None:
    return None


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder with nothing in it."""
    for name in ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    for name in ("KERNEL_SESSION_STATE_URL", "KERNEL_SESSION_STATE_TOKEN", "SESSION_STATE_SESSION"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def shell(home: Path) -> Iterator[Shell]:
    """An IPython without a server, the extension loaded, on a session in memory."""
    shell = Shell()
    shell.run("%load_ext session_state_ext")
    shell.run("1")  # What is said once about the session in memory has been said.
    yield shell
    shell.close()


@pytest.fixture
def stored(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Shell]]:
    """Makes IPythons that share the session called *sweep* of the embedded store, one after another or at once."""
    monkeypatch.setenv("SESSION_STATE_SESSION", "sweep")
    made: list[Shell] = []

    def make() -> Shell:
        shell = Shell()
        made.append(shell)
        shell.run("%load_ext session_state_ext")
        return shell

    yield make
    for shell in made:
        shell.close()


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    """A Jupyter server of its own."""
    jupyter = serving(tmp_path_factory.mktemp("jupyter"))
    jupyter.start()
    yield jupyter
    jupyter.stop(patience=5)


def serving(folder: Path) -> Jupyter:
    """A server, not started yet, that has the extension and gives kernels the startup file, installed or not."""
    jupyter = Jupyter(folder, "server")
    config = jupyter.folder / "config" / "jupyter_server_config.json"
    config.write_text(json.dumps({"ServerApp": {"jpserver_extensions": {"session_state_ext": True}}}))
    startup = jupyter.folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00-session-state.py").write_bytes(STARTUP.read_bytes())
    return jupyter


@pytest.fixture
def notebook(jupyter: Jupyter, request: pytest.FixtureRequest) -> Iterator[Kernel]:
    """A notebook that is open on that server, with its kernel."""
    kernel = Kernel.of_notebook(jupyter, f"{request.node.name}.ipynb")
    yield kernel
    kernel.shutdown()


@pytest.fixture
def panel(jupyter: Jupyter, notebook: Kernel) -> Iterator[Panel]:
    """Somebody else at the notebook's session."""
    with Panel(jupyter, notebook.path) as panel:
        yield panel


@pytest.fixture
def lone(home: Path) -> Iterator[Callable[..., Kernel]]:
    """Starts kernels that have no server."""
    made: list[Kernel] = []

    def make(**environment: str) -> Kernel:
        made.append(Kernel.alone(environment))
        return made[-1]

    yield make
    for kernel in made:
        kernel.shutdown()
