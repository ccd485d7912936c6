"""Who may log in: ``HOME/live/users.yaml`` with a hash of each person's token; of a home in a
bucket ``live/users/000001.yaml``, anew for each change.

A token has 256 random bits, so nobody can try them all, and one round of SHA-256 hides it as well
as a slow hash would. The token itself is shown once, when it is made, and kept nowhere.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, ValidationError

from lfr_batch.config.schema import S3Config, Section
from lfr_batch.config.yaml_text import parse_yaml, read_bounded
from lfr_batch.errors import ConfigError, StoreError, UsageError
from lfr_batch.homes.at_hand import Home
from lfr_batch.live.deployment.folders import deployments_folder
from lfr_batch.live.records import Role
from lfr_batch.oversight.authority import operator_name
from lfr_batch.oversight.put import put
from lfr_batch.storage.disk_errors import NOTHING_CHANGED, disk_errors
from lfr_batch.storage.files import sweep_halves, write_text
from lfr_batch.storage.locks import exclusive
from lfr_batch.storage.numbered import NumberedFile
from lfr_batch.storage.s3_store import S3Store
from lfr_batch.storage.store import S3Settings

TOKEN_BYTES = 32
ADDED, REMOVED = "user.added", "user.removed"
NO_S3: S3Settings = S3Config()
"""How a bucket is reached unless something else is said."""
People = tuple["User", ...]
_IN_BUCKET = "live/users"
_HEAD = "# Written by `lfr live-user`. It holds hashes of tokens, no tokens.\n"


class User(Section):
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,59}$")]
    role: Role
    token_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", repr=False)]


class _File(Section):
    users: tuple[User, ...] = ()


@dataclass(frozen=True, slots=True)
class Users:
    people: tuple[User, ...]

    def with_token(self, token: str) -> User | None:
        """Takes as long whoever it is, and if it is nobody."""
        given, found = _hash(token), None
        for user in self.people:
            if hmac.compare_digest(user.token_sha256, given):
                found = user
        return found

    def knows(self, user: User) -> bool:
        """Whether they are still as they were when they logged in: with that role and token."""
        return user in self.people


def users_file(home: Path) -> Path:
    return deployments_folder(home) / "users.yaml"


def users_place(home: Home) -> str:
    """Where they are, for people."""
    return str(users_file(home)) if isinstance(home, Path) else f"{home}/{_IN_BUCKET}"


def users_stamp(home: Home, s3: S3Settings = NO_S3) -> object:
    """Another one whenever they were changed; None where they are not to be had."""
    try:
        if isinstance(home, str):
            return _in_bucket(home, s3).stamp()
        found = users_file(home).stat()
    except (OSError, StoreError):
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def load_users(home: Home, s3: S3Settings = NO_S3) -> Users:
    """Nobody where there is no file. Raises ConfigError for one that cannot be understood,
    StoreError."""
    if isinstance(home, str):
        return Users(_people_in(_in_bucket(home, s3).read(), users_place(home)))
    try:
        return Users(_people_of(read_bounded(users_file(home)), users_place(home)))
    except FileNotFoundError:
        return Users(())
    except (ConfigError, UnicodeDecodeError) as error:
        raise _damaged(users_place(home)) from error


def make_user(
    home: Home, name: str, role: Role, by: str | None = None, s3: S3Settings = NO_S3
) -> str:
    """Add a person; the answer is the token, which is known nowhere else. The audit log has it
    before they can log in. ``by``: who adds them; the login name unless given.

    Raises UsageError for a name that is taken or cannot be one, ConfigError, StoreError,
    AuditBroken.
    """
    user, token = new_user(name, role)

    def with_them(people: People) -> People:
        if name in {other.name for other in people}:
            raise UsageError(
                f"{name} is there already; for a new token, `lfr live-user remove` them first"
            )
        put(home, s3, ADDED, {"name": name, "role": role, "by": operator_name(by)})
        return (*people, user)

    _change(home, s3, with_them)
    return token


def remove_user(home: Home, name: str, by: str | None = None, s3: S3Settings = NO_S3) -> None:
    """Raises UsageError if there is nobody of that name, StoreError, AuditBroken once they are
    removed."""

    def without_them(people: People) -> People:
        kept = tuple(user for user in people if user.name != name)
        if len(kept) == len(people):
            raise UsageError(f"there is no {name} among the users; `lfr live-user list` shows them")
        return kept

    _change(home, s3, without_them)
    put(home, s3, REMOVED, {"name": name, "by": operator_name(by)})


def _change(home: Home, s3: S3Settings, to: Callable[[People], People]) -> None:
    if isinstance(home, str):
        where = users_place(home)
        _in_bucket(home, s3).change(lambda kept: _text(to(_people_in(kept, where))).encode())
        return
    with disk_errors(users_file(home), NOTHING_CHANGED), exclusive(_lock(home)):
        text = _text(to(load_users(home).people))
        sweep_halves(users_file(home))
        write_text(users_file(home), text)


def _in_bucket(home: str, s3: S3Settings) -> NumberedFile:
    return NumberedFile(S3Store(home, s3), _IN_BUCKET, ".yaml")


def _people_in(kept: bytes | None, where: str) -> People:
    """Raises ConfigError."""
    try:
        return () if kept is None else _people_of(kept.decode(), where)
    except UnicodeDecodeError as error:
        raise _damaged(where) from error


def _people_of(text: str, where: str) -> People:
    """Raises ConfigError."""
    try:
        content = parse_yaml(text, where)
        content = {} if content is None else content
        people = _File.model_validate_json(json.dumps(content)).users
    except (ConfigError, TypeError, ValidationError) as error:
        raise _damaged(where) from error
    if len({user.name for user in people}) != len(people):
        raise _damaged(where)
    return people


def login_link(url: str, token: str) -> str:
    """Logs in whoever opens it. What is after the ``#`` is not sent, so no log has it."""
    return f"{url}/#{token}"


def new_user(name: str, role: Role) -> tuple[User, str]:
    """A person and their token. Raises UsageError for what cannot be a name."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    try:
        return User(name=name, role=role, token_sha256=_hash(token)), token
    except ValidationError as error:
        raise UsageError(
            f"{name!r} cannot be a user's name: at most 60 letters, digits, spaces and . _ @ -, "
            "beginning with a letter or a digit"
        ) from error


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _lock(home: Path) -> Path:
    return deployments_folder(home) / ".users.lock"


def _text(people: People) -> str:
    content = {"users": [user.model_dump() for user in people]}
    return _HEAD + yaml.safe_dump(content, sort_keys=False)


def _damaged(where: str) -> ConfigError:
    return ConfigError(
        f"{where} is not a list of users as `lfr live-user` writes it; restore it from a copy, or "
        "remove it and add the users anew"
    )
