"""Who may do what: each route and each caller, forged requests, and where a secret must not show up."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from jupyter_server.auth import Authorizer
from jupyter_server.auth.identity import IdentityProvider, User
from tornado import web
from tornado.httpclient import HTTPClientError

from session_state_ext.server import channel as server_channel
from session_state_ext.server.app import ROUTES
from session_state_ext.server.channel import ChannelHandler
from session_state_ext.server.credentials import Credential
from tests.server.conftest import Channel, Rest
from tests.server.test_writes import NUMBERED, WRITES

Connect = Callable[..., Awaitable[Channel]]

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def places(session: str) -> list[tuple[str, ...]]:
    """Every route, with a session and a name filled in."""
    filled = [pattern.replace("([^/]+)", session, 1).replace("([^/]+)", "lr") for pattern, _ in ROUTES]
    return [tuple(path.split("/")[3:]) for path in filled]


def has(handler: type, verb: str) -> bool:
    return getattr(handler, verb) is not getattr(web.RequestHandler, verb)


def untold(pattern: str) -> str:
    """The pattern of a route as a path of the contract."""
    return pattern.replace("([^/]+)", "{id}", 1).replace("([^/]+)", "{name}")


async def every_answer(rest: Rest, session: str, **headers: str) -> dict[tuple[str, tuple[str, ...]], int]:
    return {
        (verb, place): (await rest(verb, *place, headers=dict(headers))).status
        for place in places(session)
        for verb in VERBS
        # Last, for it would take the others' session away.
        if (verb, place) != ("DELETE", (session,))
    }


def said(verb: str, place: tuple[str, ...], session: str) -> Any:
    """A body with which this would be done, if the caller were somebody else."""
    change: dict[str, Any] = {"client": "x", "seq": 1, "base": 1, "origin": {"kind": "panel"}}
    bodies: dict[tuple[str, str], Any] = {
        ("POST", "mutate"): change | {"ops": [{"op": "set", "name": "lr", "value": 9}]},
        ("POST", "restore"): {"revision": 0},
        ("POST", "purge"): {"name": "lr"},
        ("POST", "kept"): {"path": "a.ipynb"},
        ("POST", "attach"): {"path": "b.ipynb", "sessionId": session},
        ("POST", session): {"variables": {"lr": 9}},
        ("PUT", "meta"): {"name": "theirs"},
    }
    what = place[-1] if place else ""
    if verb == "PATCH":
        return {"lr": 9}
    return bodies.get((verb, what), {"PUT": {"value": 9} if "variables" in place else {}, "POST": {}}.get(verb))


class Names(IdentityProvider):
    """Everybody is who they say they are."""

    def get_user(self, handler: Any) -> User | None:
        name = handler.request.headers.get("X-Name")
        return User(username=name) if name else None

    def should_check_origin(self, handler: Any) -> bool:
        return False

    def is_token_authenticated(self, handler: Any) -> bool:
        return True


class ReadersDoNotWrite(Authorizer):
    """People whose name begins with reader may read, and those of whom that was decided later."""

    demoted: ClassVar[set[str]] = set()

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        reads = user.username.startswith("reader") or user.username in self.demoted
        return resource != "session-state" or action == "read" or not reads


class TestOneToken:
    async def test_strangers_get_nothing(self, rest: Rest, session: str) -> None:
        for authorization in ("", "token wrong", "session-state wrong", "session-state ", "Bearer session-state"):
            answers = await every_answer(rest, session, Authorization=authorization)
            # Jupyter says 405 to anybody where a verb does not exist.
            assert set(answers.values()) <= {403, 405}, (authorization, answers)
            assert (await rest("DELETE", session, headers={"Authorization": authorization})).status == 403
        assert (await rest("GET", session)).json["variables"] == {"lr": 0.1}

    async def test_strangers_get_no_channel(self, channel: Connect, session: str) -> None:
        for authorization in ("", "token wrong", "session-state wrong"):
            with pytest.raises(HTTPClientError) as refused:
                await channel(session, headers={"Authorization": authorization})
            assert refused.value.code == 403

    async def test_the_same_for_no_session_and_nobodys(self, channel: Connect) -> None:
        with pytest.raises(HTTPClientError) as refused:
            await channel("nobodys")
        assert refused.value.code == 404

    async def test_methods_that_change_nothing_tell_nothing(self, rest: Rest, session: str) -> None:
        """HEAD is not known, as in all of Jupyter; OPTIONS says which methods are, of any session and to anybody."""
        for pattern, handler in ROUTES:
            if handler is ChannelHandler:
                continue
            verbs = [verb for verb in VERBS if has(handler, verb.lower())]
            answers: dict[str, set[Any]] = {"HEAD": set(), "OPTIONS": set()}
            for place in ("nobodys", session):
                words = untold(pattern).replace("{id}", place).replace("{name}", "lr").split("/")[3:]
                for headers in ({}, {"Authorization": ""}):
                    for method, found in answers.items():
                        answer = await rest(method, *words, headers=dict(headers))
                        found.add((answer.status, answer.headers.get("Allow"), answer.json))
                        assert "ETag" not in answer.headers
            allow = ", ".join([*verbs, "OPTIONS"])
            assert answers == {"HEAD": {(405, allow, b"")}, "OPTIONS": {(200, allow, b"")}}, pattern


class Browser:
    """A logged-in browser: a cookie, no token."""

    def __init__(self, jp_fetch: Any, port: int) -> None:
        self._fetch, self.port = jp_fetch, port
        self.headers: dict[str, str] = {"Authorization": "", "Host": f"localhost:{port}"}

    async def log_in(self, token: str) -> None:
        await self._keep(await self._fetch("login", headers=dict(self.headers)))
        token_once = {**self.headers, "Authorization": f"token {token}"}
        await self._keep(await self._fetch("api", "me", headers=token_once))

    async def _keep(self, answer: Any) -> None:
        fresh = [cookie.partition(";")[0] for cookie in answer.headers.get_list("Set-Cookie")]
        self.headers["Cookie"] = "; ".join([*filter(None, [self.headers.get("Cookie")]), *fresh])

    @property
    def xsrf(self) -> str:
        return next(part[6:] for part in self.headers["Cookie"].split("; ") if part.startswith("_xsrf="))


class TestForged:
    @pytest.fixture
    def browser(self, jp_fetch: Any, jp_serverapp: Any, jp_http_port: int, jp_asyncio_loop: Any) -> Browser:
        browser = Browser(jp_fetch, jp_http_port)
        jp_asyncio_loop.run_until_complete(browser.log_in(jp_serverapp.identity_provider.token))
        return browser

    async def test_a_page_of_ours_may_write(self, rest: Rest, session: str, browser: Browser) -> None:
        headers = {**browser.headers, "X-XSRFToken": browser.xsrf}
        answer = await rest("POST", session, body={"variables": {"lr": 1}}, headers=headers)
        assert answer.status == 200, answer

    async def test_others_may_not(self, rest: Rest, session: str, browser: Browser) -> None:
        local = f"http://localhost:{browser.port}"
        forged: list[dict[str, str]] = [
            {},
            {"X-XSRFToken": "guess"},
            {"Content-Type": "text/plain"},
            {"X-XSRFToken": browser.xsrf, "Origin": "http://evil.example"},
            {"X-XSRFToken": browser.xsrf, "Origin": f"{local}.evil.example"},
            {"X-XSRFToken": browser.xsrf, "Host": "evil.example"},
        ]
        before = (await rest("GET", session)).json
        tried = 0
        for extra in forged:
            for place in places(session):
                for verb in VERBS[1:]:
                    body, headers = said(verb, place, session), {**browser.headers, **extra}
                    answer = await rest(verb, *place, body=body, headers=headers)
                    # Jupyter says 405 to anybody where a verb does not exist.
                    assert answer.status in (403, 404, 405), (extra, verb, place)
                    tried += 1
        assert (await rest("GET", session)).json == before
        assert len((await rest("GET")).json["sessions"]) == 1
        print(f"{tried} forged requests, {len(forged)} ways to forge each: all refused, nothing altered")

    async def test_a_channel_by_cookie_needs_our_origin(self, channel: Connect, session: str, browser: Browser) -> None:
        local = f"http://localhost:{browser.port}"
        good = await channel(session, headers={**browser.headers, "Origin": local})
        assert (await good.hello("A"))["revision"] == 1
        for origin in ("http://evil.example", f"{local}.evil.example", f"http://evil.example/{local}", "null"):
            with pytest.raises(HTTPClientError) as refused:
                await channel(session, headers={**browser.headers, "Origin": origin})
            assert refused.value.code == 403, origin


class TestManyUsers:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        server = {"identity_provider_class": Names, "authorizer_class": ReadersDoNotWrite}
        jp_server_config["ServerApp"].update(server)
        return jp_server_config

    @pytest.fixture
    def session(self, rest: Rest, jp_asyncio_loop: Any) -> str:
        made = rest("POST", body={"variables": {"lr": 0.1}}, headers={"X-Name": "ann"})
        return str(jp_asyncio_loop.run_until_complete(made).json["sessionId"])

    async def test_another_users_session_is_not_there(self, rest: Rest, channel: Connect, session: str) -> None:
        for place in places(session):
            if session in place:
                there = tuple("nobodys" if part == session else part for part in place)
                assert await self.shape(rest, place) == await self.shape(rest, there)
        assert (await rest("GET", headers={"X-Name": "bob"})).json == {"sessions": []}
        attach = {"path": "a.ipynb", "sessionId": session}
        assert (await rest("POST", "attach", body=attach, headers={"X-Name": "bob"})).status == 404
        with pytest.raises(HTTPClientError) as refused:
            await channel(session, headers={"X-Name": "bob"})
        assert refused.value.code == 404
        assert (await rest("GET", session, headers={"X-Name": "ann"})).json["variables"] == {"lr": 0.1}

    async def test_nor_is_it_for_their_kernel_whatever_it_asks(
        self, rest: Rest, channel: Connect, session: str, jp_serverapp: Any
    ) -> None:
        service = jp_serverapp.web_app.settings["session_state"]
        credential = Credential(owner="user:bob", user=User(username="bob"), shown="bob", kernel="k-1")
        bobs = {"Authorization": f"session-state {service.credentials.issue(credential)}"}
        before = await self.seen(rest, session)
        asked = [
            *((verb.upper(), path, said.get("body"), said.get("kind")) for (verb, path), said in WRITES.items()),
            ("POST", NUMBERED[1], {"client": "c", "seq": 1, "base": 1, "ops": [], "origin": {"kind": "cell"}}, None),
            *(("GET", untold(pattern), None, None) for pattern, handler in ROUTES if has(handler, "get")),
        ]
        for verb, path, body, kind in asked:
            if "{id}" not in path or path.endswith("/channel"):
                continue
            statuses = []
            for there in (session, "nobodys"):
                words = path.removeprefix("/api/session/").replace("{id}", there).replace("{name}", "lr").split("/")
                headers = {**bobs, **({"Content-Type": kind} if kind else {})}
                params = {"from": "0", "path": "kept.ipynb"} if verb == "GET" else None
                answer = await rest(verb, *words, body=body, headers=headers, params=params)
                statuses.append((answer.status, answer.json))
            assert statuses[0][0] == 404, (verb, path)
            assert statuses[0] == statuses[1], (verb, path)
        for body in ({"sessionId": session}, {"sessionId": session, "path": "b.ipynb"}):
            answer = await rest("POST", "attach", body=body, headers=dict(bobs))
            assert answer.status in (404, 503), body
        with pytest.raises(HTTPClientError) as refused:
            await channel(session, headers=dict(bobs))
        assert refused.value.code == 404
        assert await self.seen(rest, session) == before
        # It is bob's own sessions that it opens.
        own = (await rest("POST", body={}, headers=dict(bobs))).json["sessionId"]
        assert (await rest("GET", own, headers={"X-Name": "bob"})).status == 200

    async def seen(self, rest: Rest, session: str) -> Any:
        ann = {"X-Name": "ann"}
        places = ((), (session,), (session, "changes"), (session, "snapshots"))
        return [(await rest("GET", *place, headers=dict(ann))).json for place in places]

    async def test_nobody_else_gets_at_it_by_any_route(
        self, rest: Rest, channel: Connect, session: str, jp_serverapp: Any
    ) -> None:
        """And the same requests by who may are answered, so that it is not for the requests that others get nothing."""
        credentials = jp_serverapp.web_app.settings["session_state"].credentials
        of_bob = Credential(owner="user:bob", user=User(username="bob"), shown="bob", kernel="k")
        callers: dict[str, dict[str, str]] = {
            "anonymous": {"X-Name": ""},
            "a wrong credential": {"Authorization": "session-state wrong"},
            "another user": {"X-Name": "bob"},
            "one who may only read": {"X-Name": "reader"},
            "another user's kernel": {"Authorization": f"session-state {credentials.issue(of_bob)}"},
        }
        theirs = [place for place in places(session) if session in place and place[-1] != "channel"]
        before = (await rest("GET", session, headers={"X-Name": "ann"})).json
        tried = 0
        for caller, headers in callers.items():
            for place in theirs:
                for verb in VERBS:
                    asked = headers | ({"Content-Type": "application/merge-patch+json"} if verb == "PATCH" else {})
                    body, since = said(verb, place, session), {"from": "0"}
                    answer = await rest(verb, *place, body=body, headers=asked, params=since)
                    assert answer.status in (403, 404, 405), (caller, verb, place, answer)
                    tried += 1
            with pytest.raises(HTTPClientError) as refused:
                await channel(session, headers=dict(headers))
            assert refused.value.code in (403, 404), caller
            tried += 1
        assert (await rest("GET", session, headers={"X-Name": "ann"})).json == before
        done = set()
        for place in theirs:
            for verb in [verb for verb in VERBS if (verb, place) != ("DELETE", (session,))]:
                body, asked = said(verb, place, session), {"X-Name": "ann"}
                if (await rest(verb, *place, body=body, headers=asked, params=since)).status < 300:
                    done.add(place)
        assert {place[-1] for place in set(theirs) - done} <= {"kept"}, "no notebook carries values here"
        print(f"{tried} requests of {len(callers)} kinds of callers who may not, on every route: no 2xx, no channel")

    async def shape(self, rest: Rest, place: tuple[str, ...]) -> list[Any]:
        bodies = {"PUT": {"value": 9}, "POST": {}}
        answers = [await rest(verb, *place, body=bodies.get(verb), headers={"X-Name": "bob"}) for verb in VERBS]
        return [(answer.status, answer.json) for answer in answers]

    async def test_who_may_only_read(self, rest: Rest, channel: Connect, session: str) -> None:
        made = await rest("POST", body={}, headers={"X-Name": "reader"})
        assert made.status == 403
        own = await rest("POST", "attach", body={"path": "a.ipynb"}, headers={"X-Name": "reader"})
        assert own.status == 403

    async def test_origins_say_who(self, rest: Rest, channel: Connect, session: str) -> None:
        ann = await channel(session, headers={"X-Name": "ann"})
        await ann.hello("A")
        ack = await ann.set(1, base=1, lr=2)
        assert ack["type"] == "ack"
        row = (await rest("GET", session, "variables", "lr", headers={"X-Name": "ann"})).json
        assert row["origin"] == {"kind": "panel", "user": "ann", "client": "A"}

    async def test_paths_are_apart(self, rest: Rest) -> None:
        ids = {
            (await rest("POST", "attach", body={"path": "a.ipynb"}, headers={"X-Name": name})).json["sessionId"]
            for name in ("ann", "bob")
        }
        assert len(ids) == 2


class ColleaguesExecute(Authorizer):
    """Whose name begins with stranger may run nothing; with reader, may run and read, and not write sessions."""

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        if (action, resource) == ("execute", "kernels"):
            return not user.username.startswith("stranger") and user.username not in self.left
        return resource != "session-state" or action == "read" or not user.username.startswith("reader")

    left: ClassVar[set[str]] = set()


class TestTogether:
    """A notebook whose kernel several people may use: they all have the session of who started it."""

    @pytest.fixture(autouse=True)
    def nobody_has_left(self) -> Iterator[None]:
        yield
        ColleaguesExecute.left.clear()

    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        server = {"identity_provider_class": Names, "authorizer_class": ColleaguesExecute}
        jp_server_config["ServerApp"].update(server)
        return jp_server_config

    @pytest.fixture
    def session(self, rest: Rest, jp_fetch: Any, jp_asyncio_loop: Any) -> str:
        async def share() -> str:
            self.fetch = jp_fetch
            body = {"path": "a.ipynb", "name": "a", "type": "notebook", "kernel": {"name": "python3"}}
            await jp_fetch("api", "sessions", method="POST", body=json.dumps(body), headers={"X-Name": "ann"})
            made = await self.attach(rest, "ann")
            await rest("POST", made, body={"variables": {"lr": 0.1}}, headers={"X-Name": "ann"})
            return made

        return str(jp_asyncio_loop.run_until_complete(share()))

    async def attach(self, rest: Rest, name: str, **more: Any) -> str:
        answer = await rest("POST", "attach", body={"path": "a.ipynb", **more}, headers={"X-Name": name})
        return str(answer.json["sessionId"])

    async def test_a_colleague_has_it_too_and_says_who_they_are(
        self, rest: Rest, channel: Connect, session: str
    ) -> None:
        assert await self.attach(rest, "bob") == session
        ann, bob = [await channel(session, headers={"X-Name": name}) for name in ("ann", "bob")]
        await ann.hello("A")
        await bob.hello("B")
        assert (await bob.set(1, base=1, lr=0.2))["type"] == "ack"
        assert (await ann.hear("change"))["origin"] == {"kind": "panel", "user": "bob", "client": "B"}
        # A client id belongs to who first wrote by it.
        await ann.set(1, base=2, n=1)
        again = await channel(session, headers={"X-Name": "bob"})
        await again.say("hello", client="A")
        assert await again.end() == 4401
        key: dict[str, Any] = {"Idempotency-Key": "k"}
        for name, value in (("ann", 5), ("bob", 6)):
            headers = {"X-Name": name, **key}
            answer = await rest("POST", session, body={"variables": {"k": value}}, headers=headers)
            assert answer.json["variables"]["k"] == value, "one's keys are not another's"

    async def test_each_route_for_each_caller(self, rest: Rest, channel: Connect, session: str) -> None:
        theirs = [place for place in places(session) if session in place and place[-1] != "channel"]
        for place in theirs:
            # Bob last, for he may take away what the others look for.
            for name, refused in (("stranger", {404}), ("reader", {403}), ("bob", set[int]())):
                for verb in VERBS:
                    if (verb, place) == ("DELETE", (session,)):
                        continue
                    body = {"PUT": {"value": 1}, "POST": {}}.get(verb)
                    status = (await rest(verb, *place, body=body, headers={"X-Name": name})).status
                    writes = verb != "GET"
                    if status in (405, 415, 422, 409, 410) and name != "stranger":
                        continue
                    if name == "bob" or (name == "reader" and not writes):
                        assert status < 400 or (status == 404 and "snapshots" in place), (name, verb, place, status)
                    else:
                        assert status in refused | {405, 415, 422}, (name, verb, place, status)
        assert (await rest("DELETE", session, headers={"X-Name": "reader"})).status == 403
        assert (await rest("DELETE", session, headers={"X-Name": "stranger"})).status == 404
        reader = await channel(session, headers={"X-Name": "reader"})
        assert (await reader.hello("R"))["readOnly"] is True
        with pytest.raises(HTTPClientError) as refusal:
            await channel(session, headers={"X-Name": "stranger"})
        assert refusal.value.code == 404
        assert await self.attach(rest, "stranger") != session, "as ever: a session of their own"

    async def test_a_guest_gets_at_no_other_session_of_the_host(self, rest: Rest, session: str) -> None:
        secret = (await rest("POST", body={"variables": {"s": 1}}, headers={"X-Name": "ann"})).json["sessionId"]
        assert (await rest("GET", secret, headers={"X-Name": "bob"})).status == 404
        stolen = {"path": "a.ipynb", "sessionId": secret}
        assert (await rest("POST", "attach", body=stolen, headers={"X-Name": "bob"})).status == 404
        away = {"path": "bobs.ipynb", "sessionId": session}
        assert (await rest("POST", "attach", body=away, headers={"X-Name": "bob"})).status == 404
        assert (await rest("GET", headers={"X-Name": "bob"})).json == {"sessions": []}

    async def test_it_ends_with_the_permission_and_with_the_kernel(
        self, rest: Rest, channel: Connect, session: str, jp_fetch: Any
    ) -> None:
        bob, eve = [await channel(session, headers={"X-Name": name}) for name in ("bob", "eve")]
        await bob.hello("B")
        await eve.hello("E")
        ColleaguesExecute.left.add("bob")
        await bob.set(1, base=1, hear=False, lr=9)
        assert await bob.end() == 4401
        assert (await rest("GET", session, headers={"X-Name": "bob"})).status == 404
        assert (await eve.set(1, base=1, lr=3))["type"] == "ack"
        listed = await jp_fetch("api", "sessions", headers={"X-Name": "ann"})
        (running,) = json.loads(listed.body)
        await jp_fetch("api", "sessions", running["id"], method="DELETE", headers={"X-Name": "ann"})
        await eve.set(2, base=2, hear=False, lr=9)
        assert await eve.end() == 4401
        state = (await rest("GET", session, headers={"X-Name": "ann"})).json
        assert state["variables"] == {"lr": 3}

    async def test_who_only_listens_is_let_go_too(
        self, channel: Connect, session: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(server_channel, "_RECHECK_SECONDS", 0.05)
        bob = await channel(session, headers={"X-Name": "bob"})
        await bob.hello("B")
        ColleaguesExecute.left.add("bob")
        assert await bob.end() == 4401


class TestReading:
    """One who may read and not write, at a session of their own."""

    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        jp_server_config["ServerApp"]["authorizer_class"] = ReadersDoNotWrite
        return jp_server_config

    async def test_reads_and_does_not_write(
        self, rest: Rest, channel: Connect, session: str, jp_serverapp: Any
    ) -> None:
        service = jp_serverapp.web_app.settings["session_state"]
        credential = Credential(owner="local", user=User(username="reader"), shown=None)
        reader = {"Authorization": f"session-state {service.credentials.issue(credential)}"}
        for verb, place in (("POST", (session,)), ("DELETE", (session,)), ("PUT", (session, "variables", "lr"))):
            assert (await rest(verb, *place, body={"value": 1}, headers=dict(reader))).status == 403
        assert (await rest("GET", session, headers=dict(reader))).status == 200
        one = await channel(session, headers=dict(reader))
        assert (await one.hello("R"))["readOnly"] is True
        refused = await one.set(1, base=1, lr=9)
        assert (refused["type"], refused["code"]) == ("reject", "read-only")
        assert (await rest("GET", session)).json["variables"] == {"lr": 0.1}

    async def test_who_may_not_write_any_more_starts_over_as_a_reader(
        self,
        rest: Rest,
        channel: Connect,
        session: str,
        jp_serverapp: Any,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(ReadersDoNotWrite, "demoted", set())
        service = jp_serverapp.web_app.settings["session_state"]
        credential = Credential(owner="local", user=User(username="ann"), shown=None)
        ann = {"Authorization": f"session-state {service.credentials.issue(credential)}"}
        one = await channel(session, headers=dict(ann))
        assert (await one.hello("A"))["readOnly"] is False
        assert (await one.set(1, base=1, lr=2))["type"] == "ack"
        ReadersDoNotWrite.demoted.add("ann")
        await one.set(2, base=2, hear=False, lr=9)
        assert await one.end() == 4429
        assert (await rest("GET", session)).json["variables"] == {"lr": 2}
        again = await channel(session, headers=dict(ann))
        welcome = await again.hello("A")
        assert (welcome["readOnly"], welcome["lastSeq"]) == (True, 1)
        assert (await again.set(2, base=2, lr=9))["code"] == "read-only"
        assert (await rest("GET", session)).json["variables"] == {"lr": 2}

        # So does who says nothing.
        monkeypatch.setattr(server_channel, "_RECHECK_SECONDS", 0.05)
        ReadersDoNotWrite.demoted.clear()
        idle = await channel(session, headers=dict(ann))
        assert (await idle.hello("I"))["readOnly"] is False
        ReadersDoNotWrite.demoted.add("ann")
        assert await idle.end() == 4429


class TestKernelCredential:
    @pytest.fixture
    def kernel(self, jp_serverapp: Any) -> dict[str, str]:
        service = jp_serverapp.web_app.settings["session_state"]
        credential = Credential(owner="local", user=User(username="x"), shown=None, kernel="k-1")
        return {"Authorization": f"session-state {service.credentials.issue(credential)}"}

    async def test_it_opens_sessions_and_nothing_else(
        self, rest: Rest, jp_fetch: Any, session: str, kernel: dict[str, str]
    ) -> None:
        assert (await rest("GET", session, headers=dict(kernel))).status == 200
        written = await rest("POST", session, body={"variables": {"lr": 3}}, headers=dict(kernel))
        assert written.status == 200
        row = (await rest("GET", session, "variables", "lr")).json
        assert row["origin"] == {"kind": "api", "kernel": "k-1"}
        for other in ("api/contents", "api/kernels", "api/sessions", "api/me", "api/terminals", "lab", "tree"):
            answer = await jp_fetch(*other.split("/"), headers=dict(kernel), raise_error=False, follow_redirects=False)
            assert answer.code in (302, 403, 404), other

    async def test_no_route_breaks_on_it(self, rest: Rest, session: str, kernel: dict[str, str]) -> None:
        answers = await every_answer(rest, session, **kernel)
        assert not {status for status in answers.values() if status >= 500 and status != 503}, answers

    async def test_it_ends(self, rest: Rest, session: str, kernel: dict[str, str], jp_serverapp: Any) -> None:
        jp_serverapp.web_app.settings["session_state"].credentials.revoke_kernel("k-1")
        assert (await rest("GET", session, headers=dict(kernel))).status == 403

    async def test_a_foreign_host_is_refused(self, rest: Rest, session: str, kernel: dict[str, str]) -> None:
        for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
            answer = await rest("POST", session, body={"variables": {"lr": 9}}, headers={**kernel, **headers})
            assert answer.status == 403

    async def test_its_channel_is_a_kernels(
        self, rest: Rest, channel: Connect, session: str, kernel: dict[str, str]
    ) -> None:
        one, other = await channel(session, headers=dict(kernel)), await channel(session)
        await one.hello("K", dirty=True)
        await other.hello("A")
        await one.set(1, base=1, lr=4)
        assert (await other.hear())["origin"] == {"kind": "panel", "client": "K", "kernel": "k-1"}
        await other.say("barrier", id="b")
        assert (await other.hear("barrier"))["late"] == [], "kernels are never asked"


def test_every_route_is_in_the_matrix() -> None:
    kinds = {handler for _, handler in ROUTES}
    assert ChannelHandler in kinds
    assert len(places("ID")) == len(ROUTES)


async def test_secrets_stay_out_of_the_log(
    rest: Rest, channel: Connect, session: str, caplog: pytest.LogCaptureFixture, jp_serverapp: Any, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    canary, name = "canary-4711", "naming-4712"
    service = jp_serverapp.web_app.settings["session_state"]
    token = service.credentials.issue(Credential(owner="local", user=User(username="x"), shown=None))
    await rest("PUT", session, "variables", name, body={"value": canary})
    await rest("PUT", session, "variables", name + "\x00", body={"value": canary})
    await rest("GET", session, "variables", name + "-missing")
    await rest("POST", session, body=json.dumps({"variables": {name: [canary, float("nan")]}}).encode())
    await rest("POST", session, body=b'{"variables": {"%s": "%s"' % (name.encode(), canary.encode()))
    await rest("GET", session, headers={"Authorization": f"session-state {token}"})
    await rest("GET", session, headers={"Authorization": f"session-state {token}-wrong"})
    ann = await channel(session)
    await ann.hello("A")
    secret: dict[str, Any] = {name: canary}
    await ann.set(1, base=1, **secret)
    await ann.socket.write_message(json.dumps({"type": "mutate", "seq": 2, name: canary}))
    await ann.hear("error", "reject")
    said = "\n".join(record.getMessage() for record in caplog.records)
    for hidden in (canary, name, token):
        assert hidden not in said
