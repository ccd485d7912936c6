"""Every error this package raises on purpose. Pure.

::

    LfrError                     exit code 1
    ├── UsageError               exit code 2: the request itself is wrong
    │   ├── ConfigError          unknown key, wrong type, value out of range
    │   ├── AuthorityError       case, authority, purpose or operator is missing
    │   ├── QueryError           SQL that DuckDB refuses
    │   ├── NoFootage            what was named holds none, or is not there
    │   ├── TooEarly             it may be done later
    │   └── DecisionRefused      whoever asks may not decide this, or not in this way
    ├── PackError                a model pack cannot be used
    │   ├── PackNotFound         exit code 2
    │   ├── PackDamaged          a file is missing or its sha256 differs
    │   └── LicenceRefused       exit code 2: the pack may not be used for casework
    ├── GalleryError             a gallery cannot be used
    │   ├── GalleryNotFound      exit code 2
    │   ├── GalleryEmpty         exit code 2: nothing was enrolled
    │   ├── GalleryDamaged       a file is missing or its sha256 differs
    │   └── GalleryMismatch      exit code 2: templates of another model pack
    ├── FootageError             one file or object cannot be read; the scan goes on
    │   ├── FootageUnreadable    nothing of it can be decoded
    │   │   ├── FootageGone      there is no such file or object
    │   │   ├── FootageChanged   other bytes than the run was planned with: nothing read counts
    │   │   └── PasswordRefused  a camera refuses user or password: trying on locks its account
    │   └── FootageDamaged       part of it could be decoded
    ├── StoreError               a disk or a bucket
    │   ├── StoreUnreachable     retryable
    │   │   └── StoreAway        it does not answer: waiting helps
    │   └── StoreFull
    ├── ResultsError             the results lake
    │   ├── RunNotFound          exit code 2
    │   ├── RunBusy              exit code 2: another process is working on it
    │   ├── RunTakenOver         another process has taken it up since
    │   ├── RunCancelled         exit code 130: somebody asked it to end
    │   └── ResultsTooNew        exit code 2: written by a newer version
    ├── LiveError                a live deployment
    │   └── SealBroken           a sealed file was altered, or its key destroyed
    ├── AuditBroken              the audit log was altered
    └── EngineError              the run itself
        ├── DeviceUnavailable    the device that was asked for is not there
        ├── InferenceDisagrees   a fast session does not give the reference's answer
        └── NotAsPlanned         a machine cannot compute as the run was planned

The message is one sentence for the person at the keyboard: what is wrong, with what, and the way
out. An error carries its message alone, so it survives pickling between processes.
"""

from __future__ import annotations

from typing import ClassVar


class LfrError(Exception):
    """Root of the tree. ``retryable`` says whether the same call may succeed later."""

    exit_code: ClassVar[int] = 1
    retryable: ClassVar[bool] = False


class UsageError(LfrError):
    exit_code = 2


class ConfigError(UsageError):
    pass


class AuthorityError(UsageError):
    pass


class QueryError(UsageError):
    pass


class NoFootage(UsageError):
    pass


class TooEarly(UsageError):
    pass


class DecisionRefused(UsageError):
    pass


class PackError(LfrError):
    pass


class PackNotFound(PackError):
    exit_code = 2


class PackDamaged(PackError):
    pass


class LicenceRefused(PackError):
    exit_code = 2


class GalleryError(LfrError):
    pass


class GalleryNotFound(GalleryError):
    exit_code = 2


class GalleryEmpty(GalleryError):
    exit_code = 2


class GalleryDamaged(GalleryError):
    pass


class GalleryMismatch(GalleryError):
    exit_code = 2


class FootageError(LfrError):
    pass


class FootageUnreadable(FootageError):
    pass


class FootageGone(FootageUnreadable):
    pass


class FootageChanged(FootageUnreadable):
    pass


class PasswordRefused(FootageUnreadable):
    pass


class FootageDamaged(FootageError):
    pass


class StoreError(LfrError):
    pass


class StoreUnreachable(StoreError):
    retryable = True


class StoreAway(StoreUnreachable):
    """Nothing of the request: no answer, too many requests, or credentials that have run out."""


class StoreFull(StoreError):
    pass


class ResultsError(LfrError):
    pass


class RunNotFound(ResultsError):
    exit_code = 2


class RunBusy(ResultsError):
    exit_code = 2


class RunTakenOver(ResultsError):
    pass


class RunCancelled(ResultsError):
    exit_code = 130


class ResultsTooNew(ResultsError):
    exit_code = 2


class LiveError(LfrError):
    pass


class SealBroken(LiveError):
    pass


class AuditBroken(LfrError):
    pass


class EngineError(LfrError):
    pass


class DeviceUnavailable(EngineError):
    pass


class InferenceDisagrees(EngineError):
    pass


class NotAsPlanned(EngineError):
    pass
