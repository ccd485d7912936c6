"""What people do on a console, in the audit log: who logged in, who was refused, whose alerts'
pictures were looked at, and who had a password tried again.

It never keeps anybody from their work: where the log cannot be written to, that is logged and they
go on. Refusals are bounded, whoever sends them; each says how many before it were only counted.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from lfr_batch.console.logins import LoginTry, log_login
from lfr_batch.console.users import NO_S3, User
from lfr_batch.errors import LfrError
from lfr_batch.homes.at_hand import Home
from lfr_batch.oversight.put import put
from lfr_batch.storage.store import S3Settings

logger = logging.getLogger(__name__)

TRIED_AGAIN = "camera.password_tried_again"
LOGGED_IN, REFUSED, VIEWED = "console.logged_in", "console.refused", "alert.viewed"
MOST_REFUSALS, WITHIN_S = 20, 60.0
MARK_LETTERS = 8


@dataclass(slots=True)
class Journal:
    """Of one console. Every method may be called from any thread; all wait for the disk."""

    home: Home
    about: Mapping[str, str]
    """In every line: which deployment it is about, or nothing."""
    s3: S3Settings = NO_S3
    _seen: set[tuple[str, ...]] = field(default_factory=set)
    """Who, and what they looked at, that the log has already."""
    _refused_s: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_REFUSALS))
    _counted: int = 0
    _lock: Lock = field(default_factory=Lock)

    def heard(self, tried: LoginTry) -> None:
        """A ``Hear``: of a wrong token there is a mark that tells whether another began alike."""
        log_login(tried)
        if tried.user is not None:
            said = {"name": tried.user.name, "role": tried.user.role, "source": tried.source}
            self._record(LOGGED_IN, said)
        else:
            self._refused(tried)

    def _refused(self, tried: LoginTry) -> None:
        with self._lock:
            now = time.monotonic()
            full = len(self._refused_s) == MOST_REFUSALS and now - self._refused_s[0] < WITHIN_S
            if full or not tried.is_heard:
                self._counted += 1
                return
            self._refused_s.append(now)
            before, self._counted = self._counted, 0
        mark = mark_of(tried.who)
        said = {"source": tried.source, "token_mark": mark, "not_listed_before": before}
        self._record(REFUSED, said)

    def viewed(self, user: User, event: str = VIEWED, **what: str) -> None:
        """Once for each person and what they view; where it could not be written, once they look
        again."""
        looked = (user.name, event, *what.values())
        with self._lock:
            if looked in self._seen:
                return
            self._seen.add(looked)
        said = {"name": user.name, "role": user.role, **what}
        if not self._record(event, said):
            with self._lock:
                self._seen.discard(looked)

    def did(self, event: str, user: User, **more: str) -> None:
        """What somebody has set going."""
        self._record(event, {"name": user.name, "role": user.role, **more})

    def close(self) -> None:
        """With the refusals that were only counted."""
        with self._lock:
            before, self._counted = self._counted, 0
        if before:
            self._record(REFUSED, {"not_listed_before": before})

    def _record(self, event: str, said: Mapping[str, Any]) -> bool:
        """Whether it could be."""
        try:
            put(self.home, self.s3, event, {**self.about, **said})
        except LfrError as error:
            logger.error("the audit log has no line of %s: %s", event, error)  # noqa: TRY400
            return False
        return True


def mark_of(who: str) -> str:
    """Of how a token begins, as ``LoginTry`` has it: it cannot be had from it."""
    return hashlib.sha256(who.encode()).hexdigest()[:MARK_LETTERS]
