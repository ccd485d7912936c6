"""One run through a video's packets: what is wanted of it, what it has met, what it lacks. Pure.

A ``Reading`` is one run's own, and nobody but its methods changes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lfr_batch.footage.clock import ClockState, Timing, tell
from lfr_batch.footage.damage import Damage, truncated_sentence
from lfr_batch.footage.sampling import SlotsSent
from lfr_batch.footage.stillness import Group, Stillness
from lfr_batch.records import NS_PER_S

JOINT_NS = NS_PER_S
"""Before the place where timestamps begin anew: packets that were under way there."""
NEAR_NS = NS_PER_S
"""Frames of interlaced footage so close to a segment are decoded with it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which frames will be looked at. Others are decoded where these depend on them."""

    start_ns: int = 0
    end_ns: int | None = None
    """None: to the end of the file."""
    sample_fps: float = 0.0
    """0: every frame."""
    interlaced: bool = False
    """The frames before and after one that is wanted are needed as well."""

    def holds(self, time_ns: int) -> bool:
        return time_ns >= self.start_ns and not self.is_past(time_ns)

    def is_past(self, time_ns: int) -> bool:
        return self.end_ns is not None and time_ns >= self.end_ns

    def is_near(self, time_ns: int) -> bool:
        """Whether the frame may be before or after one that is wanted."""
        near = time_ns >= self.start_ns - NEAR_NS and not self.is_past(time_ns - NEAR_NS)
        return self.interlaced and near


EVERYTHING = Wanted()


@dataclass(slots=True)
class Reading:
    """What one run through the packets has met so far. Times are media times."""

    timing: Timing
    wanted: Wanted = EVERYTHING
    stillness: Stillness | None = None
    """What the motion gate saw; None: every group of pictures is decoded."""
    packets: int = 0
    """Packets with data in them, decodable or not."""
    frames: int = 0
    read_to_ns: int = 0
    at_end: bool = False
    clock: ClockState = field(default_factory=ClockState)
    sent: SlotsSent = field(default_factory=SlotsSent)
    failed_ns: list[int] = field(default_factory=list)
    """Packets that could not be decoded."""
    flagged_ns: list[int] = field(default_factory=list)
    """Packets and frames that were said to be damaged, and were decoded."""

    def packet_came(self, *, has_data: bool) -> None:
        self.packets += has_data

    def read_failed(self) -> None:
        """What was lost stood behind what was read last."""
        self.failed_ns.append(self.read_to_ns)

    def end_came(self) -> None:
        self.at_end = True

    def packet_ns(self, tick: int | None) -> int:
        """When a packet's frame is shown; None: it has no timestamp, and counts as the last."""
        if tick is None:
            return self.clock.last_ns or 0
        return max(0, self.timing.ns(tick) + self.clock.shift_ns)

    def skips(self, group: Group) -> bool:
        """Whether only the first picture of ``group`` need be decoded."""
        # Behind the end, frames tell that it is reached.
        if self.stillness is None or self.wanted.is_past(group.start_ns):
            return False
        return self.stillness.skips(group)

    def packet_skipped(self, time_ns: int, end_ns: int) -> None:
        """It is of a group that is skipped: its frame is held where it would be a sample."""
        self.read_to(end_ns)
        if self.stillness is not None and self._is_sample(time_ns):
            self.stillness.hold(time_ns)

    def needs(self, time_ns: int) -> bool:
        """Whether a packet's frame is wanted for itself; if it is, it counts as sent.

        The first frame is always wanted: it tells where a seek has led.
        """
        is_sample = self._is_sample(time_ns)
        return is_sample or self.wanted.is_near(time_ns) or not self.frames

    def packet_failed(self, time_ns: int) -> None:
        self.failed_ns.append(time_ns)
        self.sent.lost(time_ns, self.wanted.sample_fps)

    def packet_flagged(self, time_ns: int) -> None:
        self.flagged_ns.append(time_ns)

    def read_to(self, end_ns: int) -> None:
        """A sound packet's frame is shown until then."""
        self.read_to_ns = max(self.read_to_ns, end_ns)

    def frame_came(self, tick: int | None, *, flagged: bool) -> tuple[int, int]:
        """The moment of the frame, and the same never going backwards."""
        before = self.clock
        raw_ns = None if tick is None else self.timing.ns(tick)
        moment_ns, self.clock = tell(before, raw_ns, self.timing.frame_ns)
        if self.clock.shift_ns != before.shift_ns:
            # Where recordings are joined, counters do not go on: nothing need be missing.
            joint_ns = (before.last_ns or 0) - JOINT_NS
            self.flagged_ns = [time_ns for time_ns in self.flagged_ns if time_ns < joint_ns]
        pts_ns = self.clock.last_ns or 0
        self.frames += 1
        self.read_to(pts_ns)
        if flagged:
            self.flagged_ns.append(moment_ns)
        return moment_ns, pts_ns

    def _is_sample(self, time_ns: int) -> bool:
        return self.wanted.holds(time_ns) and self.sent.needs(time_ns, self.wanted.sample_fps)


def damage_of(reading: Reading) -> Damage:
    """Of what is wanted; what failed elsewhere is another segment's."""
    damage = Damage()
    for time_ns in sorted([*reading.failed_ns, *reading.flagged_ns]):
        if reading.wanted.holds(time_ns):
            damage = damage.add(time_ns)
    return damage


def early_end(uri: str, reading: Reading, announced_ns: int, spare_ns: int) -> str | None:
    """A sentence where a file that was read to its end stops before what is wanted does.

    ``announced_ns`` is its length by its own account, of which ``spare_ns`` may be missing.
    """
    wanted = reading.wanted
    due_ns = announced_ns if wanted.end_ns is None else min(announced_ns, wanted.end_ns)
    if reading.read_to_ns >= due_ns - spare_ns:
        return None
    ends_ns = reading.read_to_ns if reading.frames else None
    return truncated_sentence(uri, announced_ns, wanted.start_ns, ends_ns)
