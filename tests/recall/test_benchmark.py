"""How sightings are held against the truth, and what the benchmark prints of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import recall
from benchmarks.planted import DOOR, STREET
from benchmarks.recall_scan import Found, false_sightings, is_of, visits
from lfr_batch.config.schema import Config

pytestmark = pytest.mark.long

COLLINS = DOOR.plants[0]
SEEN = Found("collins", "door.mp4", 0.6, 1.0, 0.8, (272.0, 262.0, 328.0, 338.0), 0.9)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, True),
        ({"subject_id": "biden"}, False),
        ({"file": "street.mp4"}, False),
        ({"best_s": 1.2}, False),
        ({"box_xyxy": (872.0, 262.0, 928.0, 338.0)}, False),
    ],
)
def test_a_sighting_is_of_a_plant_by_person_place_and_time(
    changed: dict[str, object], expected: bool
) -> None:
    one = replace(SEEN, **changed)  # type: ignore[arg-type]
    assert is_of(one, DOOR, COLLINS) is expected
    assert (one in false_sightings([DOOR, STREET], [one])) is not expected


def test_a_visit_holds_all_of_its_sightings() -> None:
    later = replace(SEEN, start_s=1.04, end_s=1.16, best_s=1.08, score=0.7)
    found = [visit for visit in visits([DOOR], [SEEN, later]) if visit.found]
    assert [(v.plant, v.start_s, v.end_s, v.score) for v in found] == [(COLLINS, 0.6, 1.16, 0.9)]


def test_every_setting_is_one_of_the_product() -> None:
    factors = recall.chosen(recall._parser().parse_args(["--home", "x"]))
    assert {factor: [*configs] for factor, configs in factors.items()} == {
        factor: [recall.DEFAULT, *settings] for factor, settings in recall.FACTORS.items()
    }
    assert factors["sampling"]["5 fps"] == factors["motion gate"]["skip 2 s"] == Config()
    small = recall.chosen(recall._parser().parse_args(["--home", "x", "--small"]))
    assert {name for configs in small.values() for name in configs} == {"default", *recall.SMALL}


def test_the_benchmark_as_it_is_run(
    open_pack_home: Path,
    recall_home: Path,
    planted: object,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recall, "SCENES", (DOOR,))
    clips, out = recall_home / "planted", tmp_path / "recall.json"
    asked = ["--home", str(open_pack_home), "--clips", str(clips), "--out", str(out), "--small"]
    recall.main([*asked, "--markdown", "--factor", "sampling"])
    head, _, default, sparse, *_ = capsys.readouterr().out.splitlines()
    assert head.startswith("| sampling | found | 28 px | ")
    assert default.startswith("| default | ")
    assert default.endswith(" | 1.00 |")
    assert sparse.startswith("| 2 fps | ")
    rows = json.loads(out.read_text())["rows"]
    assert {row["factor"] for row in rows} == {"sampling"}
    assert [row["setting"] for row in rows] == ["default", "2 fps", "12.5 fps"]
    assert rows[0]["found"]["of"] == 4
    assert rows[0]["false"] == 0
    analysed = {row["setting"]: row["frames_analysed"] for row in rows}
    assert analysed["2 fps"] < analysed["default"] < analysed["12.5 fps"]
