"""What a pool of workers is told, and what it says is to be done. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from lfr_batch.errors import LfrError


@dataclass(frozen=True, slots=True)
class ClusterNode:
    """A node that is alive."""

    node_id: str
    host: str
    room: int
    """Workers that fit on it when it has nothing else to do."""
    leaves_s: float | None = None
    """When it is to go away (inf: once it has nothing to do); None: it stays."""


@dataclass(frozen=True, slots=True)
class Looked:
    nodes: tuple[ClusterNode, ...]


@dataclass(frozen=True, slots=True)
class WorkerOpened:
    worker: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A worker cannot be opened there."""

    worker: int
    error: LfrError


@dataclass(frozen=True, slots=True)
class ItemAnswered:
    worker: int
    task: int


@dataclass(frozen=True, slots=True)
class Died:
    """A worker's supervisor is gone; its decoder, in a process of its own, cannot do that."""

    worker: int


Event = Looked | WorkerOpened | Refused | ItemAnswered | Died


@dataclass(frozen=True, slots=True)
class Start:
    worker: int
    node_id: str


@dataclass(frozen=True, slots=True)
class End:
    worker: int


@dataclass(frozen=True, slots=True)
class GiveBack:
    """The item is lost to its node."""

    task: int
    said: str


@dataclass(frozen=True, slots=True)
class Say:
    sentence: str


@dataclass(frozen=True, slots=True)
class SayStill:
    """Nothing has come back for so long."""

    for_s: float


@dataclass(frozen=True, slots=True)
class Fail:
    error: LfrError


Action = Start | End | GiveBack | Say | SayStill | Fail
