"""What a run on a cluster is hit with, drawn from a seed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Literal

Kind = Literal["child", "supervisor", "raylet", "nodes", "gcs", "head", "near", "driver", "store"]
Way = Literal["KILL", "TERM", "INT", "STOP", "away", "expired"]

WAYS: Mapping[Kind, tuple[Way, ...]] = MappingProxyType(
    {
        "child": ("KILL", "TERM", "STOP"),
        "supervisor": ("KILL", "TERM", "STOP"),
        "raylet": ("KILL", "TERM", "STOP"),
        "nodes": ("KILL",),
        "gcs": ("KILL", "STOP"),
        "head": ("KILL", "STOP"),
        "near": ("KILL", "TERM"),
        "driver": ("KILL", "TERM", "INT", "STOP"),
        "store": ("away", "expired"),
    }
)
"""Signals, or what the bucket does. ``child``: a worker's guarded process, or the driver's own in
which files are probed; ``supervisor``: the actor above it; ``raylet``: of a node with workers;
``nodes``: all processes of several such nodes, or of all; ``gcs``: the head's; ``head``: all
processes of it; ``near``: the raylet that the driver talks through."""
SHARES: Mapping[Kind, int] = MappingProxyType(
    {
        "child": 4,
        "supervisor": 4,
        "raylet": 4,
        "nodes": 2,
        "gcs": 1,
        "head": 1,
        "near": 1,
        "driver": 3,
        "store": 2,
    }
)
"""Of twenty-two hits."""
STOPPED_S = (2.0, 10.0, 25.0, 60.0)
LONGEST_AWAY_S = 20.0
LATEST_S = 8.0
"""After the one before, or after the run began."""
BACK_S = (0.0, 5.0, 20.0)
"""Until a node that is gone joins again."""
NEVER_BACK, IMPATIENT, ALL = 0.3, 0.6, 0.4


@dataclass(frozen=True, slots=True)
class Hit:
    kind: Kind
    way: Way
    after_s: float
    for_s: float
    """How long it is stopped, or away."""
    back_s: float | None
    """Until nodes that are gone join again; None: they do not during this run."""
    patient: bool
    """Whether it waits until the run has gone on after the hit before."""
    which: float
    """Of those that could be hit, 0 to 1; of ``nodes``: below ALL all of them."""


def hits(seed: int, kinds: Sequence[Kind]) -> Iterator[Hit]:
    """Without end; each kind as often as its share, in an order of the seed."""
    random = Random(seed)
    while True:
        deck = [kind for kind in kinds for _ in range(SHARES[kind])]
        random.shuffle(deck)
        for kind in deck:
            yield _hit(kind, random)


def _hit(kind: Kind, random: Random) -> Hit:
    way, which = random.choice(WAYS[kind]), random.random()
    for_s = random.choice(STOPPED_S) if way == "STOP" else random.uniform(1, LONGEST_AWAY_S)
    stays_away = random.random() < NEVER_BACK and not (kind == "nodes" and which < ALL)
    back_s = random.choice(BACK_S)
    return Hit(
        kind,
        way,
        after_s=random.uniform(0, LATEST_S),
        for_s=for_s,
        back_s=None if stays_away else back_s,
        patient=random.random() >= IMPATIENT,
        which=which,
    )
