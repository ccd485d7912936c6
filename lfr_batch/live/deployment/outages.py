"""For how long nobody looked at a camera: its own process, or the analyst's, was gone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lfr_batch.live.deployment.plan import PartState


@dataclass(slots=True)
class Outages:
    """What the parts said the last time."""

    _down_s: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def since_last(self, parts: Iterable[PartState]) -> dict[str, float]:
        """By camera, in seconds; only cameras for which there is anything."""
        before, self._down_s = self._down_s, {(p.role, p.name): p.down_s for p in parts}
        more = {key: down_s - before.get(key, 0.0) for key, down_s in self._down_s.items()}
        shared_s = max((s for (role, _), s in more.items() if role == "analyst"), default=0.0)
        cameras = {name: max(s, shared_s) for (role, name), s in more.items() if role == "camera"}
        return {name: blind_s for name, blind_s in cameras.items() if blind_s > 0.0}


def restarts(parts: Iterable[PartState]) -> dict[str, int]:
    """Of the parts that were lost, how often they were started anew."""
    return {part_name(part): part.restarts for part in parts if part.restarts}


def part_name(part: PartState) -> str:
    """A camera may be called as another part is."""
    return f"camera {part.name}" if part.role == "camera" else part.name
