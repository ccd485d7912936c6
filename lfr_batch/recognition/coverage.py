"""Which stretches of a segment were seen, and which were not. Pure.

Media time that is claimed is not time that was seen: between two pictures that are far apart,
and before the first that can be decoded, nobody looked.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lfr_batch.records import NS_PER_S, seconds

SHORTEST_LEAP_S = 3.0
"""A track bridges one second; cameras that write a picture a second while nothing moves may miss
two."""
LONGEST_STEP_S = 60.0
"""Between the pictures of a time-lapse; between those of a slower one, nobody knows."""
STEPS = 2.5
"""Pictures may be missing in a row before it is a leap."""
BEGINS_LATE_NS = NS_PER_S // 4
"""Frames are coded in another order than they are shown in, so the first may be a little late."""


def leap_ns(frame_rate: float | None, sample_fps: float) -> int:
    """From how far apart two pictures that were decoded have unseen time between them."""
    step_s = min(STEPS / frame_rate, LONGEST_STEP_S) if frame_rate else 0.0
    sampled_s = STEPS / sample_fps if sample_fps else 0.0
    return int(max(SHORTEST_LEAP_S, step_s, sampled_s) * NS_PER_S)


@dataclass(slots=True)
class Coverage:
    """Told of the moments at which there was a picture, in order."""

    start_ns: int = 0
    end_ns: int | None = None
    leap_ns: int = int(SHORTEST_LEAP_S * NS_PER_S)
    last_ns: int | None = None
    seen_ns: int = 0
    unseen_ns: int = 0
    begins_late_ns: int = 0
    leaps: int = 0
    longest_ns: tuple[int, int] = field(default=(0, 0))
    """The longest leap: from and to."""

    def saw(self, pts_ns: int) -> None:
        self._step(self.start_ns if self.last_ns is None else self.last_ns, pts_ns)
        self.last_ns = pts_ns

    def ended(self) -> None:
        """There is no further picture in the segment, or there was none at all."""
        if self.end_ns is not None:
            self._step(self.start_ns if self.last_ns is None else self.last_ns, self.end_ns)

    def unsearched(self, uri: str) -> str | None:
        """A sentence about what was not seen; None: all of it was."""
        said = []
        if self.begins_late_ns:
            late = f"{seconds(self.begins_late_ns):.1f} s"
            said.append(f"the first {late} of {uri} cannot be decoded: it begins between keyframes")
        if self.leaps:
            from_s, to_s = (seconds(ns) for ns in self.longest_ns)
            what = "there is no picture"
            if self.leaps > 1:
                unseen_s = seconds(self.unseen_ns - self.begins_late_ns)
                what = f"for {unseen_s:.1f} s in all there is no picture, the longest time"
            said.append(f"{uri}: {what} between {from_s:.1f} s and {to_s:.1f} s")
        return "; ".join(said) or None

    def _step(self, from_ns: int, to_ns: int) -> None:
        step_ns = max(0, to_ns - from_ns)
        begins = self.last_ns is None and self.start_ns == 0
        if begins and step_ns > BEGINS_LATE_NS:
            self.begins_late_ns = step_ns
            self.unseen_ns += step_ns
        elif step_ns > self.leap_ns:
            self.leaps += 1
            self.unseen_ns += step_ns
            known_from_ns, known_to_ns = self.longest_ns
            if step_ns > known_to_ns - known_from_ns:
                self.longest_ns = (from_ns, to_ns)
        else:
            self.seen_ns += step_ns
