"""What SQLite writes and when it syncs, in order, while the real store commits: a VFS laid over the default one.

It is registered by ctypes in the very library that Python's sqlite3 is linked to.
"""

from __future__ import annotations

import _sqlite3
import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_int64, c_void_p
from pathlib import Path
from typing import Any, NamedTuple


class Write(NamedTuple):
    file: str
    offset: int
    data: bytes


class Truncate(NamedTuple):
    file: str
    size: int


class Sync(NamedTuple):
    file: str


class Unlink(NamedTuple):
    file: str
    #: whether the folder was synced too
    synced: bool


class Acknowledged(NamedTuple):
    revision: int


Event = Write | Truncate | Sync | Unlink | Acknowledged

# A name is handed on as the pointer it is: SQLite keeps it, and reads behind its end.
_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_Delete = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
_Write = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
_Sync = CFUNCTYPE(c_int, c_void_p, c_int)


class _Methods(ctypes.Structure):
    """sqlite3_io_methods, version 3."""

    _fields_ = (
        ("version", c_int),
        ("close", c_void_p),
        ("read", c_void_p),
        ("write", c_void_p),
        ("truncate", c_void_p),
        ("sync", c_void_p),
        ("others", c_void_p * 13),
    )


class _File(ctypes.Structure):
    _fields_ = (("methods", POINTER(_Methods)),)


class _Vfs(ctypes.Structure):
    """sqlite3_vfs, version 3."""

    _fields_ = (
        ("version", c_int),
        ("file_bytes", c_int),
        ("path_bytes", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", c_void_p),
        ("delete", c_void_p),
        ("others", c_void_p * 14),
    )


def _library() -> Any:
    try:
        library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
        library.sqlite3_vfs_find.restype = POINTER(_Vfs)
        library.sqlite3_vfs_find.argtypes = (c_char_p,)
        library.sqlite3_vfs_register.argtypes = (c_void_p, c_int)
        library.sqlite3_vfs_unregister.argtypes = (c_void_p,)
    except (OSError, AttributeError):
        raise AssertionError("This Python hides its SQLite; run this with one that is linked to libsqlite3.") from None
    return library


def _pointer(function: Any) -> int | None:
    return ctypes.cast(function, c_void_p).value


@contextmanager
def recorded(folder: Path) -> Iterator[list[Event]]:
    """Every file of this folder that SQLite opens meanwhile; the list grows as it happens. Not for two at once."""
    library = _library()
    below = library.sqlite3_vfs_find(None)
    events: list[Event] = []
    names: dict[int, str] = {}
    # What SQLite holds pointers to must live as long as it does.
    kept: list[Any] = []
    tables: dict[int, _Methods] = {}

    def path_of(name: int | None) -> str | None:
        path = Path(ctypes.string_at(name).decode()) if name else None
        return path.name if path is not None and path.parent == folder else None

    def methods(plain: Any) -> _Methods:
        """The same, and it is written down."""
        at = ctypes.addressof(plain.contents)
        if at in tables:
            return tables[at]
        mine = _Methods.from_buffer_copy(plain.contents)
        write, truncate, sync = _Write(mine.write), _Truncate(mine.truncate), _Sync(mine.sync)

        def on_write(file: int, data: int, count: int, offset: int) -> int:
            events.append(Write(names[file], offset, ctypes.string_at(data, count)))
            return int(write(file, data, count, offset))

        def on_truncate(file: int, size: int) -> int:
            events.append(Truncate(names[file], size))
            return int(truncate(file, size))

        def on_sync(file: int, flags: int) -> int:
            code = int(sync(file, flags))
            events.append(Sync(names[file]))
            return code

        callbacks = (_Write(on_write), _Truncate(on_truncate), _Sync(on_sync))
        mine.write, mine.truncate, mine.sync = map(_pointer, callbacks)
        kept.append((write, truncate, sync, callbacks))
        tables[at] = mine
        return mine

    mine = _Vfs.from_buffer_copy(below.contents)
    open_below, delete_below = _Open(mine.open), _Delete(mine.delete)

    def on_open(_: int, name: int | None, file: int, flags: int, out: int) -> int:
        code = int(open_below(ctypes.addressof(below.contents), name, file, flags, out))
        path = path_of(name)
        if code == 0 and path is not None:
            names[file] = path
            opened = _File.from_address(file)
            opened.methods = ctypes.pointer(methods(opened.methods))
        return code

    def on_delete(_: int, name: int, folder_too: int) -> int:
        code = int(delete_below(ctypes.addressof(below.contents), name, folder_too))
        path = path_of(name)
        if code == 0 and path is not None:
            events.append(Unlink(path, bool(folder_too)))
        return code

    callbacks = (_Open(on_open), _Delete(on_delete))
    mine.open, mine.delete = map(_pointer, callbacks)
    mine.name, mine.next = b"recorder", None
    kept.append((mine, callbacks))
    library.sqlite3_vfs_register(ctypes.byref(mine), 1)
    try:
        yield events
    finally:
        library.sqlite3_vfs_unregister(ctypes.byref(mine))
        library.sqlite3_vfs_register(below, 1)
