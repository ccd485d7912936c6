"""Groups of pictures in which nothing moves, told from the sizes of their packets. Pure.

A camera that codes what changes writes next to nothing while nothing does. Where decoded groups
were seen to be still, a following one whose packets are no larger is still as well, and its first
picture, which is always decoded and compared, says whether anything is different. A group that is
larger than the still ones, or a stream whose packets do not tell (a constant bit rate), is decoded
as ever; so is one group in every so often, to know anew what still is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lfr_batch.records import NS_PER_S

LARGER = 1.08
"""Times what still groups write in their busiest moment, from which a group holds movement."""
MOMENT_PACKETS = 12
"""About half a second: movement makes many packets in a row larger, chance makes one."""
TELLING = 1 / 8
"""Packets of a still group are at most this part of its first: otherwise sizes tell nothing."""
KNOWN_GROUPS = 4
UNSEEN_NS = 30 * NS_PER_S
"""Longest stretch of which only first pictures are decoded."""
UNSAMPLED_NS = NS_PER_S // 4
"""Shorter than a moment: what moves in it hardly makes a group's busiest moment busier."""


@dataclass(frozen=True, slots=True)
class Group:
    """Packets from one keyframe to the next."""

    start_ns: int
    end_ns: int
    first_bytes: int
    rest_bytes: tuple[int, ...]

    @property
    def busiest_bytes(self) -> float:
        """Mean packet of its busiest moment."""
        sizes, width = self.rest_bytes, min(MOMENT_PACKETS, len(self.rest_bytes))
        return max(sum(sizes[i : i + width]) / width for i in range(len(sizes) - width + 1))


@dataclass(slots=True)
class Stillness:
    """What one run through a segment has learnt. The motion gate reports what it saw."""

    decoded: list[Group] = field(default_factory=list)
    """The last groups that were decoded whole."""
    changed_ns: list[int] = field(default_factory=list)
    seen_from_ns: int | None = None
    seen_to_ns: int = -1
    decoded_to_ns: int = -1
    unseen_from_ns: int | None = None
    held_ns: list[int] = field(default_factory=list)
    """Moments that would have been samples, in groups that were not decoded; not taken yet."""

    def saw(self, pts_ns: int, changed: bool) -> None:
        """A sampled frame passed the motion gate."""
        if self.seen_from_ns is None:
            self.seen_from_ns = pts_ns  # the first is compared with nothing
        elif changed:
            self.changed_ns.append(pts_ns)
        self.seen_to_ns = pts_ns
        self.passed(pts_ns)

    def passed(self, pts_ns: int) -> None:
        """A frame was decoded."""
        self.decoded_to_ns = pts_ns

    def skips(self, group: Group) -> bool:
        """Whether only the first picture of ``group`` need be decoded."""
        if self._is_still(group):
            self.unseen_from_ns = (
                group.start_ns if self.unseen_from_ns is None else self.unseen_from_ns
            )
            return True
        self.unseen_from_ns = None
        self.decoded = [*self.decoded, group][-2 * KNOWN_GROUPS :]
        self.changed_ns = [ns for ns in self.changed_ns if ns >= self.decoded[0].start_ns]
        return False

    def hold(self, pts_ns: int) -> None:
        """A moment that would have been a sample, in a group that is skipped."""
        self.held_ns.append(pts_ns)

    def take_held(self, before_ns: int | None) -> list[int]:
        """Held moments earlier than ``before_ns`` (None: all), each given out once."""
        due = [ns for ns in self.held_ns if before_ns is None or ns < before_ns]
        self.held_ns = self.held_ns[len(due) :]
        return due

    def _is_still(self, group: Group) -> bool:
        known = [g for g in self.decoded if self._was_still(g)][-KNOWN_GROUPS:]
        if not known or not group.rest_bytes or self._moved_since(known[-1].end_ns):
            return False
        unseen_from_ns = group.start_ns if self.unseen_from_ns is None else self.unseen_from_ns
        if group.end_ns - unseen_from_ns > UNSEEN_NS:
            return False
        return _no_larger(group, known)

    def _was_still(self, group: Group) -> bool:
        if self.seen_from_ns is None or not group.rest_bytes:
            return False
        # Movement behind the last sample would be learnt as stillness.
        to_its_end = group.end_ns - self.seen_to_ns <= UNSAMPLED_NS
        decoded = self.seen_from_ns <= group.start_ns and group.end_ns <= self.decoded_to_ns
        seen_whole = decoded and to_its_end
        return seen_whole and not any(group.start_ns <= ns < group.end_ns for ns in self.changed_ns)

    def _moved_since(self, moment_ns: int) -> bool:
        return any(ns >= moment_ns for ns in self.changed_ns)


def _no_larger(group: Group, still: Sequence[Group]) -> bool:
    busiest = max(g.busiest_bytes for g in still)
    return busiest <= TELLING * group.first_bytes and group.busiest_bytes <= LARGER * busiest
