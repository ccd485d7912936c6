from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.live.afterwards.report import csv_row, write_live_report
from lfr_batch.live.afterwards.report_seeding import seeding_row
from lfr_batch.live.deployment.figures_file import save_figures
from lfr_batch.live.deployment.recognition_rate import PassCounts, SeedingFigures
from lfr_batch.results.lake import open_lake
from lfr_batch.results.run_state import create_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from tests.holding import record_run
from tests.live.made import DEPLOYMENT, figures
from tests.results.synthetic import request

SEEDED = SeedingFigures(
    volunteers=12,
    within_s=30.0,
    total=PassCounts(people=10, passes=40, recognised=30),
    cameras=(
        PassCounts(name="north", people=10, passes=36, recognised=30),
        PassCounts(name="south", people=2, passes=4),
    ),
    groups={
        "sex": (
            PassCounts(name="F", people=6, passes=31, recognised=27),
            PassCounts(name="M", people=4, passes=9, recognised=3),
        )
    },
    alerts=33,
    unclaimed=3,
)


def reported(folder: Path, **changes: Any) -> tuple[str, dict[str, str]]:
    store = open_store(folder / "results")
    asked = request(run_id=DEPLOYMENT, kind="live", software_version="0.1.0")
    create_run(store, asked, (), ())
    record_run(store, asked, "complete")
    save_figures(store, figures(**changes))
    path = folder / "report.html"
    csv_path = write_live_report(open_lake(store.uri), StoredRun(store, DEPLOYMENT), path)
    (row,) = csv.DictReader(csv_path.read_text(encoding="utf-8").splitlines())
    return " ".join(path.read_text(encoding="utf-8").split()), row


def test_the_report_states_the_rate_of_passes_with_its_interval(tmp_path: Path) -> None:
    page, row = reported(tmp_path, seeding=SEEDED)
    assert "Recognition of volunteers" in page
    assert (
        "Of 40 passes of 10 volunteers 30 were recognised at threshold 0.450: "
        "<strong>75 %, 95 % interval 58.8 % to 87.3 %</strong>" in page
    )
    assert "3 of 33 alerts of volunteers belong to no stated pass" in page
    for cells in (
        '<td>north</td><td class="n">10</td><td class="n">36</td><td class="n">30</td>',
        '<td>south</td><td class="n">2</td><td class="n">4</td><td class="n">0</td>',
        '<td>F</td><td class="n">6</td><td class="n">31</td><td class="n">27</td>',
        '<td>M</td><td class="n">4</td><td class="n">9</td><td class="n soft" colspan="3">too few',
    ):
        assert cells in page
    assert {name: row[name] for name in seeding_row(SEEDED)} == {
        "volunteers": "12",
        "volunteer_passes": "40",
        "volunteer_passes_recognised": "30",
        "true_recognition_rate": "0.75",
        "true_recognition_rate_95_low": row["true_recognition_rate_95_low"],
        "true_recognition_rate_95_high": row["true_recognition_rate_95_high"],
        "recognised_by_camera": "north=30 of 36; south=0 of 4",
        "recognised_by_group": "sex: F=27 of 31; sex: M=too few of 9",
        "recognised_within_s": "30.0",
        "volunteer_alerts_without_pass": "3",
    }
    assert float(row["true_recognition_rate_95_low"]) == pytest.approx(0.588, abs=1e-3)
    assert float(row["true_recognition_rate_95_high"]) == pytest.approx(0.873, abs=1e-3)


def test_a_group_from_which_another_could_be_told_is_not_shown(tmp_path: Path) -> None:
    hidden = PassCounts(name="F", people=6, passes=31, is_hidden=True)
    groups = {"sex": (hidden, SEEDED.groups["sex"][1])}
    page, row = reported(tmp_path, seeding=SEEDED.model_copy(update={"groups": groups}))
    assert '<td>F</td><td class="n">6</td><td class="n">31</td><td class="n soft"' in page
    assert "Nor is that of another group from which theirs could be told" in page
    assert row["recognised_by_group"] == "sex: F=too few of 31; sex: M=too few of 9"


def test_without_a_pass_there_is_no_rate_and_that_is_said(tmp_path: Path) -> None:
    seeding = SeedingFigures(volunteers=2, within_s=30.0, alerts=1, unclaimed=1)
    page, row = reported(tmp_path, seeding=seeding)
    assert "No pass was entered: how many volunteers were recognised is not known." in page
    assert "1 of 1 alerts of volunteers belongs to no stated pass" in page
    assert (row["volunteers"], row["volunteer_passes"]) == ("2", "0")
    assert row["true_recognition_rate"] == ""


def test_without_volunteers_nothing_is_said_of_them(tmp_path: Path) -> None:
    page, row = reported(tmp_path)
    assert "Recognition of volunteers" not in page
    assert {row[name] for name in seeding_row(None)} == {"", "0"}
    assert csv_row(figures(), "complete")["volunteers"] == 0
