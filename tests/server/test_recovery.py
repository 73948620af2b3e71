"""A place that cannot be used is said so in each answer, and used as soon as it can be, without a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.server.conftest import Rest


@pytest.fixture
def jp_server_config(tmp_path: Path) -> dict[str, Any]:
    # A file stands where the folder should be.
    (tmp_path / "state").write_text("in the way")
    return {
        "ServerApp": {"jpserver_extensions": {"session_state_ext": True}},
        "SessionStateExtension": {"store_url": f"sqlite:///{tmp_path / 'state' / 'sessions.db'}"},
    }


async def test_it_heals_without_a_restart(rest: Rest, tmp_path: Path) -> None:
    for _ in range(2):
        answer = await rest("POST", body={"variables": {"lr": 0.1}})
        assert (answer.status, answer.json["code"]) == (500, "store-error")
        assert "cannot be stored in" in answer.json["message"]
    (tmp_path / "state").unlink()
    made = await rest("POST", body={"variables": {"lr": 0.1}})
    assert made.status == 201
    assert (await rest("GET", made.json["sessionId"])).json["variables"] == {"lr": 0.1}
