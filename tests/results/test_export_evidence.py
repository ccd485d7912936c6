from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lfr_batch.results.export_evidence import (
    MANIFEST_CSV,
    MANIFEST_JSON,
    is_evidence,
    name_of,
    write_evidence,
)
from lfr_batch.results.lake import open_lake
from lfr_batch.storage.store import Store

from .runs_asked import EARLIER, publish
from .synthetic import RUN_ID, archive

WHO = {"case_ref": "OP-1", "run_ids": [RUN_ID]}
PARIS = {"footage": {"time_zone": "Europe/Paris"}}


def exported(store: Store, folder: Path) -> list[dict[str, Any]]:
    folder.mkdir()
    pictures, facts = open_lake(store.uri), open_lake(store.uri)
    count = write_evidence(folder, pictures, facts, [RUN_ID], WHO)
    document = json.loads((folder / MANIFEST_JSON).read_text(encoding="utf-8"))
    assert document["export"] == WHO
    assert len(document["pictures"]) == count
    entries: list[dict[str, Any]] = document["pictures"]
    return entries


def test_each_sighting_is_a_picture_with_all_that_is_known_of_it(
    disk: Store, tmp_path: Path
) -> None:
    publish(disk, EARLIER)
    assets = tuple(replace(a, content_id="c" * 64) for a in archive().assets)
    publish(disk, RUN_ID, assets=assets, config=PARIS)
    entries = exported(disk, tmp_path / "out")
    assert len(entries) == len(archive().sightings) == 4
    by_id = {sighting.sighting_id: sighting for sighting in archive().sightings}
    for entry in entries:
        data = (tmp_path / "out" / entry["file"]).read_bytes()
        jpeg = by_id[entry["sighting_id"]].jpeg
        assert entry["file_sha256"] == hashlib.sha256(data).hexdigest()
        assert entry["evidence_sha256"] == hashlib.sha256(jpeg).hexdigest()
        at = data.index(b"\xff\xe1")
        length = int.from_bytes(data[at + 2 : at + 4])
        assert data[:at] + data[at + 2 + length :] == jpeg
        assert entry["subject_id"].encode() in data[at : at + length]
    gate = max(entries, key=lambda entry: entry["score"])
    expected = {
        "run_id": RUN_ID,
        "case_ref": "OP-LANTERN 12/26",
        "authority": "Insp. A. Example, AUTH-778",
        "footage_uri": "archive/depot gate <north>.mp4",
        "footage_sha256": "ab" * 32,
        "footage_content_id": "c" * 64,
        "media_s": 16.3,
        "taken_utc": "2026-01-30T22:00:16.300000+00:00",
        "taken_local": "2026-01-30T23:00:16.300000+01:00",
        "threshold": 0.431,
        "gallery_snapshot": "s-0007",
        "width": 168,
    }
    assert {name: gate[name] for name in expected} == expected
    sides = [gate[f"box_{side}"] for side in ("left", "top", "right", "bottom")]
    assert sides == [105.0, 81.0, 195.0, 202.0]
    assert gate["file"].startswith("S029_CAM-1_2026-01-30_23-00-16_0.781_")


def test_the_csv_says_the_same_and_computes_nothing(disk: Store, tmp_path: Path) -> None:
    assets = tuple(replace(a, camera_id="=1+1") for a in archive().assets)
    publish(disk, RUN_ID, assets=assets)
    entries = exported(disk, tmp_path / "out")
    with (tmp_path / "out" / MANIFEST_CSV).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == [entry["file"] for entry in entries]
    assert {row["camera_id"] for row in rows} == {"'=1+1"}
    assert {entry["camera_id"] for entry in entries} == {"=1+1"}


def test_only_what_was_written_here_is_evidence(disk: Store, tmp_path: Path) -> None:
    publish(disk, RUN_ID)
    exported(disk, tmp_path / "out")
    assert is_evidence(tmp_path / "out")
    (tmp_path / "out" / MANIFEST_CSV).write_bytes(b"\xff\xfe,")
    assert not is_evidence(tmp_path / "out")
    assert not is_evidence(tmp_path)


ROW = {
    "run_id": RUN_ID, "sighting_id": "s", "subject_id": "S1", "camera_id": None, "score": 0.5,
    "footage_uri": "/a/clip.mp4", "kind": "video", "media_s": 61.25, "picture": None,
    "taken_utc": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "S1_clip.mp4_at-0-01-01.2_0.500_"),
        ({"kind": "still", "picture": 3}, "S1_clip.mp4_picture-3_0.500_"),
        ({"subject_id": "../../etc/ü b", "camera_id": ".CAM/1"}, "etc-ü-b_CAM-1_at"),
        ({"subject_id": "é" * 200}, "é" * 30 + "_clip.mp4_"),
        ({"subject_id": "///"}, "-_clip.mp4_"),
    ],
)
def test_a_picture_is_called_by_who_where_and_when(changes: dict[str, Any], name: str) -> None:
    made = name_of({**ROW, **changes}, ZoneInfo("Europe/Paris"))
    assert made.startswith(name)
    assert made.endswith(".jpg")
    assert len(made.encode()) < 255


def test_two_of_the_same_person_place_and_moment_have_two_names() -> None:
    assert name_of(ROW) != name_of({**ROW, "sighting_id": "t"})
