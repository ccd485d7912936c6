"""From labels to what workers are given: each file is probed, and cut as a scan cuts it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lfr_batch.errors import UsageError
from lfr_batch.evaluation.labelled import Labelled
from lfr_batch.evaluation.outcomes import ProbeItem
from lfr_batch.evaluation.protocol import Protocol
from lfr_batch.footage.segments import plan_segments
from lfr_batch.records import FootageAsset

KEY = "evaluation"


@dataclass(frozen=True, slots=True)
class PlannedProbes:
    items: tuple[ProbeItem, ...]
    pictures: tuple[Labelled, ...]
    """By the number of their items."""
    clips: tuple[FootageAsset, ...]
    """By the number of theirs."""
    unread: Mapping[int, str]
    """Pictures without an item, since they cannot be read."""


def planned_probes(
    made: Protocol, assets: Mapping[str, FootageAsset], known: Iterable[str], segment_s: float
) -> PlannedProbes:
    """``assets``: of each uri; ``known``: subjects who are in the gallery. Raises UsageError for a
    clip that cannot be read."""
    there = frozenset(known)
    items, unread = list[ProbeItem](), dict[int, str]()
    for number, file in enumerate(made.searched):
        asset = assets[file.uri]
        if asset.status == "failed" or asset.kind != "still":
            unread[number] = "unreadable"
            continue
        whose = file.subject_id if file.subject_id in there else None
        (segment,) = plan_segments(asset, segment_s, KEY)
        items.append(ProbeItem(number, segment, whose, file.box_xyxy))
    clips = tuple(_clip(assets[uri]) for uri in dict.fromkeys(c.uri for c in made.clips))
    for number, asset in enumerate(clips):
        items += [ProbeItem(number, s) for s in plan_segments(asset, segment_s, KEY)]
    return PlannedProbes(tuple(items), made.searched, clips, unread)


def _clip(asset: FootageAsset) -> FootageAsset:
    if asset.status == "failed":
        raise UsageError(
            f"{asset.error or asset.uri}: mend the file, or leave its lines out of the labels."
        )
    return asset
