"""Who holds a run: an epoch, claimed under a key of its own and never taken back.

Whoever takes up a run claims the next number with a token of its own, then looks again: the
highest epoch has the run. Nothing is overwritten, so the order needs neither a clock nor a store
that honours conditions. A holder writes under names of its epoch alone and asks ``require_hold``
before anything that counts; what it still writes after it was overtaken is never read.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lfr_batch.errors import RunBusy, RunTakenOver
from lfr_batch.results import layout
from lfr_batch.results.stored_run import StoredRun

_CLAIM = re.compile(rf"({layout.EPOCH})\.json")
_NUMBER = re.compile(r"(\d{6})[-.].*")

Claim = dict[str, Any]
"""``host`` and ``pid``; in a bucket also ``released``, once its holder has ended."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A run in the hands of this process; of ``lock_run``."""

    run: StoredRun
    epoch: str


def require_hold(hold: Hold) -> None:
    """Raises RunTakenOver, naming the other, if somebody has taken up the run since."""
    newest = newest_epoch(hold.run)
    if newest > hold.epoch:
        other = who(read_claim(hold.run, newest))
        raise RunTakenOver(
            f"run {hold.run.run_id} was taken over by {other} while this process stood still: it "
            "stops here, and only the other's results count; "
            f"`lfr status {hold.run.run_id}` shows how far they are"
        )


def take(run: StoredRun, number: int) -> Hold:
    """Claim the run as holder ``number``. Raises RunBusy if another did so in the same instant."""
    epoch = f"{number:06d}-{secrets.token_hex(4)}"
    write_claim(run, epoch)
    newest = newest_epoch(run)
    if newest > epoch:
        raise busy(run.run_id, read_claim(run, newest))
    return Hold(run, epoch)


def newest_epoch(run: StoredRun) -> str:
    """'' where nobody has held the run yet."""
    found = (_CLAIM.fullmatch(name) for name in _names(run.store.list(folder(run.run_id))))
    return max((each.group(1) for each in found if each), default=layout.NO_EPOCH)


def next_number(run: StoredRun) -> int:
    found = (_NUMBER.fullmatch(name) for name in _names(run.store.list(folder(run.run_id))))
    return 1 + max((int(each.group(1)) for each in found if each), default=0)


def write_claim(run: StoredRun, epoch: str, **more: Any) -> None:
    claim = {"host": socket.gethostname(), "pid": os.getpid(), **more}
    run.store.write_atomic(claim_path(run.run_id, epoch), json.dumps(claim).encode())


def read_claim(run: StoredRun, epoch: str) -> Claim:
    """Nothing of one that cannot be read: it names nobody, and counts all the same."""
    try:
        return parse_claim(run.store.read(claim_path(run.run_id, epoch)))
    except FileNotFoundError:
        return {}


def parse_claim(data: bytes) -> Claim:
    try:
        claim = json.loads(data)
    except ValueError:
        return {}
    return claim if isinstance(claim, dict) else {}


def folder(run_id: str) -> str:
    return layout.state(run_id, "epochs")


def claim_path(run_id: str, epoch: str) -> str:
    return f"{folder(run_id)}/{epoch}.json"


def gate_path(run_id: str, number: int) -> str:
    """What the first to claim a number writes where the store honours conditions."""
    return f"{folder(run_id)}/{number:06d}.gate"


def who(claim: Claim) -> str:
    named = {"pid", "host"} <= claim.keys()
    return f"process {claim['pid']} on {claim['host']}" if named else "another process"


def busy(run_id: str, claim: Claim) -> RunBusy:
    then = "try again" if layout.is_deployment(run_id) else f"run `lfr resume {run_id}`"
    return RunBusy(
        f"run {run_id} is being worked on by {who(claim)}: wait for it, or stop it and {then}"
    )


def _names(paths: Iterable[str]) -> Iterable[str]:
    return (path.rsplit("/", 1)[-1] for path in paths)
