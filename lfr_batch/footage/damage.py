"""What could not be read of a video, and the sentence that says so. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lfr_batch.records import NS_PER_S, seconds


@dataclass(frozen=True, slots=True)
class Damage:
    """Packets that failed, and the media time they span."""

    packets: int = 0
    first_ns: int = 0
    last_ns: int = 0

    def add(self, time_ns: int) -> Damage:
        if not self.packets:
            return Damage(1, time_ns, time_ns)
        return replace(
            self,
            packets=self.packets + 1,
            first_ns=min(self.first_ns, time_ns),
            last_ns=max(self.last_ns, time_ns),
        )


def damaged_sentence(uri: str, damage: Damage) -> str:
    packets = "1 packet" if damage.packets == 1 else f"{damage.packets} packets"
    first, last = f"{seconds(damage.first_ns):.1f}", f"{seconds(damage.last_ns):.1f}"
    span = f"at {first} s" if first == last else f"between {first} s and {last} s"
    return f"{uri} is damaged: {packets} {span} could not be decoded"


def truncated_sentence(uri: str, announced_ns: int, start_ns: int, ends_ns: int | None) -> str:
    """``ends_ns`` None: where it ends is not known, but it is before ``start_ns``."""
    ends = (
        f"before {seconds(start_ns):.1f} s" if ends_ns is None else f"at {seconds(ends_ns):.1f} s"
    )
    announced = f"its header announces {seconds(announced_ns):.1f} s"
    return f"{uri} is truncated: {announced} but it ends {ends}"


def tolerance_ns(announced_ns: int, *, duration_of_stream: bool, has_audio: bool) -> int:
    """How much shorter than announced a sound video may be.

    Where only the container's duration is known and there is sound, the sound may go on longer. Of
    long footage no share is a trifle: a fiftieth of a day is half an hour.
    """
    of_pictures = duration_of_stream or not has_audio
    least_s, share, most_s = (1.0, 0.02, 10.0) if of_pictures else (1.5, 0.1, 60.0)
    return round(min(max(least_s * NS_PER_S, announced_ns * share), most_s * NS_PER_S))
