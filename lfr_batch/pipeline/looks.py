"""From decoded frames to looks: which frames are analysed, and what was found in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import TypeVar

from lfr_batch.config.schema import Config
from lfr_batch.faces.detectors import Detector, detect
from lfr_batch.footage.frames import Frame
from lfr_batch.records import FaceBatch

T = TypeVar("T")


@dataclass(slots=True)
class Tally:
    """What a segment costs and yields, counted while it streams by."""

    frames_decoded: int = 0
    frames_analysed: int = 0
    faces_detected: int = 0
    rejections: dict[str, int] = field(default_factory=dict)
    tracks: int = 0
    last_pts_ns: int | None = None
    decode_s: float = 0.0
    infer_s: float = 0.0

    def reject(self, reasons: Iterable[str]) -> None:
        for reason in reasons:
            if reason:
                self.rejections[reason] = self.rejections.get(reason, 0) + 1


@dataclass(frozen=True, slots=True)
class Look:
    """A moment of the footage. ``frame`` is None where nothing had changed since the last look."""

    pts_ns: int
    frame: Frame | None
    scene_cut: bool = False


def timed(items: Iterable[T], tally: Tally) -> Iterator[T]:
    """The same items; the time spent waiting for them is decode time."""
    iterator = iter(items)
    while True:
        started = perf_counter()
        try:
            item = next(iterator)
        except StopIteration:
            return
        finally:
            tally.decode_s += perf_counter() - started
        yield item


def batches(looks: Iterable[Look], size: int) -> Iterator[list[Look]]:
    """Runs of looks with at most ``size`` frames to analyse, all of one picture size."""
    batch: list[Look] = []
    sizes: set[tuple[int, int]] = set()
    frames = 0
    for look in looks:
        if look.frame is not None:
            if frames == size or (sizes and look.frame.size_wh not in sizes):
                yield batch
                batch, sizes, frames = [], set(), 0
            sizes.add(look.frame.size_wh)
            frames += 1
        batch.append(look)
    if batch:
        yield batch


def find_faces(
    looks: Iterable[Look], detector: Detector, config: Config, tally: Tally
) -> Iterator[tuple[Look, FaceBatch]]:
    """Every look with its faces, in order; looks without a frame have none."""
    for batch in batches(looks, config.detect.batch):
        frames = [look.frame for look in batch if look.frame is not None]
        started = perf_counter()
        found = iter(_detect(frames, detector, config.detect.long_side_px))
        tally.infer_s += perf_counter() - started
        for look in batch:
            faces = FaceBatch.empty() if look.frame is None else next(found)
            tally.faces_detected += len(faces)
            yield look, faces


def _detect(frames: list[Frame], detector: Detector, long_side_px: int) -> list[FaceBatch]:
    if not frames:
        return []
    box = detector.fit(frames[0].size_wh, long_side_px)
    return detect(detector, [frame.rgb(*box.content_wh) for frame in frames], box)
