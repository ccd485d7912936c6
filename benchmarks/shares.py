"""What the benchmark's figures are of what the machine allows, one row each. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from benchmarks.contenders.table import CONTENDERS
from benchmarks.rows import Row
from benchmarks.summary import Rounds, figure_of
from benchmarks.summary import Row as LoopRow
from benchmarks.tasks import DEFAULT_STREET, OVERHEAD, PARTS, Task

MODELS = {"quick": "detecting quickly", "thorough": "detecting thoroughly", "embed": "embedding"}
"""Parts that are measured both through the product's session and through the library alone."""


def shares(rounds: Rounds, rows: Sequence[LoopRow]) -> list[Row]:
    """Of each model's session, each loop and Ray. Without the parts alone there is no limit."""
    if not rounds.get(PARTS):
        return []
    return [*_of_models(rounds), *_of_loops(rows), *_on_ray(rounds, rows)]


def _of_models(rounds: Rounds) -> Iterator[Row]:
    for name, what in MODELS.items():
        alone_s = figure_of(rounds, PARTS, f"{name}_s")
        product_s = figure_of(rounds, PARTS, f"{name}_product_s")
        if alone_s and product_s:
            yield Row(what, "the product's session", 1 / product_s, "a second", 1 / alone_s)


def _of_loops(rows: Sequence[LoopRow]) -> Iterator[Row]:
    for row in rows:
        if row.share_of_limit:
            limit = row.frames_per_s / row.share_of_limit
            yield Row(
                CONTENDERS[row.contender].label, row.footage, row.frames_per_s, "frames/s", limit
            )


def _on_ray(rounds: Rounds, rows: Sequence[LoopRow]) -> Iterator[Row]:
    """The defaults on Ray, against the limit of the same loop in this process."""
    limit = _limit_in_real_time(rows, DEFAULT_STREET)
    measures = rounds.get(OVERHEAD, ())
    if limit and measures:
        speed = median(each.media_s / each.figures["ray_s"] for each in measures)
        yield Row("the defaults on Ray", OVERHEAD.footage, speed, "× real time", limit)


def _limit_in_real_time(rows: Sequence[LoopRow], task: Task) -> float | None:
    of_task = (r for r in rows if (r.contender, r.footage) == (task.contender, task.footage))
    row = next(of_task, None)
    if row is None or not row.share_of_limit:
        return None
    return row.times_real_time / row.share_of_limit
