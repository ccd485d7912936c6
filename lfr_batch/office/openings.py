"""Why runs are opened, where the house asks: once in a session, before anything of the run is told.

The reason is in the line of the audit log, as that of `lfr review RUN` is, which asks before it
serves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

from lfr_batch.console.users import User
from lfr_batch.errors import UsageError
from lfr_batch.homes.at_hand import Home
from lfr_batch.oversight.looked import ResultsLook, looked
from lfr_batch.storage.store import S3Settings
from lfr_batch.visible import plain_line

MOST_SESSIONS = 1000
"""That are remembered; who was the first of more is asked again."""


@dataclass(slots=True)
class Openings:
    """Every method may be called from any thread."""

    home: Home
    s3: S3Settings
    asks: bool
    _opened: dict[bytes, set[str]] = field(default_factory=dict)
    """Runs, by the key of the session."""
    _lock: Lock = field(default_factory=Lock)

    def wants_why(self, session: bytes, run_id: str) -> bool:
        """Whether it is to be said first."""
        with self._lock:
            return self.asks and run_id not in self._opened.get(session, ())

    def open(self, session: bytes, user: User, run_id: str, case_ref: str, why: str) -> None:
        """Raises UsageError for no reason. A log that cannot be written to stops nobody."""
        if not plain_line(why):
            raise UsageError("Opened why? Say it in a few words: the audit log keeps it.")
        look = ResultsLook(
            "review", user.name, (case_ref,), (run_id,), why, "its sightings, in a browser"
        )
        looked(self.home, self.s3, look)
        with self._lock:
            while len(self._opened) >= MOST_SESSIONS and session not in self._opened:
                del self._opened[next(iter(self._opened))]
            self._opened.setdefault(session, set()).add(run_id)
