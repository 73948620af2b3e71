"""Who makes a change, as a client may say it; user and client are the server's to say."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from session_state_ext.model import Origin, OriginKind

LABEL_CHARS = 128
#: What a change is for, in a word or a few.
Label = Annotated[str, Meta(min_length=1, max_length=LABEL_CHARS)]


class SaidOrigin(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    kind: OriginKind
    cell: str | None = None
    step: str | None = None
    run: str | None = None

    def complete(self, *, user: str | None, client: str | None = None, kernel: str | None = None) -> Origin:
        """The origin with what the server knows of the one who speaks."""
        return Origin(
            kind=self.kind, user=user, client=client, kernel=kernel, cell=self.cell, step=self.step, run=self.run
        )
