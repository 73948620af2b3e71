"""One transaction of the SQL store: rows to model and back, each guarded by its checksum."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Raw
from sqlalchemy import Connection, Row, Select, Table, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert_into

from session_state_ext.errors import Damaged
from session_state_ext.model import Change, Origin, Run, RunOp, Session, Snapshot, Step, Variable
from session_state_ext.wire import decode, encode

from .base import Attachment, Client, Commit, Key, Summary, Touch
from .tables import (
    OF_SESSION,
    attachments,
    changes,
    clients,
    idempotency_keys,
    runs,
    sessions,
    snapshots,
    steps,
    touches,
    variables,
)

_T = TypeVar("_T")


def _upsert(table: Table) -> Any:
    statement = upsert_into(table)
    keys = [column.name for column in table.primary_key]
    rest = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=rest)


_upserts = {
    table: _upsert(table) for table in (attachments, variables, clients, idempotency_keys, snapshots, runs, steps)
}
_save_session = update(sessions).where(sessions.c.id == bindparam("of"))
_remove_variable = delete(variables).where(
    variables.c.session_id == bindparam("of"), variables.c.name == bindparam("gone")
)


def _checksum(parts: Iterable[Any]) -> int:
    """Of a row's parts (bytes, str, int, None), each with its length, so that nothing can move to the next one."""
    total = 0
    for part in parts:
        if part is None:
            total = zlib.crc32(b"-", total)
            continue
        data = part if isinstance(part, bytes) else str(part).encode()
        total = zlib.crc32(data, zlib.crc32(b"%d:" % len(data), total))
    return total


def _verified(row: Row[Any]) -> Row[Any]:
    """The row, of a whole table whose last column is its checksum."""
    if row[-1] != _checksum(row[:-1]):
        raise Damaged("What is stored of this session is damaged; it was set aside. Restore it from a backup.")
    return row


def _sealed(table: Table, **values: Any) -> dict[str, Any]:
    """``values`` of a whole row, and their checksum."""
    return {**values, "checksum": _checksum(values[name] for name in table.columns.keys()[:-1])}


def _decoded(data: bytes, kind: type[_T]) -> _T:
    try:
        return decode(data, kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Damaged("What is stored of this session cannot be read; it was set aside.") from None


class SqlTransaction:
    """See :class:`.base.Transaction`."""

    def __init__(self, connection: Connection) -> None:
        self._do = connection.execute

    def _one(self, statement: Select[Any]) -> Row[Any] | None:
        row = self._do(statement).one_or_none()
        return None if row is None else _verified(row)

    # --- sessions and attachments ---

    def session(self, session_id: str) -> Session | None:
        row = self._one(select(sessions).where(sessions.c.id == session_id))
        if row is None:
            return None
        at = select(attachments.c.path).where(attachments.c.session_id == session_id).order_by(attachments.c.path)
        return Session(
            id=row.id,
            owner=row.owner,
            name=row.name,
            paths=tuple(self._do(at).scalars()),
            epoch=row.epoch,
            revision=row.revision,
            tip=row.tip,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )

    def find(self, owner: str, *, name: str | None = None, path: str | None = None) -> list[Summary]:
        wanted = select(sessions).where(sessions.c.owner == owner)
        if name is not None:
            wanted = wanted.where(sessions.c.name == name)
        if path is not None:
            wanted = wanted.where(sessions.c.id == self.attached(owner, path))
        paths: dict[str, list[str]] = {}
        at = select(attachments.c.session_id, attachments.c.path).where(attachments.c.owner == owner)
        for session_id, where in self._do(at.order_by(attachments.c.path)):
            paths.setdefault(session_id, []).append(where)
        newest_first = func.coalesce(sessions.c.updated_at, sessions.c.created_at).desc()
        return [
            Summary(
                session_id=row.id,
                name=row.name,
                paths=paths.get(row.id, []),
                revision=row.revision,
                updated_at=row.updated_at,
                variable_count=row.variable_count,
                bytes=row.value_bytes,
            )
            for row in self._do(wanted.order_by(newest_first, sessions.c.id))
        ]

    def attached(self, owner: str, path: str) -> str | None:
        found = select(attachments.c.session_id).where(attachments.c.owner == owner, attachments.c.path == path)
        return self._do(found).scalar()

    def attachments(self, below: str) -> list[Attachment]:
        folder = below.rstrip("/") + "/"
        under = func.substr(attachments.c.path, 1, len(folder)) == folder
        found = select(attachments).where(or_(attachments.c.path == below, under))
        return [Attachment(owner=row.owner, path=row.path, session_id=row.session_id) for row in self._do(found)]

    # --- what a session holds ---

    def variables(self, session_id: str) -> dict[str, Variable]:
        found = self._do(select(variables).where(variables.c.session_id == session_id))
        rows = {
            row.name: Variable(
                name=row.name,
                value=Raw(row.value),
                revision=row.revision,
                updated_at=row.updated_at,
                origin=_decoded(row.origin, Origin),
                spec=UNSET if row.spec is None else Raw(row.spec),
            )
            for row in map(_verified, found)
        }
        counted = select(sessions.c.variable_count, sessions.c.value_bytes).where(sessions.c.id == session_id)
        said = self._do(counted).one_or_none()
        if said is not None and tuple(said) != (len(rows), sum(len(bytes(row.value)) for row in rows.values())):
            raise Damaged("Some of what was stored of this session is missing; it was set aside.")
        return rows

    def steps(self, session_id: str) -> dict[str, Step]:
        found = self._do(select(steps).where(steps.c.session_id == session_id).order_by(steps.c.name))
        return {row.name: _decoded(row.step, Step) for row in map(_verified, found)}

    def runs(self, session_id: str, *, limit: int) -> list[Run]:
        found = select(runs).where(runs.c.session_id == session_id).order_by(runs.c.revision.desc()).limit(limit)
        return [_decoded(row.run, Run) for row in map(_verified, self._do(found))]

    def running(self, kernel: str) -> list[tuple[str, Run]]:
        found = select(runs).where(runs.c.kernel == kernel, runs.c.status == "running")
        return [(row.session_id, _decoded(row.run, Run)) for row in map(_verified, self._do(found))]

    def changes(self, session_id: str, since: int) -> list[Change] | None:
        of = changes.c.session_id == session_id
        found = self._do(select(changes).where(of, changes.c.revision > since).order_by(changes.c.revision))
        result: list[Change] = []
        for row in map(_verified, found):
            if row.revision != since + 1 + len(result):
                return None
            result.append(_decoded(row.frame, Change))
        return result

    def tip(self, session_id: str, revision: int) -> str | None:
        found = select(changes.c.tip).where(changes.c.session_id == session_id, changes.c.revision == revision)
        return self._do(found).scalar()

    def last_touch(self, session_id: str, name: str) -> Touch | None:
        of = select(touches).where(touches.c.session_id == session_id, touches.c.name == name)
        return self._touch(of.order_by(touches.c.revision.desc()))

    def first_touch(self, session_id: str, name: str, since: int) -> Touch | None:
        of = select(touches).where(touches.c.session_id == session_id, touches.c.name == name)
        return self._touch(of.where(touches.c.revision > since).order_by(touches.c.revision))

    def _touch(self, ordered: Select[Any]) -> Touch | None:
        row = self._one(ordered.limit(1))
        return None if row is None else _touch(row)

    # --- what it held before ---

    def oldest_revision(self, session_id: str) -> int:
        oldest = self._do(select(func.min(changes.c.revision)).where(changes.c.session_id == session_id)).scalar()
        return 0 if oldest is None else int(oldest) - 1

    def history(self, session_id: str, *, before: int | None, limit: int, name: str | None) -> list[Change]:
        found = select(changes).where(changes.c.session_id == session_id)
        if before is not None:
            found = found.where(changes.c.revision < before)
        if name is not None:
            of = select(touches.c.revision).where(touches.c.session_id == session_id, touches.c.name == name)
            found = found.where(changes.c.revision.in_(of))
        page = self._do(found.order_by(changes.c.revision.desc()).limit(limit))
        return [_decoded(row.frame, Change) for row in map(_verified, page)]

    def touches(self, session_id: str, revision: int) -> list[Touch]:
        found = select(touches).where(touches.c.session_id == session_id, touches.c.revision == revision)
        return [_touch(row) for row in map(_verified, self._do(found.order_by(touches.c.name)))]

    def before(self, session_id: str, since: int) -> dict[str, Variable | None]:
        of = (touches.c.session_id == session_id, touches.c.revision > since)
        first = select(touches.c.name, func.min(touches.c.revision).label("first")).where(*of).group_by(touches.c.name)
        at = first.subquery()
        found = select(touches).join(at, (touches.c.name == at.c.name) & (touches.c.revision == at.c.first))
        rows = map(_verified, self._do(found.where(touches.c.session_id == session_id)))
        return {row.name: _touch(row).before for row in rows}

    def snapshots(self, session_id: str) -> dict[str, Snapshot]:
        found = self._do(select(snapshots).where(snapshots.c.session_id == session_id))
        return {row.name: Snapshot(name=row.name, revision=row.revision, at=row.at) for row in found}

    def put_snapshot(self, session_id: str, snapshot: Snapshot) -> None:
        self._do(_upserts[snapshots], {"session_id": session_id, **msgspec.structs.asdict(snapshot)})

    def forget_snapshot(self, session_id: str, name: str) -> None:
        self._do(delete(snapshots).where(snapshots.c.session_id == session_id, snapshots.c.name == name))

    # --- who has already been answered ---

    def client(self, session_id: str, client: str) -> Client | None:
        row = self._one(select(clients).where(clients.c.session_id == session_id, clients.c.client == client))
        if row is None:
            return None
        return Client(client=client, owner=row.owner, last_seq=row.last_seq, body=row.body, answer=row.answer)

    def key(self, owner: str, session_id: str, key: str) -> Key | None:
        table = idempotency_keys.c
        where = (table.owner == owner, table.session_id == session_id, table.key == key)
        row = self._do(select(idempotency_keys).where(*where)).one_or_none()
        if row is None:
            return None
        return Key(**row._asdict())

    # --- writing ---

    def create(self, session: Session) -> None:
        self._do(insert(sessions), _session(session, 0, 0))
        if session.paths:
            self._do(insert(attachments), _attached(session))

    def put(self, session: Session) -> None:
        counted = select(sessions.c.variable_count, sessions.c.value_bytes).where(sessions.c.id == session.id)
        count, size = self._do(counted).one()
        self._do(_save_session, {"of": session.id, **_session(session, count, size)})
        gone = attachments.c.session_id == session.id
        self._do(delete(attachments).where(gone, attachments.c.path.not_in(session.paths)))
        if session.paths:
            self._do(_upserts[attachments], _attached(session))

    def append(self, commit: Commit) -> None:
        session, change = commit.session, commit.change
        self._do(_save_session, {"of": session.id, **_session(session, commit.variable_count, commit.value_bytes)})
        frame = encode(change)
        self._do(
            insert(changes),
            _sealed(changes, session_id=session.id, revision=change.revision, tip=change.tip, frame=frame),
        )
        written = [_variable(session.id, row) for row in commit.rows.values() if row is not None]
        if written:
            self._do(_upserts[variables], written)
        gone = [{"of": session.id, "gone": name} for name, row in commit.rows.items() if row is None]
        if gone:
            self._do(_remove_variable, gone)
        if commit.touches:
            self._do(insert(touches), [_touched(session.id, touch) for touch in commit.touches])
        for op in change.ops:
            if isinstance(op, RunOp):
                self._do(_upserts[runs], _run(session.id, change.revision, op.run))
        for step in commit.steps:
            row = _sealed(steps, session_id=session.id, name=step.name, step=encode(step))
            self._do(_upserts[steps], row)

    def put_client(self, session_id: str, client: Client) -> None:
        self._do(_upserts[clients], _sealed(clients, session_id=session_id, **msgspec.structs.asdict(client)))

    def put_key(self, key: Key) -> None:
        self._do(_upserts[idempotency_keys], msgspec.structs.asdict(key))

    def forget_keys(self, before: int) -> None:
        self._do(delete(idempotency_keys).where(idempotency_keys.c.at < before))

    def delete(self, session_id: str) -> None:
        for table in OF_SESSION:
            self._do(delete(table).where(table.c.session_id == session_id))
        self._do(delete(sessions).where(sessions.c.id == session_id))


def _touch(row: Row[Any]) -> Touch:
    return Touch(
        name=row.name,
        revision=row.revision,
        fate=row.fate,
        moved_to=row.moved_to,
        client=row.client,
        before=None if row.before is None else _decoded(row.before, Variable),
    )


# --- model to rows ---


def _session(session: Session, variable_count: int, value_bytes: int) -> dict[str, Any]:
    return _sealed(
        sessions,
        id=session.id,
        owner=session.owner,
        name=session.name,
        epoch=session.epoch,
        revision=session.revision,
        tip=session.tip,
        created_at=session.created_at,
        updated_at=session.updated_at,
        variable_count=variable_count,
        value_bytes=value_bytes,
    )


def _attached(session: Session) -> list[dict[str, Any]]:
    return [{"owner": session.owner, "path": path, "session_id": session.id} for path in session.paths]


def _variable(session_id: str, row: Variable) -> dict[str, Any]:
    return _sealed(
        variables,
        session_id=session_id,
        name=row.name,
        value=bytes(row.value),
        revision=row.revision,
        updated_at=row.updated_at,
        origin=encode(row.origin),
        spec=None if row.spec is UNSET else bytes(row.spec),
    )


def _touched(session_id: str, touch: Touch) -> dict[str, Any]:
    return _sealed(
        touches,
        session_id=session_id,
        name=touch.name,
        revision=touch.revision,
        fate=touch.fate,
        moved_to=touch.moved_to,
        client=touch.client,
        before=None if touch.before is None else encode(touch.before),
    )


def _run(session_id: str, revision: int, run: Run) -> dict[str, Any]:
    return _sealed(
        runs,
        session_id=session_id,
        id=run.id,
        step=run.step,
        status=run.status,
        kernel=run.kernel,
        revision=revision,
        run=encode(run),
    )
