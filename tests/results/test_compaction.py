"""Which runs are put together: a plan, made of the manifest alone."""

from __future__ import annotations

from lfr_batch.results.compaction import BATCH_BYTES, PAYS_RUNS, SMALL_BYTES, batches, pays
from lfr_batch.results.manifest import LakeManifest, LakePart, RunGroup, ShownRun

MIB = 1 << 20


def run(number: int, month: str = "2026-01", size: int = MIB, finished: bool = True) -> ShownRun:
    run_id = f"{month.replace('-', '')}01-{number:06d}-scan-0000"
    row = LakePart("runs", f"runs/run_id={run_id}/0-finished.parquet", size, 3)
    return ShownRun(run_id, month, finished, row)


def group(number: int, month: str = "2026-01", size: int = MIB) -> RunGroup:
    part = LakePart("runs", f"runs/month={month}/{number}.parquet", size, 3)
    return RunGroup(f"g{number}", month, 10, "a", "z", (part,))


def lake(*owners: ShownRun | RunGroup) -> LakeManifest:
    runs = {each.run_id: each for each in owners if isinstance(each, ShownRun)}
    return LakeManifest(1, runs, tuple(each for each in owners if isinstance(each, RunGroup)))


def planned(manifest: LakeManifest, everything: bool = False) -> list[tuple[str, int, int]]:
    """Of each batch its month, runs and groups."""
    found = batches(manifest, everything)
    return [(batch.month, len(batch.runs), len(batch.groups)) for batch in found]


def test_each_month_is_one_group() -> None:
    manifest = lake(run(1), run(2), run(3, "2026-02"))
    assert planned(manifest) == [("2026-01", 2, 0), ("2026-02", 1, 0)]


def test_what_goes_on_and_what_is_large_stays() -> None:
    assert planned(lake(run(1, finished=False), run(2, size=SMALL_BYTES + 1))) == []


def test_small_groups_are_made_one_once_there_are_many() -> None:
    assert planned(lake(run(1), group(1), group(2))) == [("2026-01", 1, 0)]
    assert planned(lake(run(1), *map(group, range(4)))) == [("2026-01", 1, 4)]


def test_everything_is_put_together_when_asked_for() -> None:
    assert planned(lake(run(1), group(1)), everything=True) == [("2026-01", 1, 1)]
    assert planned(lake(group(1), group(2)), everything=True) == [("2026-01", 0, 2)]
    assert planned(lake(group(1)), everything=True) == []


def test_a_long_group_is_not_made_anew() -> None:
    long = group(1, size=BATCH_BYTES)
    assert planned(lake(run(1), long), everything=True) == [("2026-01", 1, 0)]


def test_a_batch_is_bounded() -> None:
    runs = [run(number, size=SMALL_BYTES) for number in range(20)]
    found = batches(lake(*runs))
    assert sum(len(batch.runs) for batch in found) == len(runs)
    assert all(batch.source_bytes <= BATCH_BYTES for batch in found)


def test_it_pays_from_some_runs_on() -> None:
    assert not pays(lake(*map(run, range(PAYS_RUNS - 1))))
    assert pays(lake(*map(run, range(PAYS_RUNS))))
