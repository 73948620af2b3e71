"""A disk that lost its power: what was synced is there; of what was not, any sector may be missing."""

from __future__ import annotations

import random
from pathlib import Path

from .recorder import Acknowledged, Event, Sync, Truncate, Unlink, Write

SECTORS = (512, 4096)


class Disk:
    """The files as they are known to be on the disk, and what was done to them since their last sync."""

    def __init__(self) -> None:
        self.durable: dict[str, bytes] = {}
        self.pending: dict[str, list[Write | Truncate]] = {}
        #: files that were removed, while their folder was not synced
        self.removed: dict[str, bytes] = {}
        self.acknowledged = 0

    def follow(self, event: Event) -> None:
        if isinstance(event, Acknowledged):
            self.acknowledged = event.revision
        elif isinstance(event, Sync):
            data = bytearray(self.durable.get(event.file, b""))
            for change in self.pending.pop(event.file, []):
                _apply(data, change)
            self.durable[event.file] = bytes(data)
            # With a file its folder's entry is synced, and so every removal before it.
            self.removed.clear()
        elif isinstance(event, Unlink):
            self.pending.pop(event.file, None)
            data_before = self.durable.pop(event.file, None)
            if event.synced:
                self.removed.clear()
            elif data_before is not None:
                self.removed[event.file] = data_before
        else:
            self.pending.setdefault(event.file, []).append(event)
            self.removed.pop(event.file, None)

    def cut(self, folder: Path, chance: random.Random) -> None:
        """What is found in ``folder`` when the power is back."""
        kept, sector = chance.choice((0.0, 0.5, 0.9, 1.0)), chance.choice(SECTORS)
        images = {name: bytearray(data) for name, data in self.durable.items()}
        for name, data in self.removed.items():
            if chance.random() >= kept:
                images[name] = bytearray(data)
        for name, changes in self.pending.items():
            image = images.setdefault(name, bytearray())
            for change in changes:
                for part in _parts(change, sector):
                    if chance.random() < kept:
                        _apply(image, part)
        for name, image in images.items():
            (folder / name).write_bytes(image)


def _parts(change: Write | Truncate, sector: int) -> list[Write | Truncate]:
    """What of a change reaches the disk independently."""
    if isinstance(change, Truncate):
        return [change]
    parts: list[Write | Truncate] = []
    at, end = change.offset, change.offset + len(change.data)
    while at < end:
        until = min(end, (at // sector + 1) * sector)
        parts.append(Write(change.file, at, change.data[at - change.offset : until - change.offset]))
        at = until
    return parts


def _apply(data: bytearray, change: Write | Truncate) -> None:
    if isinstance(change, Truncate):
        del data[change.size :]
        return
    if len(data) < change.offset:
        data.extend(bytes(change.offset - len(data)))
    data[change.offset : change.offset + len(change.data)] = change.data
