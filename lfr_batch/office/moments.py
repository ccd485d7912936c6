"""The moment of a sighting, for a screen: a few seconds of the footage in which everyone else is
hidden. It is made when somebody asks for it, in a process that ends with it, and not kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from lfr_batch.config.load import parse_config
from lfr_batch.config.schema import Config, S3Config
from lfr_batch.errors import FootageUnreadable, TooEarly
from lfr_batch.evidence.hidden import HiddenClip, moment
from lfr_batch.evidence.hider import open_hider
from lfr_batch.evidence.spot import Spot, spot_of
from lfr_batch.homes.at_hand import Home, pack_at_hand
from lfr_batch.models.store import load_pack
from lfr_batch.work.guarded import guarded
from lfr_batch.work.limits import Limits
from lfr_batch.work.lost import Lost

MOMENT_S = 60.0
"""So long it may take, of wall time, and of processor time this many times as long."""
TIMES, MEMORY_MIB = 4, 4096.0
PATIENCE_S = 30.0
"""So long somebody waits while another's is made."""
THREADS = 2


@dataclass(frozen=True, slots=True)
class MomentSpec:
    """What the process is opened with. Picklable."""

    home: Home
    s3: S3Config
    pack: str
    config: Config

    @property
    def limits(self) -> Limits:
        return Limits(memory_mib=MEMORY_MIB, time_s=TIMES * MOMENT_S)

    def media_s(self, _: Spot) -> float:
        return 0.0


@dataclass(slots=True)
class MomentMaker:
    """Every method may be called from any thread: one is made at a time."""

    home: Home
    s3: S3Config
    _lock: Lock = field(default_factory=Lock)

    def of(
        self, run: Mapping[str, Any], sighting: Mapping[str, Any], footage: Mapping[str, Any]
    ) -> HiddenClip:
        """``run``, ``sighting``, ``footage``: rows of the lake.

        Raises FootageGone, FootageChanged, FootageUnreadable, StoreUnreachable, PackError, and
        TooEarly while another's is made.
        """
        spot = spot_of(sighting, footage)
        config = parse_config(json.loads(run["config"]), f"run {run['run_id']}")
        spec = MomentSpec(self.home, self.s3, run["model_pack"].partition("@")[0], config)
        if not self._lock.acquire(timeout=PATIENCE_S):
            raise TooEarly("somebody else's moment is being made: try again in a minute")
        try:
            with guarded(open_moments, spec) as made:
                clip = made(spot)
        finally:
            self._lock.release()
        if isinstance(clip, Lost):
            raise FootageUnreadable(
                f"{spot.uri}: its moment could not be made: {clip.said or clip.why}"
            )
        return clip


def open_moments(spec: MomentSpec) -> Callable[[Spot], HiddenClip]:
    """In the process that makes it."""
    pack = load_pack(Path(pack_at_hand(spec.home, spec.pack, spec.s3)), spec.pack)
    hider = open_hider(pack, spec.config, THREADS)
    return partial(moment, hider=hider, s3=spec.s3, limit_s=MOMENT_S)
