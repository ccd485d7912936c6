"""Following an audit log from its first line: what it comes to, or which line gives it away. Pure.

``where`` is the log as its reader knows it. What is raised is AuditBroken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from lfr_batch.errors import AuditBroken
from lfr_batch.oversight.audit_line import FIRST, Line, is_as_written, is_signed_by
from lfr_batch.oversight.signatures import fingerprint, grouped

COPY = "restore the log from a copy and find out who had access"


@dataclass(frozen=True, slots=True)
class Chain:
    """A log as far as it was followed."""

    entries: int = 0
    head: str = FIRST
    """sha256 of the last line."""
    signed_from: int | None = None
    """The first line that is signed; None: none is."""
    signed_to: int = 0
    """The last line that is signed."""
    announced: int = 0
    """The line that is to sign those that are not signed yet, as they say; 0: they say nothing. One
    that never came is of a process that was killed while it wrote."""
    keys: tuple[str, ...] = ()
    """Fingerprints of the keys that rows of signatures begin with: one, unless it was renewed."""
    next_key: str = ""
    """Public key of the signature that comes next."""


def follow(where: str, lines: Iterable[Line]) -> Iterator[Chain]:
    """After each line."""
    chain = Chain()
    for line in lines:
        chain = _with(where, chain, line)
        yield chain


def is_vouched_for(chain: Chain, noted: Collection[str]) -> bool:
    """Whether the key that goes on now is among those that were ``noted``."""
    return any(key.startswith(each) for key in chain.keys[-1:] for each in noted)


def require_noted(where: str, chain: Chain, noted: Collection[str]) -> None:
    """Raises where none of its keys is the one that was ``noted``, and for a key that was renewed,
    unless it is noted."""
    for key in noted:
        if not any(found.startswith(key) for found in chain.keys):
            begins = f"begins with {grouped(chain.keys[0])}" if chain.keys else "has no signature"
            raise AuditBroken(
                f"{where} was altered: the key {grouped(key)}, which was noted, has signed nothing "
                f"of it, which {begins}; {COPY}"
            )
    for key in chain.keys[1:]:
        if not any(key.startswith(each) for each in noted):
            raise AuditBroken(
                f"{where} goes on with another key, {grouped(key)}: whoever renewed it could have "
                f"written anew what is before; give --key {key} if that was in order"
            )


def _with(where: str, chain: Chain, line: Line) -> Chain:
    number = chain.entries + 1
    if not is_as_written(line, number, chain.head):
        raise AuditBroken(f"{where} was altered: line {number} is not as it was written; {COPY}")
    followed = replace(chain, entries=number, head=line["sha256"])
    if "signature" in line:
        return _signed(where, followed, line)
    said = line.get("signed_in")
    return replace(followed, announced=said if isinstance(said, int) else 0)


def _signed(where: str, chain: Chain, line: Line) -> Chain:
    own, last = line.get("key"), chain.signed_to
    if not is_signed_by(line, own or chain.next_key):
        since = (
            f"something after line {last} was written anew or taken out" if last else "of no key"
        )
        raise AuditBroken(
            f"{where} was altered: the signature of line {chain.entries} is wrong, {since}; {COPY}"
        )
    return replace(
        chain,
        signed_from=chain.signed_from or chain.entries,
        signed_to=chain.entries,
        announced=0,
        keys=(*chain.keys, fingerprint(str(own))) if own else chain.keys,
        next_key=str(line.get("next_key")),
    )
