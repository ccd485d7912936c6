"""Whether an audit log is as it was written, and ends as its key says."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lfr_batch.errors import AuditBroken
from lfr_batch.oversight.audit import audit_log, entries, said_by, shortened
from lfr_batch.oversight.audit_chain import COPY, Chain, follow, require_noted
from lfr_batch.oversight.audit_key import (
    RENEW,
    HeldKey,
    key_file,
    note_file,
    noted_keys,
    read_key,
)
from lfr_batch.oversight.signatures import fingerprint, grouped, ungrouped
from lfr_batch.storage.locks import exclusive


def verify(home: Path, noted: str | None = None, keys: Sequence[str] = ()) -> Chain:
    """Follow the chain from its first line, and see whether it ends as its key says.

    ``noted``: a sha256 that must be of one of its lines. ``keys``: fingerprints, or beginnings of
    them, that its rows of signatures must begin with. Raises AuditBroken naming what is not as it
    was written.
    """
    path, given = audit_log(home), [ungrouped(key) for key in keys]
    with _still(home):
        held, named = read_key(home), noted_keys(home)
        chain, seen = Chain(), noted is None
        at_key = chain
        for chain in follow(str(path), entries(home)):
            seen = seen or chain.head == noted
            at_key = chain if held and chain.entries == held.n else at_key
    if held is None:
        _require_never_signed(home, chain, named)
    else:
        _require_its_key(home, chain, at_key, held)
        _require_named(home, chain, held, _still_due(chain, named, given))
    require_noted(str(path), chain, given)
    if not seen:
        raise AuditBroken(
            f"{path} was altered: none of its {chain.entries} lines has the sha256 that was noted; "
            f"{COPY}"
        )
    return chain


def _require_never_signed(home: Path, chain: Chain, named: Sequence[str]) -> None:
    """Of a log without a key."""
    path = audit_log(home)
    if chain.keys:
        raise AuditBroken(f"{key_file(home)} is gone, which had signed {path}: {RENEW}")
    if named:
        what = "is gone" if not path.exists() else "was altered: it has no signature"
        raise AuditBroken(f"{path} {what}, and {note_file(home)} names its key; {COPY}")


def _require_its_key(home: Path, chain: Chain, at_key: Chain, held: HeldKey) -> None:
    """``at_key``: the chain up to the line that the key has signed last."""
    path = audit_log(home)
    if chain.entries < held.n:
        raise AuditBroken(f"{path} {shortened(path, chain.entries)}, and {said_by(held)}; {COPY}")
    if at_key.head != held.sha256:
        raise AuditBroken(
            f"{path} was altered: line {held.n} is not the one its key has signed last; {COPY}"
        )
    own = at_key.next_key if held.signatures else ""
    begun = held.first if not held.signatures else ""
    if (own and own != held.signer.public) or (begun and begun != fingerprint(held.signer.public)):
        raise AuditBroken(f"{key_file(home)} is not the key of {path}: {RENEW}")
    if (held.signatures or chain.keys) and held.first not in chain.keys:
        raise AuditBroken(f"{key_file(home)} is not the key of {path}: {RENEW}")
    if chain.signed_to and chain.entries >= max(chain.signed_to + 1, chain.announced):
        raise AuditBroken(
            f"{path}: no line from {chain.signed_to + 1} on is signed; an older version of "
            "lfr_batch wrote them, or somebody else: see what they say, the next entry signs them"
        )


def _still_due(chain: Chain, named: Sequence[str], given: Sequence[str]) -> Sequence[str]:
    """Of the keys that the note names, those that must have signed something: where the last one is
    vouched for, what was before it may be lost, for which it was renewed."""
    last = chain.keys[-1:]
    vouched = any(key.startswith(each) for key in last for each in given)
    return last if vouched and list(named[-1:]) == list(last) else named


def _require_named(home: Path, chain: Chain, held: HeldKey, named: Sequence[str]) -> None:
    if not named and chain.keys:
        raise AuditBroken(
            f"{note_file(home)} is gone, which named the key of the audit log: see whether "
            f"{grouped(chain.keys[0])} is the one you noted; `lfr audit key` writes it anew"
        )
    known = (*chain.keys, held.first)
    for key in named:
        if key not in known:
            raise AuditBroken(
                f"{audit_log(home)} was altered: the key {grouped(key)}, which {note_file(home)} "
                f"names, has signed nothing of it; {COPY}"
            )


@contextmanager
def _still(home: Path) -> Iterator[None]:
    """While nobody writes to it; somebody who may only read looks all the same."""
    lock = audit_log(home).with_name("LOCK")
    with ExitStack() as stack:
        if lock.exists() and os.access(lock, os.W_OK):
            stack.enter_context(exclusive(lock))
        yield
