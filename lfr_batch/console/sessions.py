"""Who is logged in. In memory: a console that is started anew asks for the tokens again."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass, field
from threading import Lock

from lfr_batch.console.shares import oldest_of_largest
from lfr_batch.console.users import User

SESSION_S = 12 * 3600.0
MOST_SESSIONS, MOST_OF_USER = 200, 20


@dataclass(slots=True)
class Sessions:
    """Every method may be called from any thread."""

    _open: dict[bytes, tuple[User, float]] = field(default_factory=dict)
    """By the hash of the session's secret: how quickly a look-up fails tells nothing."""
    _lock: Lock = field(default_factory=Lock)

    def begin(self, user: User) -> str:
        """The new session's secret. Where there are too many, the oldest of the same user ends, or
        of the user who has most."""
        secret = secrets.token_urlsafe(32)
        with self._lock:
            self._make_room(user.name)
            self._open[session_key(secret)] = (user, time.monotonic() + SESSION_S)
        return secret

    def _make_room(self, name: str) -> None:
        now_s = time.monotonic()
        self._open = {key: each for key, each in self._open.items() if now_s < each[1]}
        names = {key: user.name for key, (user, _) in self._open.items()}
        own = [key for key, each in names.items() if each == name]
        if len(own) >= MOST_OF_USER:
            del self._open[own[0]]
        elif len(names) >= MOST_SESSIONS:
            oldest = oldest_of_largest([*names], names.__getitem__, name)
            del self._open[oldest or next(iter(names))]

    def user(self, secret: str) -> User | None:
        with self._lock:
            user, until_s = self._open.get(session_key(secret), (None, 0.0))
            return user if time.monotonic() < until_s else None

    def end(self, secret: str) -> None:
        with self._lock:
            self._open.pop(session_key(secret), None)


def session_key(secret: str) -> bytes:
    """What a session is known by, where its secret must not be."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
