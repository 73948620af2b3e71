"""What a kernel shows to speak for its notebook: a random token of its own, never the server's."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any

#: Of the Authorization header. A browser never sends it by itself, so it needs no XSRF token.
SCHEME = "session-state"


@dataclass(kw_only=True, eq=False)
class Credential:
    """Good for the session endpoints only, while the kernel lives."""

    #: who started the kernel; its sessions are theirs
    owner: str
    #: their identity, for the Authorizer
    user: Any
    #: how they are named in origins
    shown: str | None
    #: None until the kernel's id is known
    kernel: str | None = None
    #: the notebook that it was started to run, a contents path, where that is said at its start and by no session of
    #: Jupyter's
    notebook: str | None = None
    #: what the kernel was started with, and is again when it is restarted
    environment: dict[str, str] = field(default_factory=dict)

    def be_eager(self, eager: bool) -> None:
        """Whether the kernel is to load the session before its first cell, from its next start on."""
        if eager:
            self.environment["KERNEL_SESSION_STATE_EAGER"] = "1"
        else:
            self.environment.pop("KERNEL_SESSION_STATE_EAGER", None)


class Credentials:
    """The tokens of all living kernels. Only their hashes are kept, so that looking one up takes no secret's time."""

    def __init__(self) -> None:
        self._by_hash: dict[bytes, Credential] = {}

    def issue(self, credential: Credential) -> str:
        token = secrets.token_urlsafe(32)
        self._by_hash[_hash(token)] = credential
        return token

    def find(self, token: str) -> Credential | None:
        return self._by_hash.get(_hash(token))

    def starter(self, kernel: str) -> str | None:
        """The owner who started this kernel."""
        return next((known.owner for known in self._by_hash.values() if known.kernel == kernel), None)

    def valid(self, credential: Credential) -> bool:
        return any(known is credential for known in self._by_hash.values())

    def revoke(self, credential: Credential) -> None:
        self._by_hash = {key: known for key, known in self._by_hash.items() if known is not credential}

    def revoke_kernel(self, kernel: str) -> None:
        self._by_hash = {key: known for key, known in self._by_hash.items() if known.kernel != kernel}


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
