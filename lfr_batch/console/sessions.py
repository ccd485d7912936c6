"""Who is logged in. In memory: a console that is started anew asks for the tokens again."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass, field
from threading import Lock

from lfr_batch.console.users import User

SESSION_S = 12 * 3600.0
MOST_SESSIONS = 200


@dataclass(slots=True)
class Sessions:
    """Every method may be called from any thread."""

    _open: dict[bytes, tuple[User, float]] = field(default_factory=dict)
    """By the hash of the session's secret: how quickly a look-up fails tells nothing."""
    _lock: Lock = field(default_factory=Lock)

    def begin(self, user: User) -> str:
        """The new session's secret. The oldest session ends where there are too many."""
        secret = secrets.token_urlsafe(32)
        with self._lock:
            while len(self._open) >= MOST_SESSIONS:
                del self._open[next(iter(self._open))]
            self._open[_key(secret)] = (user, time.monotonic() + SESSION_S)
        return secret

    def user(self, secret: str) -> User | None:
        with self._lock:
            user, until_s = self._open.get(_key(secret), (None, 0.0))
            return user if time.monotonic() < until_s else None

    def end(self, secret: str) -> None:
        with self._lock:
            self._open.pop(_key(secret), None)


def _key(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
