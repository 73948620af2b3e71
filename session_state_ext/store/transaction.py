"""One transaction of the SQL store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Raw
from msgspec.structs import replace
from sqlalchemy import Connection, Row, Select, UpdateBase, delete, func, insert, or_, select

from session_state_ext.errors import Damaged
from session_state_ext.model import Change, Origin, Run, Session, Snapshot, Step, Variable

from .base import Attachment, BoundNotebook, Client, Commit, Key, Summary, Touch
from .erasure import Eraser
from .pending import SAVE_SESSION, Pending, upsert
from .rows import (
    decoded,
    from_attachment,
    from_bound,
    from_session,
    is_sound,
    sealed,
    to_attachment,
    to_bound,
    to_key,
    to_touch,
    verified,
)
from .tables import (
    OF_SESSION,
    attachments,
    bindings,
    changes,
    clients,
    idempotency_keys,
    ledgers,
    runs,
    sessions,
    snapshots,
    steps,
    touches,
    variables,
)

_T = TypeVar("_T")

_upserts = {table: upsert(table) for table in (attachments, bindings, idempotency_keys, snapshots)}


class SqlTransaction:
    """See :class:`.base.Transaction`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pending = Pending()
        self.writes = 0

    @property
    def connection(self) -> Connection:
        """With all that was written so far."""
        self.flush()
        return self._connection

    def flush(self) -> None:
        """Write what was kept back; whoever reads, and the commit, comes after it."""
        if self._pending:
            self._pending.write(self._connection.execute)

    def _do(self, statement: Any, rows: Any = None) -> Any:
        if isinstance(statement, UpdateBase):
            self.writes += 1
        return self.connection.execute(statement, rows)

    def _one(self, statement: Select[Any]) -> Row[Any] | None:
        row = self._do(statement).one_or_none()
        return None if row is None else verified(row)

    # --- sessions and attachments ---

    def session(self, session_id: str) -> Session | None:
        row = self._one(select(sessions).where(sessions.c.id == session_id))
        if row is None:
            return None
        at = select(attachments).where(attachments.c.session_id == session_id).order_by(attachments.c.path)
        return Session(
            id=row.id,
            owner=row.owner,
            name=row.name,
            paths=tuple(attached.path for attached in map(verified, self._do(at))),
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
        damaged: set[str] = set()
        at = select(attachments).where(attachments.c.owner == owner)
        for row in self._do(at.order_by(attachments.c.path)):
            if is_sound(row):
                paths.setdefault(row.session_id, []).append(row.path)
            else:
                damaged.add(row.session_id)
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
            # One that is damaged is set aside, and the others are listed.
            if is_sound(row) and row.id not in damaged
        ]

    def attached(self, owner: str, path: str) -> str | None:
        attachment = self.attachment(owner, path)
        return None if attachment is None else attachment.session_id

    def attachment(self, owner: str, path: str) -> Attachment | None:
        row = self._one(select(attachments).where(attachments.c.owner == owner, attachments.c.path == path))
        return None if row is None else to_attachment(row)

    def attachments(self, below: str) -> list[Attachment]:
        folder = below.rstrip("/") + "/"
        under = func.substr(attachments.c.path, 1, len(folder)) == folder
        found = select(attachments).where(or_(attachments.c.path == below, under))
        return [to_attachment(row) for row in map(verified, self._do(found))]

    def attachments_of(self, owner: str) -> list[Attachment]:
        found = select(attachments).where(attachments.c.owner == owner).order_by(attachments.c.path)
        return [to_attachment(row) for row in map(verified, self._do(found))]

    def bounds(self, below: str) -> list[BoundNotebook]:
        folder = below.rstrip("/") + "/"
        under = func.substr(bindings.c.path, 1, len(folder)) == folder
        found = select(bindings).where(or_(bindings.c.path == below, under))
        return [to_bound(row) for row in map(verified, self._do(found))]

    # --- what a session holds ---

    def variables(self, session_id: str) -> dict[str, Variable]:
        found = self._do(select(variables).where(variables.c.session_id == session_id))
        rows = {
            row.name: Variable(
                name=row.name,
                value=Raw(row.value),
                revision=row.revision,
                updated_at=row.updated_at,
                origin=decoded(row.origin, Origin),
                spec=UNSET if row.spec is None else Raw(row.spec),
            )
            for row in map(verified, found)
        }
        counted = select(sessions.c.variable_count, sessions.c.value_bytes).where(sessions.c.id == session_id)
        said = self._do(counted).one_or_none()
        if said is not None and tuple(said) != (len(rows), sum(row.weight for row in rows.values())):
            raise Damaged("Some of what was stored of this session is missing; it was set aside.")
        return rows

    def steps(self, session_id: str) -> dict[str, Step]:
        found = self._do(select(steps).where(steps.c.session_id == session_id).order_by(steps.c.name))
        return {row.name: decoded(row.step, Step) for row in map(verified, found)}

    def runs(self, session_id: str, *, limit: int) -> list[Run]:
        found = select(runs).where(runs.c.session_id == session_id).order_by(runs.c.revision.desc()).limit(limit)
        return [decoded(row.run, Run) for row in map(verified, self._do(found))]

    def running(self, kernel: str) -> list[tuple[str, Run]]:
        found = select(runs).where(runs.c.kernel == kernel, runs.c.status == "running")
        return [(row.session_id, decoded(row.run, Run)) for row in map(verified, self._do(found))]

    def running_kernels(self) -> list[str]:
        found = select(runs.c.kernel).where(runs.c.status == "running", runs.c.kernel.is_not(None)).distinct()
        return list(self._do(found.order_by(runs.c.kernel)).scalars())

    def changes(self, session_id: str, since: int) -> list[Change] | None:
        of = changes.c.session_id == session_id
        found = self._do(select(changes).where(of, changes.c.revision > since).order_by(changes.c.revision))
        result: list[Change] = []
        for row in map(verified, found):
            if row.revision != since + 1 + len(result):
                return None
            result.append(decoded(row.frame, Change))
        return result

    def weight(self, session_id: str, since: int) -> int:
        of = changes.c.session_id == session_id
        summed = select(func.coalesce(func.sum(func.length(changes.c.frame)), 0)).where(of, changes.c.revision > since)
        return int(self._do(summed).scalar_one())

    def tip(self, session_id: str, revision: int) -> str | None:
        found = select(changes.c.tip).where(changes.c.session_id == session_id, changes.c.revision == revision)
        tip: str | None = self._do(found).scalar()
        return tip

    def last_touch(self, session_id: str, name: str) -> Touch | None:
        of = select(touches).where(touches.c.session_id == session_id, touches.c.name == name)
        return self._nearest(of.order_by(touches.c.revision.desc()))

    def first_touch(self, session_id: str, name: str, since: int) -> Touch | None:
        of = select(touches).where(touches.c.session_id == session_id, touches.c.name == name)
        return self._nearest(of.where(touches.c.revision > since).order_by(touches.c.revision))

    def _nearest(self, ordered: Select[Any]) -> Touch | None:
        row = self._one(ordered.limit(1))
        return None if row is None else to_touch(row)

    # --- what it held before ---

    def oldest_revision(self, session_id: str) -> int:
        oldest = self._do(select(func.min(changes.c.revision)).where(changes.c.session_id == session_id)).scalar()
        return 0 if oldest is None else int(oldest) - 1

    def has_revision(self, session_id: str, revision: int) -> bool:
        if revision == self.oldest_revision(session_id):
            return True
        named = select(snapshots.c.revision).where(
            snapshots.c.session_id == session_id, snapshots.c.revision == revision
        )
        return self.tip(session_id, revision) is not None or self._do(named.limit(1)).scalar() is not None

    def count_changes(self, session_id: str) -> int:
        count: int = self._do(select(func.count()).where(changes.c.session_id == session_id)).scalar_one()
        return count

    def nth_newest(self, session_id: str, count: int) -> int:
        newest_first = select(changes.c.revision).where(changes.c.session_id == session_id)
        found = self._do(newest_first.order_by(changes.c.revision.desc()).offset(count).limit(1)).scalar()
        return 0 if found is None else int(found)

    def revision_before(self, session_id: str, at: int) -> int:
        # Times are inside the frames; changes are in order of both.
        low, high = self.oldest_revision(session_id), 0
        newest = self._do(select(func.max(changes.c.revision)).where(changes.c.session_id == session_id)).scalar()
        high = low if newest is None else int(newest)
        while low < high:
            middle = (low + high + 1) // 2
            nearest = self.history(session_id, before=middle + 1, limit=1, name=None)
            if nearest and nearest[0].at < at:
                low = middle
            else:
                high = middle - 1
        return low

    def purge(self, session_id: str, name: str) -> int:
        return self._eraser(session_id).purge(name)

    def thin(self, session_id: str, before: int) -> int:
        return self._eraser(session_id).thin(before)

    def cut(self, session_id: str, oldest: int) -> int:
        return self._eraser(session_id).cut(oldest)

    def _eraser(self, session_id: str) -> Eraser:
        self.writes += 1
        return Eraser(self.connection, session_id)

    def history(self, session_id: str, *, before: int | None, limit: int, name: str | None) -> list[Change]:
        found = select(changes).where(changes.c.session_id == session_id)
        if before is not None:
            found = found.where(changes.c.revision < before)
        if name is not None:
            of = select(touches.c.revision).where(touches.c.session_id == session_id, touches.c.name == name)
            found = found.where(changes.c.revision.in_(of))
        page = self._do(found.order_by(changes.c.revision.desc()).limit(limit))
        return [decoded(row.frame, Change) for row in map(verified, page)]

    def touches(self, session_id: str, revision: int) -> list[Touch]:
        found = select(touches).where(touches.c.session_id == session_id, touches.c.revision == revision)
        return [to_touch(row) for row in map(verified, self._do(found.order_by(touches.c.name)))]

    def before(self, session_id: str, since: int) -> dict[str, Variable | None]:
        of = touches.c.session_id == session_id
        later = self._do(select(touches).where(of, touches.c.revision > since).order_by(touches.c.revision.desc()))
        earlier = select(func.coalesce(func.sum(touches.c.checksum), 0)).where(of, touches.c.revision <= since)
        booked = self._do(select(ledgers.c.touches).where(ledgers.c.session_id == session_id)).scalar() or 0
        total = self._do(earlier).scalar_one()
        first: dict[str, Row[Any]] = {}
        for row in map(verified, later):
            total += row.checksum
            first[row.name] = row
        if total != booked:
            raise Damaged("Some of this session's history is missing; what stands now is sound.")
        return {name: to_touch(row).before for name, row in first.items()}

    def snapshots(self, session_id: str) -> dict[str, Snapshot]:
        found = self._do(select(snapshots).where(snapshots.c.session_id == session_id))
        return {row.name: Snapshot(name=row.name, revision=row.revision, at=row.at) for row in map(verified, found)}

    def put_snapshot(self, session_id: str, snapshot: Snapshot) -> None:
        row = sealed(snapshots, session_id=session_id, **msgspec.structs.asdict(snapshot))
        self._do(_upserts[snapshots], row)

    def forget_snapshot(self, session_id: str, name: str) -> None:
        self._do(delete(snapshots).where(snapshots.c.session_id == session_id, snapshots.c.name == name))

    # --- who has already been answered ---

    def client(self, session_id: str, client: str) -> Client | None:
        row = self._one(select(clients).where(clients.c.session_id == session_id, clients.c.client == client))
        if row is None:
            return None
        return Client(
            client=client, owner=row.owner, last_seq=row.last_seq, body=row.body, answer=row.answer, at=row.at
        )

    def key(self, owner: str, session_id: str, key: str) -> Key | None:
        table = idempotency_keys.c
        where = (table.owner == owner, table.session_id == session_id, table.key == key)
        row = self._one(select(idempotency_keys).where(*where))
        return None if row is None else to_key(row)

    # --- writing ---

    def create(self, session: Session) -> None:
        self._do(insert(sessions), from_session(session, 0, 0))
        self._attach(session, session.paths)

    def _attach(self, session: Session, paths: Iterable[str]) -> None:
        made = (Attachment(owner=session.owner, path=path, session_id=session.id) for path in paths)
        rows = [from_attachment(attachment) for attachment in made]
        if rows:
            self._do(_upserts[attachments], rows)

    def put(self, session: Session) -> None:
        counted = select(sessions.c.variable_count, sessions.c.value_bytes).where(sessions.c.id == session.id)
        count, size = self._do(counted).one()
        self._do(SAVE_SESSION, {"of": session.id, **from_session(session, count, size)})
        ours = attachments.c.session_id == session.id
        self._do(delete(attachments).where(ours, attachments.c.path.not_in(session.paths)))
        kept = set(self._do(select(attachments.c.path).where(ours)).scalars())
        self._attach(session, (path for path in session.paths if path not in kept))

    def put_cells(self, owner: str, path: str, cells: tuple[str, ...]) -> None:
        attachment = self.attachment(owner, path)
        if attachment is not None:
            self._do(_upserts[attachments], from_attachment(replace(attachment, cells=cells)))

    def put_bound(self, notebook: BoundNotebook) -> None:
        if notebook.bound.names:
            self._do(_upserts[bindings], from_bound(notebook))
        else:
            self._do(delete(bindings).where(bindings.c.owner == notebook.owner, bindings.c.path == notebook.path))

    def append(self, commit: Commit) -> None:
        self.writes += 1
        self._pending.append(commit)

    def put_client(self, session_id: str, client: Client) -> None:
        row = sealed(clients, session_id=session_id, **msgspec.structs.asdict(client))
        self.writes += 1
        self._pending.put_client(session_id, client.client, row)

    def forget_clients(self, before: int) -> None:
        self._do(delete(clients).where(clients.c.at < before))

    def put_key(self, key: Key) -> None:
        self._do(_upserts[idempotency_keys], sealed(idempotency_keys, **msgspec.structs.asdict(key)))

    def forget_keys(self, before: int) -> None:
        self._do(delete(idempotency_keys).where(idempotency_keys.c.at < before))

    def delete(self, session_id: str) -> None:
        for table in OF_SESSION:
            self._do(delete(table).where(table.c.session_id == session_id))
        self._do(delete(sessions).where(sessions.c.id == session_id))
