"""For whom a pack is sealed: names of the policy, age keys, or files that hold some."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyrage

from lfr_batch.config.policy import AGE_KEY
from lfr_batch.errors import UsageError

_NAMED = 8


def recipients(given: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """Public keys by the names that a pack gives them. ``known``: those of the policy.

    Raises UsageError for a name that is not there, a file without a key, and what is no key.
    """
    found: dict[str, str] = {}
    for each in given:
        found |= _recipient(each, known)
    for name, key in found.items():
        require_key(name, key)
    return found


def require_key(name: str, key: str) -> pyrage.x25519.Recipient:
    """Raises UsageError."""
    try:
        return pyrage.x25519.Recipient.from_str(key)
    except pyrage.RecipientError as error:
        raise UsageError(
            f"{name} is no public key of age: `age-keygen` makes one, which begins age1"
        ) from error


def _recipient(given: str, known: Mapping[str, str]) -> dict[str, str]:
    if given in known:
        return {given: known[given]}
    if given.startswith("age1"):
        return {given: given}
    path = Path(given)
    if path.is_file():
        keys = list(_keys_in(path))
        if keys:
            return {
                given if len(keys) == 1 else f"{given} ({number})": key
                for number, key in enumerate(keys, 1)
            }
        raise UsageError(f"{given} holds no public key of age: name another file")
    names = ", ".join(sorted(known)[:_NAMED]) or "nobody"
    raise UsageError(
        f"Nobody called {given} is known to seal it for: policy.yaml has {names} (evidence.keys); "
        "add the name there, or give a key (age1…) or a file with keys."
    )


def _keys_in(path: Path) -> Iterable[str]:
    try:
        text = path.read_text(errors="replace")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    for line in text.splitlines():
        said = line.strip()
        if said and not said.startswith("#") and AGE_KEY.fullmatch(said):
            yield said
