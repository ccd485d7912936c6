"""The pictures of a few seconds around a sighting, as often as they are asked for.

They are decoded anew each time: to look twice costs less than to keep them all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass

import cv2
import numpy as np

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import FootageDamaged, FootageUnreadable
from lfr_batch.evidence.spot import Spot, asset_of, stretch
from lfr_batch.footage.frames import Frame
from lfr_batch.footage.open import open_segment
from lfr_batch.records import NS_PER_S, ByteArray, FloatArray, FootageAsset, nanoseconds

Told = Callable[[float], None]
"""Is called with the share of the work that is done, 0 to 1; what it raises ends the work."""
FALLBACK_RATE = 25.0
EARLY = 0.9
"""Of the time between two pictures, what is enough where frames come a little early."""


@dataclass(frozen=True, slots=True)
class Frugal:
    """What is looked at of the footage."""

    before_s: float
    after_s: float
    longest_px: int
    """The longer side of the pictures, which are never enlarged."""
    fps: float | None = None
    """At most so many pictures a second; None: all that there are."""


@dataclass(frozen=True, slots=True)
class Filmed:
    """Where the pictures come from, and how large they are; sides are even in a video."""

    spot: Spot
    asset: FootageAsset
    s3: S3Config
    frugal: Frugal
    size_wh: tuple[int, int]
    scale: FloatArray
    """(4,) by which boxes of the footage become those of the pictures."""

    @property
    def box(self) -> FloatArray:
        """(4,) the sighting's face in its picture."""
        return np.asarray(self.spot.box * self.scale, np.float32)

    @property
    def rate(self) -> float:
        own = self.asset.frame_rate or FALLBACK_RATE
        return min(own, self.frugal.fps or own)

    def pictures(self) -> Iterator[tuple[int, ByteArray]]:
        """Media time in nanoseconds, strictly rising, and (height, width, 3) BGR.

        Raises FootageUnreadable, FootageChanged, StoreUnreachable. What is damaged ends them.
        """
        for frame in _wanted(self):
            rgb = frame.rgb(*self.size_wh)
            yield frame.pts_ns, np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), np.uint8)


@dataclass(slots=True)
class Allowance:
    """How long something may take, and who is told how far it is."""

    uri: str
    told: Told | None = None
    limit_s: float | None = None
    begun_s: float = 0.0

    def __post_init__(self) -> None:
        self.begun_s = time.monotonic()

    def left_s(self) -> float:
        """-1: as long as it takes."""
        if self.limit_s is None:
            return -1.0
        return max(0.0, self.begun_s + self.limit_s - time.monotonic())

    def spend(self, share: float) -> None:
        """Raises FootageUnreadable where the time is over."""
        if self.left_s() == 0.0:
            raise FootageUnreadable(
                f"{self.uri}: to hide everyone else takes longer than the {self.limit_s:g} s it "
                "may take here: look at the evidence picture, or try again when less is going on"
            )
        if self.told is not None:
            self.told(min(share, 1.0))


def filmed(spot: Spot, s3: S3Config, frugal: Frugal) -> Filmed:
    """Raises as ``asset_of``, and FootageUnreadable where there is no picture."""
    asset = asset_of(spot, s3)
    whole = Filmed(spot, asset, s3, frugal, (2, 2), np.ones(4, np.float32))
    with closing(_wanted(whole)) as frames:
        first = next(frames, None)
    if first is None:
        raise FootageUnreadable(f"{spot.uri} holds no picture at that moment: scan it anew")
    size_wh = _size(first.size_wh, frugal.longest_px, even=asset.kind == "video")
    by = np.divide([*size_wh, *size_wh], [*first.size_wh, *first.size_wh], dtype=np.float32)
    return Filmed(spot, asset, s3, frugal, size_wh, by)


def _size(size_wh: tuple[int, int], longest_px: int, *, even: bool) -> tuple[int, int]:
    scale = min(1.0, longest_px / max(size_wh))
    width, height = (max(2, round(side * scale)) for side in size_wh)
    return (width // 2 * 2, height // 2 * 2) if even else (width, height)


def _wanted(of: Filmed) -> Generator[Frame]:
    spot, frugal = of.spot, of.frugal
    start_ns = max(0, spot.best_ns - nanoseconds(frugal.before_s))
    end_ns = spot.best_ns + nanoseconds(frugal.after_s) + 1
    still = of.asset.kind == "still"
    segment = stretch(of.asset, 0, None) if still else stretch(of.asset, start_ns, end_ns)
    step_ns = EARLY * NS_PER_S / frugal.fps if frugal.fps else 1
    last_ns = start_ns - NS_PER_S
    with closing(open_segment(segment, of.s3)) as frames:
        try:
            for frame in frames:
                if still and frame.picture == (spot.picture or 1):
                    yield frame
                if still or frame.pts_ns < start_ns:
                    continue
                if frame.pts_ns - last_ns >= step_ns:
                    last_ns = frame.pts_ns
                    yield frame
        except FootageDamaged:
            return
