"""What a sink is, and how long it waits before it tries again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lfr_batch.config.live import LiveConfig
from lfr_batch.live.records import Alert, DeploymentRecord, Review
from lfr_batch.storage.store import Store

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 60.0
SLOW_WAIT_S = 300.0
"""After a refusal that will not mend by itself."""
LONGEST_ASKED_S = 3600.0
_DOUBLINGS = 20


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something was not delivered, without biometric content."""

    said: str
    wait_s: float | None = None
    """How long to wait at least; None leaves it to the back-off."""


Deliver = Callable[[Alert | Review], Trouble | None]
"""Deliver one record for good, or say why not. Called from one thread. What was delivered may come
again after a crash. May raise LfrError and OSError, which are troubles, too."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a sink may need."""

    deployment: DeploymentRecord
    config: LiveConfig
    store: Store


def wait_s(failures: int, trouble: Trouble, chance: float) -> float:
    """Twice as long after each of ``failures`` (from 1) in a row, up to a minute, of which a half
    is left to ``chance`` (0 to 1); not shorter than the trouble asks for, within an hour."""
    longest = min(FIRST_WAIT_S * 2.0 ** min(failures - 1, _DOUBLINGS), LONGEST_WAIT_S)
    own = longest * (0.5 + 0.5 * chance)
    return max(own, min(trouble.wait_s or 0.0, LONGEST_ASKED_S))
