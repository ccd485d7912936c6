"""Which segments a snapshot takes over, and which it writes anew. Pure.

A segment of n templates is written anew only with as many or more, so that a template is copied
about log2 of the gallery's size times in all, and a snapshot has about as many segments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lfr_batch.gallery.exact_scores import Rows
from lfr_batch.records import BoolArray

LEAST_LIVE = 0.75
"""A segment less of which is the snapshot's is written anew."""
NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Merge:
    kept: tuple[int, ...]
    """Numbers of the segments that are taken over as they are."""
    merged: tuple[int, ...]
    """Those whose templates go into a new segment, before what is new. The rest is dropped."""


def plan_merge(sizes: Sequence[int], live: Sequence[int], new: int) -> Merge:
    """Of segments of so many templates each, of which so many are the snapshot's."""
    used = [number for number in range(len(sizes)) if live[number]]
    merged = [number for number in used if live[number] < LEAST_LIVE * sizes[number]]
    total = new + sum(live[number] for number in merged)
    for number in sorted(set(used) - set(merged), key=lambda number: live[number]):
        if live[number] > total:
            break
        merged.append(number)
        total += live[number]
    if not new and len(merged) == 1 and live[merged[0]] == sizes[merged[0]]:
        merged = []
    kept = tuple(number for number in used if number not in merged)
    return Merge(kept, tuple(sorted(merged)))


def moved(live: Sequence[BoolArray], merge: Merge) -> Rows:
    """Where each template of the segments, laid end to end, is afterwards; NOWHERE for the others.

    ``live`` says of each segment which of its templates are the snapshot's.
    """
    places = [np.full(len(mask), NOWHERE, np.int64) for mask in live]
    start = 0
    for number in merge.kept:
        places[number][:] = start + np.arange(len(live[number]))
        start += len(live[number])
    for number in merge.merged:
        count = int(live[number].sum())
        places[number][live[number]] = start + np.arange(count)
        start += count
    return np.concatenate(places)


def size_after(live: Sequence[BoolArray], merge: Merge) -> int:
    """Of all segments, before what is new."""
    kept = sum(len(live[number]) for number in merge.kept)
    return kept + sum(int(live[number].sum()) for number in merge.merged)
