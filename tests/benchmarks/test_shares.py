from __future__ import annotations

import io

import pytest
from rich.console import Console

from benchmarks.measures import Measure
from benchmarks.rows import Row
from benchmarks.shares import shares
from benchmarks.show import show
from benchmarks.summary import Rounds, rows_of, targets_of
from benchmarks.tasks import DEFAULT_STREET, EVERY_MINUTE, OVERHEAD, PARTS

ALONE = {"decode_s": 0.002, "quick_s": 0.005, "thorough_s": 0.02, "embed_s": 0.004}
PRODUCT = {"quick_product_s": 0.005, "thorough_product_s": 0.025, "embed_product_s": 0.008}
VISITS = {"street": ((1.0, 5.5),)}


def loop(wall_s: float, looks: int) -> Measure:
    return Measure(frames=1500, looks=looks, media_s=60.0, wall_s=wall_s, cpu_s=1.0)


ROUNDS: Rounds = {
    PARTS: [Measure(figures={**ALONE, **PRODUCT}, how="alone")],
    EVERY_MINUTE: [loop(15.0, 1500)],
    DEFAULT_STREET: [loop(6.0, 300)],
    OVERHEAD: [Measure(media_s=240.0, figures={"ray_s": 20.0, "in_process_s": 19.0})],
}


def test_each_figure_stands_beside_its_limit() -> None:
    found = shares(ROUNDS, rows_of(ROUNDS, VISITS))
    assert [(row.figure, row.unit) for row in found] == [
        (200.0, "a second"),
        (40.0, "a second"),
        (125.0, "a second"),
        (100.0, "frames/s"),
        (250.0, "frames/s"),
        (12.0, "× real time"),
    ]
    default_limit = 1500 / (1500 * 0.002 + 300 * 0.005)
    assert [row.limit for row in found] == [
        pytest.approx(limit)
        for limit in (200.0, 50.0, 250.0, 1 / 0.007, default_limit, default_limit / 25)
    ]
    assert [row.share for row in found] == [
        pytest.approx(share) for share in (1.0, 0.8, 0.5, 0.7, 0.75, 12 / (default_limit / 25))
    ]


def test_without_a_limit_there_is_no_share() -> None:
    without = {task: measures for task, measures in ROUNDS.items() if task is not PARTS}
    assert shares(without, rows_of(without, VISITS)) == []
    only = {PARTS: ROUNDS[PARTS], OVERHEAD: ROUNDS[OVERHEAD]}
    assert all(isinstance(row, Row) and row.unit == "a second" for row in shares(only, []))


def test_shares_are_printed() -> None:
    rows, console = rows_of(ROUNDS, VISITS), Console(file=io.StringIO(), width=150)
    show(rows, ROUNDS, targets_of(ROUNDS, rows), {}, console)
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "Shares of what the machine allows" in said
    assert all(word in said for word in ("figure", "limit", "share", "the defaults on Ray"))
