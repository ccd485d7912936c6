"""Who may log in at this moment: the users' file is looked at whenever somebody asks."""

from __future__ import annotations

import logging
from pathlib import Path
from threading import Lock

from lfr_batch.console.users import User, Users, load_users, new_user, users_file
from lfr_batch.errors import ConfigError
from lfr_batch.live.records import Role

logger = logging.getLogger(__name__)

FOR_A_DEPLOYMENT: tuple[Role, ...] = ("operator", "reviewer")
_Stamp = tuple[int, int, int] | None


class Roster:
    """Every method may be called from any thread.

    Those of the home's file, as it is now, and ``own`` ones, who exist as long as this process
    does. While the file is gone or cannot be understood, those it had last stay: a slip with it
    locks nobody out.
    """

    def __init__(self, home: Path, own: tuple[User, ...] = ()) -> None:
        """Raises ConfigError for a file that cannot be understood."""
        self.home, self._own, self._lock = home, own, Lock()
        self._stamp = _stamp_of(users_file(home))
        self._filed = load_users(home).people

    def now(self) -> Users:
        with self._lock:
            stamp = _stamp_of(users_file(self.home))
            if stamp != self._stamp:
                self._stamp = stamp
                self._read(is_there=stamp is not None)
            return Users((*self._filed, *self._own))

    def _read(self, *, is_there: bool) -> None:
        if not is_there:
            logger.error("%s is gone: those who were in it stay", users_file(self.home))
            return
        try:
            self._filed = load_users(self.home).people
        except (ConfigError, OSError) as error:
            logger.error("%s; until then, those who were in it stay", error)  # noqa: TRY400


def roster_for_deployment(home: Path) -> tuple[Roster, dict[str, str]]:
    """Those of the home. Where there is nobody: one operator and one reviewer of this process, and
    their tokens by name, to be shown once. Raises ConfigError."""
    if load_users(home).people:
        return Roster(home), {}
    made = [new_user(role, role) for role in FOR_A_DEPLOYMENT]
    own = tuple(user for user, _ in made)
    return Roster(home, own), {user.name: token for user, token in made}


def _stamp_of(path: Path) -> _Stamp:
    """Another one whenever the file was written; None where it is not to be had."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
