from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest

from benchmarks.growth import advice, costs_of
from benchmarks.growth_model import (
    GIB,
    Archive,
    Costs,
    Design,
    Limits,
    busy_workers,
    forecast,
    largest_run_hours,
    ledger_blocks,
    part_files,
)

DESIGN = Design(
    in_ray=50_000, ledger_block=256, fan=32, levels=2, part_rows=20_000, part_bytes=1 << 26
)
COSTS = Costs(
    base_bytes=GIB,
    plan_bytes=1000.0,
    waiting_bytes=100.0,
    receipt_bytes=500.0,
    asset_bytes=0.0,
    block_bytes=7000.0,
    ledger_bytes=20.0,
    lake_bytes=30.0,
    open_s=20e-6,
    publish_s=50e-6,
    submit_s=0.0,
    drive_s=0.01,
)


def by_name(hours: float, costs: Costs = COSTS, **limits: float) -> dict[str, Any]:
    figures = forecast(Archive(hours=hours), costs, DESIGN, Limits(**limits))
    return {figure.what: figure for figure in figures}


def test_memory_breaks_where_plan_and_receipts_fill_what_the_base_leaves() -> None:
    found = by_name(1000.0, driver_bytes=2 * GIB)
    publishing = found["driver memory while it publishes"]
    assert publishing.value == pytest.approx((GIB + 60_000 * 1500) / 2**20)
    assert publishing.breaks_at_hours == pytest.approx(GIB / 1500 / 60)
    assert found["driver memory while it runs"].breaks_at_hours == pytest.approx(GIB / 1100 / 60)


def test_where_it_breaks_does_not_depend_on_the_archive_that_is_asked_about() -> None:
    few, many = by_name(1e3), by_name(1e6)
    for what in ("driver memory while it publishes", "time of a resume with nothing to do"):
        assert few[what].breaks_at_hours == pytest.approx(many[what].breaks_at_hours)


def test_what_breaks_first_comes_first_and_is_what_a_run_must_stay_below() -> None:
    figures = forecast(Archive(hours=1e6), COSTS, DESIGN, Limits())
    known = [f.breaks_at_hours for f in figures if f.breaks_at_hours is not None]
    assert known == sorted(known)
    assert largest_run_hours(figures) == known[0]
    assert f"{known[0]:,.0f} h" in advice(figures)
    assert largest_run_hours([f for f in figures if f.limit is None]) is None


def test_what_waits_in_ray_does_not_grow_with_the_archive() -> None:
    small, large = by_name(1e5), by_name(1e6)
    what = "driver memory for what waits in Ray"
    assert small[what].value == large[what].value == pytest.approx(50_000 * 7000 / 2**20)


@pytest.mark.parametrize(
    ("receipts", "blocks"),
    [(0, 0), (1, 1), (256, 1), (257, 2), (256 * 1024, 1), (256 * 1024 + 1, 2), (60_000_000, 228)],
)
def test_the_ledger_keeps_few_blocks(receipts: int, blocks: int) -> None:
    assert blocks <= ledger_blocks(receipts, DESIGN) <= blocks + 62


def test_parts_are_counted_by_rows_and_pictures_by_bytes() -> None:
    archive = Archive(hours=1000.0, hit_share=0.5, picture_bytes=15_000.0)
    # 60,000 segments, 1,000 files, 30,000 sightings with five candidates and 450 MB of pictures.
    assert part_files(archive, DESIGN) == 3 + 1 + 2 + 8 + 7


def test_a_driver_keeps_as_many_workers_busy_as_it_has_time_for() -> None:
    assert busy_workers(Archive(hours=1.0), COSTS) == pytest.approx(60 / 25 / 0.01)
    slower = replace(COSTS, drive_s=0.02)
    assert busy_workers(Archive(hours=1.0), slower) == pytest.approx(120.0)


def measured(segments: float, per_segment: float) -> dict[str, dict[str, float]]:
    """A driver with a base of 1e8 bytes, and 2, 1 and 0.5 times ``per_segment`` bytes on top."""
    memory = {"base_bytes": 1e8, "segments": segments}
    return {
        "receipts": {"ledger_bytes": 20 * segments, "segments": segments},
        "shards": {"shards": segments / 60},
        "resume": {
            **memory,
            "files": segments / 60,
            "plan_bytes": 5e6 + 2 * per_segment * segments,
            "files_bytes": 0.5 * per_segment * segments,
            "waiting_bytes": 0.25 * per_segment * segments,
            "cpu_s": 1.0 + 20e-6 * segments,
        },
        "publish": {
            **memory,
            "peak_bytes": 1e8 + 3.5 * per_segment * segments,
            "lake_bytes": 30 * segments + 15_000 * segments / 60,
            "cpu_s": 1.0 + 100e-6 * segments,
        },
        "ray": {
            "segments": segments,
            "blocks_bytes": 1e6 + 7000 * segments,
            "first_cpu_s": 1.0 + 0.7e-3 * segments,
            "drive_cpu_s": 0.008,
        },
    }


def test_costs_are_the_slope_between_two_sizes() -> None:
    costs = costs_of(measured(12_000, 300.0), measured(120_000, 300.0))
    assert asdict(costs) == pytest.approx(
        {
            "base_bytes": 1e8,
            "plan_bytes": 600.0,
            "waiting_bytes": 75.0,
            "receipt_bytes": 300.0,
            "asset_bytes": 150.0 * 60,
            "block_bytes": 7000.0,
            "ledger_bytes": 20.0,
            "lake_bytes": 30.0,
            "open_s": 20e-6,
            "publish_s": 100e-6,
            "submit_s": 0.7e-3,
            "drive_s": 0.008,
        }
    )
