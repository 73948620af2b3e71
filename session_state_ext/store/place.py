"""Where a SQLite file lies: whether this user can write there, and how it looks from outside."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

#: File systems on which processes on two machines cannot share the memory that a WAL needs.
_REMOTE = re.compile(
    r"nfs4?|cifs|smb3|smbfs|ncpfs|afs|9p|ceph|lustre|gpfs|beegfs|glusterfs|davfs|fuse\.(sshfs|glusterfs|s3fs|rclone|davfs2)"
)

#: What SQLite and the lock keep beside a file; whoever writes it has to write these too.
_BESIDE = ("-wal", "-shm", "-journal", ".lock")


def beside(path: Path, suffix: str) -> Path:
    """The file next to ``path`` that SQLite calls by its name and this suffix."""
    return path.with_name(path.name + suffix)


def unwritable(path: Path) -> str | None:
    """Why this user cannot write the file that is there, in the system's words; None where they can.

    SQLite itself opens such a file without a word and fails at the first write.
    """
    for file in (path, path.parent, *(beside(path, suffix) for suffix in _BESIDE)):
        if file.exists() and not os.access(file, os.W_OK):
            return os.strerror(errno.EROFS if _is_read_only(file) else errno.EACCES)
    return None


def is_settled(path: Path) -> bool:
    """Whether all that is stored is in the file itself: nothing waits beside it to be taken over or taken back."""
    wal = beside(path, "-wal")
    if beside(path, "-journal").exists():
        return False
    return not wal.exists() or (wal.stat().st_size == 0 and not beside(path, "-shm").exists())


def mark(path: Path) -> tuple[int, ...]:
    """Another one whenever somebody may have written to the file."""
    seen = path.stat()
    return (seen.st_ino, seen.st_mtime_ns, seen.st_size, is_settled(path))


def is_remote(path: Path) -> bool:
    """Whether it lies on a file system that other machines write to; where that is not told, SQLite finds it out."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    real = os.path.realpath(path)
    under = [fields for line in mounts if len(fields := line.split()) > 2 and _holds(_plain(fields[1]), real)]
    return bool(under) and _REMOTE.fullmatch(max(under, key=lambda fields: len(fields[1]))[2]) is not None


def _is_read_only(file: Path) -> bool:
    return hasattr(os, "statvfs") and bool(os.statvfs(file).f_flag & os.ST_RDONLY)


def _plain(mount: str) -> str:
    return mount.replace("\\040", " ")


def _holds(folder: str, path: str) -> bool:
    return path.startswith(folder.rstrip("/") + "/")
