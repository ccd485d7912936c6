"""A deployment that is ready to begin: all its parts need to open themselves anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from lfr_batch.config.live import LiveConfig
from lfr_batch.live.records import DeploymentRecord
from lfr_batch.live.router_protocol import AlertRouter

PartRole = Literal["camera", "analyst", "router"]


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


@dataclass(frozen=True, slots=True)
class PartState:
    """One running part of a deployment."""

    name: str
    role: PartRole
    up: bool
    restarts: int
    process: int | None
    """Process id; None while it is not up."""


class RunningDeployment(Protocol):
    """What has been started. Leaving the engine's context ends it."""

    @property
    def router(self) -> AlertRouter: ...

    def parts(self) -> tuple[PartState, ...]: ...
