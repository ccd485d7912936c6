"""What of a batch's outputs comes down from a device, as the answers of its pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lfr_batch.models.ladder import Size
from lfr_batch.models.lane import Outputs
from lfr_batch.models.selection import Selection
from lfr_batch.records import FloatArray

Download = Callable[[Any, int | None], FloatArray]
"""See ``Transfers.floats``."""
Answers = Callable[[Sequence[Any], Download, int, int], list[Outputs]]
"""From outputs on a device, how many pictures were asked, and of how many the batch is."""


def whole_outputs(
    outputs: Sequence[Any], download: Download, pictures: int, batch: int
) -> list[Outputs]:
    """All outputs, whose first axis is that of the pictures, unless the batch is 1: then they are
    handed on as they are."""
    if batch == 1:
        return [tuple(download(output, None) for output in outputs)]
    kept = [download(output, pictures) for output in outputs]
    return [tuple(output[i : i + 1] for output in kept) for i in range(pictures)]


def best_cells(selection: Selection, min_score: float, size_wh: Size) -> Answers:
    """The first output alone, see ``selecting_graph``, where it holds all cells that score more
    than ``min_score``; else every cell, in rows of the same form."""

    def answers(outputs: Sequence[Any], download: Download, pictures: int, _: int) -> list[Outputs]:
        best = download(outputs[0], pictures)[:pictures]
        whole = [selection.is_whole(rows, min_score, size_wh) for rows in best]
        if all(whole):
            return [(best[i : i + 1],) for i in range(pictures)]
        every = selection.all_rows([download(head, pictures) for head in outputs[1:]])
        return [((best if whole[i] else every)[i : i + 1],) for i in range(pictures)]

    return answers
