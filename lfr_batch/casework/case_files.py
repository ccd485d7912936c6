"""Where cases lie in a home, a folder or a bucket, and the rules that they follow.

::

    cases/<digest>/case/000001.json               the case, anew for each change; the last counts
    cases/<digest>/authorisations/<id>.json       what was asked for, written once
    cases/<digest>/decisions/<id>.json            what was decided about it, written once
    cases/_clocks/<run id>.json                   runs that wait for a decision

``<digest>`` is of the case's name. Every file is written where none is yet, so that of two who
write at once one is refused, in a bucket, too, where that honours conditions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lfr_batch.config.policy import Policy
from lfr_batch.config.schema import S3Config
from lfr_batch.homes.at_hand import Home
from lfr_batch.oversight.house import policy_of
from lfr_batch.oversight.put import put
from lfr_batch.results.run_state import LogLine
from lfr_batch.storage.local_store import LocalStore
from lfr_batch.storage.locks import exclusive
from lfr_batch.storage.s3_store import S3Store
from lfr_batch.storage.store import Store

CASES = "cases"
CLOCKS = f"{CASES}/_clocks"


@dataclass(frozen=True, slots=True)
class CaseFiles:
    """All cases of a home. Nothing is read or made before it is used."""

    home: Home
    s3: S3Config
    rules: Policy = field(default_factory=Policy)
    """Of the house."""

    @property
    def store(self) -> Store:
        if isinstance(self.home, Path):
            return LocalStore(self.home)
        return S3Store(self.home, self.s3)

    def on_record(self, event: str, said: dict[str, Any]) -> LogLine:
        """The line of the audit log, before what it says is done. Raises StoreError,
        AuditBroken."""
        head = put(self.home, self.s3, event, said)
        return LogLine(n=head.n, sha256=head.sha256, key=head.key)

    @contextmanager
    def changing(self, case_ref: str) -> Iterator[None]:
        """Nobody else changes the case meanwhile; of a bucket the last step alone says who was
        first."""
        if isinstance(self.home, Path):
            with exclusive(self.home / folder_of(case_ref) / ".changing"):
                yield
        else:
            yield


def case_files(home: Home, s3: S3Config) -> CaseFiles:
    """A home's cases, with the rules that it has. Raises ConfigError, StoreError."""
    return CaseFiles(home, s3, policy_of(home, s3))


def folder_of(case_ref: str) -> str:
    return f"{CASES}/{hashlib.sha256(case_ref.encode()).hexdigest()[:16]}"


def case_file(case_ref: str, number: int) -> str:
    return f"{folder_of(case_ref)}/case/{number:06d}.json"


def request_file(case_ref: str, authorisation_id: str) -> str:
    return f"{folder_of(case_ref)}/authorisations/{authorisation_id}.json"


def decision_file(case_ref: str, authorisation_id: str) -> str:
    return f"{folder_of(case_ref)}/decisions/{authorisation_id}.json"


def clock_file(run_id: str) -> str:
    return f"{CLOCKS}/{run_id}.json"
