"""Whether an audit log is as it was written, and ends as its key says."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from lfr_batch.errors import AuditBroken
from lfr_batch.oversight.audit import audit_log, entries, said_by, shortened
from lfr_batch.oversight.audit_bucket import (
    KEY,
    LOG,
    NOTE,
    entries_in,
    key_of,
    named_of,
    where_of,
)
from lfr_batch.oversight.audit_chain import (
    COPY,
    Chain,
    follow,
    is_vouched_for,
    require_noted,
)
from lfr_batch.oversight.audit_key import (
    RENEW,
    HeldKey,
    key_file,
    note_file,
    noted_keys,
    read_key,
)
from lfr_batch.oversight.audit_line import Line
from lfr_batch.oversight.signatures import fingerprint, grouped, ungrouped
from lfr_batch.storage.locks import exclusive
from lfr_batch.storage.store import Store


@dataclass(frozen=True, slots=True)
class _Place:
    """A log, its key and its note: how they are called, and what the two say."""

    log: Path | str
    key: Path | str
    note: Path | str
    held: HeldKey | None
    named: tuple[str, ...]
    is_there: bool


def verify(home: Path, noted: str | None = None, keys: Sequence[str] = ()) -> Chain:
    """Follow the chain from its first line, and see whether it ends as its key says.

    ``noted``: a sha256 that must be of one of its lines. ``keys``: fingerprints, or beginnings of
    them, that its rows of signatures must begin with. Raises AuditBroken naming what is not as it
    was written.
    """
    path = audit_log(home)
    with _still(home):
        names = path, key_file(home), note_file(home)
        place = _Place(*names, read_key(home), noted_keys(home), path.exists())
    return _verified(place, entries(home), noted, keys)


def verify_in(store: Store, noted: str | None = None, keys: Sequence[str] = ()) -> Chain:
    """As ``verify``, of a home in a bucket. Raises StoreError, too."""
    names = where_of(store), f"{store.uri}/{KEY}", f"{store.uri}/{NOTE}"
    place = _Place(*names, key_of(store), named_of(store), bool(store.list(LOG)))
    return _verified(place, entries_in(store), noted, keys)


def _verified(
    place: _Place, lines: Iterable[Line], noted: str | None, keys: Sequence[str]
) -> Chain:
    """The key is read before the lines: what is added meanwhile comes after the one it signed."""
    given = [ungrouped(key) for key in keys]
    chain, seen, held = Chain(), noted is None, place.held
    at_key = chain
    for chain in follow(str(place.log), lines):
        seen = seen or chain.head == noted
        at_key = chain if held and chain.entries == held.n else at_key
    if held is None:
        _require_never_signed(place, chain)
    else:
        _require_its_key(place, chain, at_key, held)
        _require_named(place, chain, held, _still_due(chain, place.named, given))
    begun = (held.first,) if held else ()  # it may have signed nothing yet
    require_noted(str(place.log), replace(chain, keys=chain.keys or begun), given)
    if not seen:
        raise AuditBroken(
            f"{place.log} was altered: none of its {chain.entries} lines has the sha256 that was "
            f"noted; {COPY}"
        )
    return chain


def _require_never_signed(place: _Place, chain: Chain) -> None:
    """Of a log without a key."""
    if chain.keys:
        raise AuditBroken(f"{place.key} is gone, which had signed {place.log}: {RENEW}")
    if place.named:
        what = "was altered: it has no signature" if place.is_there else "is gone"
        raise AuditBroken(f"{place.log} {what}, and {place.note} names its key; {COPY}")


def _require_its_key(place: _Place, chain: Chain, at_key: Chain, held: HeldKey) -> None:
    """``at_key``: the chain up to the line that the key has signed last."""
    log = place.log
    if chain.entries < held.n:
        short = shortened(chain.entries, is_there=place.is_there)
        raise AuditBroken(f"{log} {short}, and {said_by(held)}; {COPY}")
    if at_key.head != held.sha256:
        raise AuditBroken(
            f"{log} was altered: line {held.n} is not the one its key has signed last; {COPY}"
        )
    if not _is_its_key(chain, at_key, held):
        raise AuditBroken(f"{place.key} is not the key of {log}: {RENEW}")
    if chain.signed_to and chain.entries >= max(chain.signed_to + 1, chain.announced):
        raise AuditBroken(
            f"{log}: no line from {chain.signed_to + 1} on is signed; an older version of "
            "lfr_batch wrote them, or somebody else: see what they say, the next entry signs them"
        )


def _is_its_key(chain: Chain, at_key: Chain, held: HeldKey) -> bool:
    """Whether its public key is the one that the last signature names; before the first one,
    whether its fingerprint is its own."""
    public = held.signer.public
    if held.signatures:
        return at_key.next_key == public and held.first in chain.keys
    return held.first == fingerprint(public) and (not chain.keys or held.first in chain.keys)


def _still_due(chain: Chain, named: Sequence[str], given: Sequence[str]) -> Sequence[str]:
    """Of the keys that the note names, those that must have signed something: where the last one is
    vouched for, what was before it may be lost, for which it was renewed."""
    last = chain.keys[-1:]
    vouched = is_vouched_for(chain, given)
    return last if vouched and list(named[-1:]) == list(last) else named


def _require_named(place: _Place, chain: Chain, held: HeldKey, named: Sequence[str]) -> None:
    if not place.named and chain.keys:
        raise AuditBroken(
            f"{place.note} is gone, which named the key of the audit log: see whether "
            f"{grouped(chain.keys[0])} is the one you noted; `lfr audit key` writes it anew"
        )
    known = (*chain.keys, held.first)
    for key in named:
        if key not in known:
            raise AuditBroken(
                f"{place.log} was altered: the key {grouped(key)}, which {place.note} names, has "
                f"signed nothing of it; {COPY}"
            )


@contextmanager
def _still(home: Path) -> Iterator[None]:
    """While nobody writes to it, which nobody waits for long: a log of years takes a minute to
    follow. Somebody who may only read looks all the same."""
    lock = audit_log(home).with_name("LOCK")
    with ExitStack() as stack:
        if lock.exists() and os.access(lock, os.W_OK):
            stack.enter_context(exclusive(lock))
        yield
