"""The numbered change of a page that goes: by POST or by the channel, whichever comes first, it counts once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.server.conftest import Answer, Channel, Rest

Connect = Callable[..., Awaitable[Channel]]


def change(seq: int, value: Any, base: int = 1, **more: Any) -> dict[str, Any]:
    ops = [{"op": "set", "name": "lr", "value": value, **more}]
    return {"client": "A", "seq": seq, "base": base, "ops": ops, "origin": {"kind": "panel"}}


async def post(rest: Rest, session: str, body: Any) -> Answer:
    return await rest("POST", session, "mutate", body=body)


async def revision(rest: Rest, session: str) -> int:
    return int((await rest("GET", session)).json["meta"]["revision"])


async def test_the_post_comes_first(rest: Rest, channel: Connect, session: str) -> None:
    ann, bob = await channel(session), await channel(session)
    await ann.hello("A")
    await bob.hello("B")
    posted = await post(rest, session, change(1, 0.5))
    assert (posted.status, posted.json["type"], posted.json["revision"]) == (200, "ack", 2)
    assert posted.json["conflicts"] == []
    told = await bob.hear("change")
    assert (told["revision"], told["client"], told["origin"]) == (2, "A", {"kind": "panel", "client": "A"})
    assert await ann.set(1, base=1, lr=0.5) == posted.json
    assert (await ann.set(2, base=2, lr=0.6))["revision"] == 3
    assert await revision(rest, session) == 3


async def test_the_frame_comes_first(rest: Rest, channel: Connect, session: str) -> None:
    ann = await channel(session)
    await ann.hello("A")
    ack = await ann.set(1, base=1, lr=0.5)
    posted = await post(rest, session, change(1, 0.5))
    assert (posted.status, posted.json) == (200, ack)
    assert await revision(rest, session) == 2


async def test_a_page_that_is_gone_hears_of_its_post_when_it_comes_back(
    rest: Rest, channel: Connect, session: str
) -> None:
    ann = await channel(session)
    await ann.hello("A")
    ann.socket.close()
    posted = await post(rest, session, change(1, 0.5))
    welcome = await (await channel(session)).hello("A")
    assert (welcome["lastSeq"], welcome["lastAnswer"]) == (1, posted.json)


async def test_the_same_number_with_another_body(rest: Rest, channel: Connect, session: str) -> None:
    ann = await channel(session)
    await ann.hello("A")
    await ann.set(1, base=1, lr=0.5)
    other = await post(rest, session, change(1, 0.7))
    assert (other.status, other.json["code"]) == (422, "seq-mismatch")
    gap = await post(rest, session, change(3, 0.7))
    assert (gap.status, gap.json["code"]) == (409, "gap")
    assert "number 2" in gap.json["message"]
    assert (await rest("GET", session)).json["variables"] == {"lr": 0.5}


async def test_a_refused_number_is_refused_the_same_way_again(rest: Rest, channel: Connect, session: str) -> None:
    await rest("POST", session, body={"variables": {"lr": 0.9}})
    refused = await post(rest, session, change(1, 0.5, ifRevision=1))
    assert (refused.status, refused.json["code"], refused.json["name"]) == (409, "conflict", "lr")
    assert refused.json["theirs"] == 0.9
    ann = await channel(session)
    assert (await ann.hello("A"))["lastAnswer"] == refused.json
    assert (await post(rest, session, change(1, 0.5, ifRevision=1))).json == refused.json
    assert (await post(rest, session, change(2, 0.5, base=2))).status == 200


async def test_what_is_no_change(rest: Rest, session: str) -> None:
    right = change(1, 0.5)
    for wrong in (
        {**right, "client": ""},
        {**right, "client": "A" * 129},
        {**right, "seq": 0},
        {**right, "seq": "1"},
        {**right, "base": -1},
        {**right, "ops": [{"op": "set", "name": "__proto__", "value": 1}]},
        {**right, "ops": [{"op": "move", "name": "lr"}]},
        {**right, "more": 1},
    ):
        answer = await post(rest, session, wrong)
        assert answer.status == 422, wrong
        assert answer.json["message"]
    assert (await rest("POST", "nobody", "mutate", body=right)).status == 404
    # Nothing was kept of them: the number is still free.
    assert (await post(rest, session, right)).status == 200
