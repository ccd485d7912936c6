"""Who may log in at this moment: the users' file is looked at whenever somebody asks."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from threading import Lock

from lfr_batch.console.users import (
    NO_S3,
    User,
    Users,
    load_users,
    new_user,
    users_place,
    users_stamp,
)
from lfr_batch.errors import ConfigError, StoreError
from lfr_batch.homes.at_hand import Home
from lfr_batch.live.records import Role
from lfr_batch.storage.store import S3Settings

logger = logging.getLogger(__name__)

FOR_A_DEPLOYMENT: tuple[Role, ...] = ("operator", "reviewer")
BUCKET_LOOK_S = 2.0
"""So old may be what is known of a bucket's users."""


class Roster:
    """Every method may be called from any thread.

    Those of the home's file, as it is now, and ``own`` ones, who exist as long as this process
    does. While the file is gone or cannot be understood, those it had last stay: a slip with it
    locks nobody out.
    """

    def __init__(self, home: Home, own: tuple[User, ...] = (), s3: S3Settings = NO_S3) -> None:
        """Raises ConfigError for a file that cannot be understood, StoreError."""
        self.home, self._own, self._s3, self._lock = home, own, s3, Lock()
        self._stamp = users_stamp(home, s3)
        self._filed = load_users(home, s3).people
        self._looked_s = time.monotonic()

    def now(self) -> Users:
        with self._lock:
            if self._is_due():
                self._look()
            return Users((*self._filed, *self._own))

    def _is_due(self) -> bool:
        """A bucket is not asked at every request."""
        is_old = time.monotonic() - self._looked_s >= BUCKET_LOOK_S
        return is_old or isinstance(self.home, Path)

    def _look(self) -> None:
        stamp = users_stamp(self.home, self._s3)
        self._looked_s = time.monotonic()
        if stamp != self._stamp:
            self._stamp = stamp
            self._read(is_there=stamp is not None)

    def _read(self, *, is_there: bool) -> None:
        if not is_there:
            logger.error("%s is gone: those who were in it stay", users_place(self.home))
            return
        try:
            self._filed = load_users(self.home, self._s3).people
        except (ConfigError, StoreError, OSError) as error:
            logger.error("%s; until then, those who were in it stay", error)  # noqa: TRY400


def roster_for_deployment(home: Path) -> tuple[Roster, dict[str, str]]:
    """Those of the home. Where there is nobody: one operator and one reviewer of this process, and
    their tokens by name, to be shown once. Raises ConfigError."""
    if load_users(home).people:
        return Roster(home), {}
    made = [new_user(role, role) for role in FOR_A_DEPLOYMENT]
    own = tuple(user for user, _ in made)
    return Roster(home, own), {user.name: token for user, token in made}
