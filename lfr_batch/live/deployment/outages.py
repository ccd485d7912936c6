"""For how long nobody looked at a camera: its own process, or the analyst's, was gone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lfr_batch.live.deployment.plan import PartKey, PartState


def down_s_of(parts: Iterable[PartState]) -> dict[PartKey, float]:
    return {(part.role, part.name): part.down_s for part in parts}


def newly_blind_s(
    before_s: Mapping[PartKey, float], parts: Iterable[PartState]
) -> dict[str, float]:
    """By camera, in seconds, for how long since ``before_s``: ``down_s_of`` the parts at the last
    look. Only cameras for which there is anything."""
    more = {key: down_s - before_s.get(key, 0.0) for key, down_s in down_s_of(parts).items()}
    shared_s = max((s for (role, _), s in more.items() if role == "analyst"), default=0.0)
    cameras = {name: max(s, shared_s) for (role, name), s in more.items() if role == "camera"}
    return {name: blind_s for name, blind_s in cameras.items() if blind_s > 0.0}


def restarts(parts: Iterable[PartState]) -> dict[str, int]:
    """Of the parts that were lost, how often they were started anew."""
    return {part_name(part): part.restarts for part in parts if part.restarts}


def part_name(part: PartState) -> str:
    """A camera may be called as another part is."""
    return f"camera {part.name}" if part.role == "camera" else part.name
