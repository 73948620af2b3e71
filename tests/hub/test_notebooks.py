"""Which session a notebook has: what is taken over, what is asked first, and what a choice makes of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from session_state_ext.errors import InvalidName, UnknownNotebook
from session_state_ext.hub import LOCAL, Hub
from session_state_ext.wire import Bindings
from tests.inprocess import API, Client, opened, sets, story, values

BEFORE, AFTER = ("a1", "a2", "a3"), ("b1", "b2")


async def had(hub: Hub, path: str = "/work/n.ipynb", cells: tuple[str, ...] = BEFORE) -> str:
    """A notebook with these cells whose session holds lr; its id."""
    session_id = (await hub.notebooks.attach(LOCAL, path, cells=cells)).session_id
    await hub.write(LOCAL, session_id, sets(lr=0.1), origin=API)
    return session_id


async def asked(hub: Hub, path: str = "/work/n.ipynb", cells: tuple[str, ...] = AFTER) -> dict[str, Any]:
    with pytest.raises(UnknownNotebook) as question:
        await hub.notebooks.attach(LOCAL, path, cells=cells)
    return question.value.fields


@story
async def test_a_notebook_that_is_edited_keeps_its_session(file: Path) -> None:
    async with opened(file) as hub:
        session = await had(hub)
        for cells in (("a1", "x"), ("x", "y"), ("y",), None, ("y", "z")):
            assert (await hub.notebooks.attach(LOCAL, "/work/n.ipynb", cells=cells)).session_id == session
    async with opened(file) as hub:
        assert (await hub.notebooks.attach(LOCAL, "/work/n.ipynb", cells=("z",))).session_id == session, (
            "remembered on disk"
        )
        await asked(hub, cells=("a1",))


@story
async def test_another_notebook_at_the_same_path_takes_nothing_over_in_silence(file: Path) -> None:
    async with opened(file) as hub:
        session = await had(hub)
        for cells in (AFTER, ()):
            question = await asked(hub, cells=cells)
            assert (question["reason"], question["choices"]) == ("other-cells", ["use", "copy", "empty"])
            there = question["session"]
            assert (there.session_id, there.variable_count, there.paths) == (session, 1, ["/work/n.ipynb"])
        # As long as nobody has chosen, the notebook that had it can come back.
        assert (await hub.notebooks.attach(LOCAL, "/work/n.ipynb", cells=BEFORE)).session_id == session


@story
async def test_nothing_is_asked_where_nothing_could_be_taken_over(file: Path) -> None:
    async with opened(file) as hub:
        unborn = (await hub.notebooks.attach(LOCAL, "/u.ipynb", cells=BEFORE)).session_id
        assert (await hub.notebooks.attach(LOCAL, "/u.ipynb", cells=AFTER)).session_id == unborn
        named = (await hub.create(LOCAL, name="named")).session.id
        await hub.notebooks.attach(LOCAL, "/n.ipynb", session_id=named, cells=BEFORE)
        assert (await hub.notebooks.attach(LOCAL, "/n.ipynb", cells=AFTER)).session_id == named, "never written to"


@story
async def test_use_copy_and_empty(file: Path) -> None:
    async with opened(file) as hub:
        for number, choice in enumerate(("use", "copy", "empty")):
            path = f"/work/{number}.ipynb"
            session = await had(hub, path)
            await asked(hub, path)
            chosen = (await hub.notebooks.attach(LOCAL, path, cells=AFTER, choose=choice)).session_id  # type: ignore[arg-type]
            assert (chosen == session) == (choice == "use")
            assert await values(hub, chosen) == ({} if choice == "empty" else {"lr": 0.1})
            assert (await hub.notebooks.attach(LOCAL, path, cells=AFTER)).session_id == chosen, "settled for everybody"
            if choice != "empty":
                await asked(hub, path, cells=BEFORE)
            await hub.write(LOCAL, chosen, sets(lr=9), origin=API)
            assert await values(hub, session) == {"lr": 9 if choice == "use" else 0.1}
            assert (await hub.notebooks.attach(LOCAL, path, cells=AFTER)).session_id == chosen


@story
async def test_the_first_choice_counts_and_later_ones_follow_it(file: Path) -> None:
    async with opened(file) as hub:
        await had(hub)
        await asked(hub)
        path = "/work/n.ipynb"
        both = await asyncio.gather(
            hub.notebooks.attach(LOCAL, path, cells=AFTER, choose="copy"),
            hub.notebooks.attach(LOCAL, path, cells=AFTER, choose="empty"),
        )
        assert both[0] == both[1]
        assert await values(hub, both[0].session_id) == {"lr": 0.1}
        assert len(await hub.list(LOCAL)) == 2


@story
async def test_a_moved_notebook_is_offered_its_session(file: Path) -> None:
    folder = file.parent
    old, new, other = str(folder / "old.ipynb"), str(folder / "new.ipynb"), str(folder / "other.ipynb")
    Path(old).touch()
    async with opened(file) as hub:
        session = await had(hub, old)
        # As long as the old one is there, this is a copy that somebody made.
        copied = (await hub.notebooks.attach(LOCAL, other, cells=BEFORE)).session_id
        assert copied != session
        Path(old).unlink()
        alike = (*BEFORE[:2], "new")
        Path(new).touch()
        question = await asked(hub, new, cells=alike)
        assert (question["reason"], question["choices"]) == ("moved", ["use", "empty"])
        assert question["session"].paths == [old]
        assert (
            await hub.notebooks.attach(LOCAL, str(folder / "x.ipynb"), cells=("a1", "p", "q"))
        ).session_id != session
        with pytest.raises(UnknownNotebook):
            await hub.notebooks.attach(LOCAL, new, cells=alike, choose="copy")
        assert (await hub.notebooks.attach(LOCAL, new, cells=alike, choose="use")).session_id == session
        async with hub.use(LOCAL, session) as live:
            assert live.session.paths == (new,)
        assert (await hub.notebooks.attach(LOCAL, old, cells=BEFORE)).session_id != session, (
            "the way back is open to others"
        )


@story
async def test_a_moved_notebook_may_start_empty(file: Path) -> None:
    async with opened(file) as hub:
        session = await had(hub, str(file.parent / "gone.ipynb"))
        new = str(file.parent / "new.ipynb")
        await asked(hub, new, cells=BEFORE)
        empty = (await hub.notebooks.attach(LOCAL, new, cells=BEFORE, choose="empty")).session_id
        assert empty != session
        assert (await hub.notebooks.attach(LOCAL, new, cells=BEFORE)).session_id == empty
        assert await values(hub, session) == {"lr": 0.1}


@story
async def test_what_is_saved_while_it_is_open_is_the_same_notebook(file: Path) -> None:
    async with opened(file) as hub:
        session = await had(hub)
        panel = Client(hub, session, "P")
        await panel.hello()
        await hub.notebooks.saved("/work/n.ipynb", AFTER)
        assert (await hub.notebooks.attach(LOCAL, "/work/n.ipynb", cells=AFTER)).session_id == session
        await panel.connection.closed()
        # Nobody has it open: an upload in its place.
        await hub.notebooks.saved("/work/n.ipynb", ("c1",))
        await asked(hub, cells=("c1",))
        # Another notebook of the session is open; this one waits for a choice, and is saved by whoever looks at it.
        await Client(hub, session, "Q").hello()
        await hub.notebooks.saved("/work/n.ipynb", ("c1", "c2"))
        await asked(hub, cells=("c1", "c2"))


@story
async def test_cells_of_a_session_nobody_wrote_to_yet_are_stored_at_its_birth(file: Path) -> None:
    async with opened(file) as hub:
        session = (await hub.notebooks.attach(LOCAL, "/work/n.ipynb", cells=())).session_id
        await hub.notebooks.saved("/work/n.ipynb", BEFORE)
        await hub.notebooks.moved("/work", "/home")
        await hub.write(LOCAL, session, sets(lr=1), origin=API)
        await asked(hub, "/home/n.ipynb")


@story
async def test_cells_go_along_with_a_rename_and_a_copy(file: Path) -> None:
    async with opened(file) as hub:
        session = await had(hub)
        await hub.describe(LOCAL, session, name="a name")
        await hub.notebooks.moved("/work/n.ipynb", "/work/m.ipynb")
        await hub.notebooks.copied("/work/m.ipynb", "/work/c.ipynb")
        for path in ("/work/m.ipynb", "/work/c.ipynb"):
            await asked(hub, path)
            await hub.notebooks.attach(LOCAL, path, cells=BEFORE)


@story
async def test_what_a_notebook_has_bound_goes_where_it_goes(file: Path) -> None:
    bound = Bindings(names=["*", "lr"], without=["seed"], force=["lr"])
    async with opened(file) as hub:
        notebooks = hub.notebooks
        await notebooks.bind(LOCAL, "/work/a/n.ipynb", bound)  # nobody has written to its session
        await notebooks.moved("/work/a", "/work/b")
        await notebooks.copied("/work/b/n.ipynb", "/work/c.ipynb")
    async with opened(file) as hub:
        notebooks = hub.notebooks
        assert await notebooks.bound(LOCAL, "/work/a/n.ipynb") is None
        for path in ("/work/b/n.ipynb", "/work/c.ipynb"):
            assert await notebooks.bound(LOCAL, path) == bound
        assert await notebooks.bound("user:bob", "/work/c.ipynb") is None
        await notebooks.removed("/work/b")
        await notebooks.bind(LOCAL, "/work/c.ipynb", Bindings())
        for path in ("/work/b/n.ipynb", "/work/c.ipynb"):
            assert await notebooks.bound(LOCAL, path) is None
        with pytest.raises(InvalidName):
            await notebooks.bind(LOCAL, "/work/c.ipynb", Bindings(names=["__proto__"]))
