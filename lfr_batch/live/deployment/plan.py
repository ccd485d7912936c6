"""A deployment that is ready to begin: all its parts need to open themselves anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from lfr_batch.config.live import LiveConfig
from lfr_batch.live.alerts.protocol import AlertRouter
from lfr_batch.live.records import DeploymentRecord
from lfr_batch.models.planned import PlannedWith
from lfr_batch.models.settled import Settled

PartRole = Literal["camera", "analyst", "router"]
PartKey = tuple[PartRole, str]
"""With its name: a camera may be called "router" or "analyst"."""


SayStep = Callable[[str], None]
"""Is told what is being done while a deployment starts: a few words, without a full stop."""


def unsaid(_: str) -> None:
    """To nobody."""


@dataclass(frozen=True, slots=True)
class LivePlan:
    """Picklable. ``watchlist_home`` holds the deployment's own copy of the watchlist."""

    config: LiveConfig
    deployment: DeploymentRecord
    home: Path
    """Of model packs."""
    watchlist_home: Path
    router_folder: Path
    results_root: str
    settled: Settled
    """What the analyst computes with, also when it is started again."""
    planned: PlannedWith
    """Code and models that it must be then."""
    watch_from: datetime | None = None
    """It is aimed first, and watching may begin then; None: it watches at once."""


@dataclass(frozen=True, slots=True)
class PartState:
    """One running part of a deployment."""

    name: str
    role: PartRole
    up: bool
    restarts: int
    process: int | None
    """Process id; None while it is not up."""
    down_s: float = 0.0
    """For how long it has done nothing since the start, over all outages."""


class RunningDeployment(Protocol):
    """What has been started, as the console knows it."""

    @property
    def router(self) -> AlertRouter: ...

    def parts(self) -> tuple[PartState, ...]: ...


class LiveEngine(RunningDeployment, Protocol):
    """What has been started, as whoever started it knows it. Leaving its context ends it."""

    @property
    def trouble(self) -> str | None:
        """Why it will not go on, whatever is waited for; None while all is well."""

    @property
    def lost(self) -> int | None:
        """Once it has ended: alerts that were shown and could not be kept. None where the router
        did not answer any more, so that nobody knows."""
