"""A pack's search is repeated, and says the same, or what is not the same."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.config.load import parse_config
from lfr_batch.errors import ResultsError, UsageError
from lfr_batch.evidence.again import AgainSpec, differences, open_again
from lfr_batch.evidence.opened_pack import open_evidence
from lfr_batch.front.evidence import PackOrder, make_evidence
from lfr_batch.front.rerun import rerun
from lfr_batch.oversight import audit
from lfr_batch.records import Sighting
from lfr_batch.scanning.execute import search_spec
from tests.cli.here import lfr
from tests.evidence.runs import RunCase, copy_of


@pytest.fixture(scope="module")
def packed(finished: RunCase, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunCase, Path]:
    place = tmp_path_factory.mktemp("packed")
    case = copy_of(finished, place / "home")
    out = place / "pack.zip"
    make_evidence(PackOrder(case.run_id, out, without_footage=True), case.settings)
    return case, out


def test_it_finds_the_same(
    packed: tuple[RunCase, Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case, out = packed
    monkeypatch.setenv("LFR_HOME", str(case.home))
    code, told, said = lfr(capsys, "rerun", str(out), "--operator", "d.officer")
    assert (code, told) == (0, f"2 sightings of run {case.run_id}: the same\n"), said
    line = list(audit.entries(case.home))[-1]
    assert (line["event"], line["run_id"], line["by"]) == (
        "evidence.rerun", case.run_id, "d.officer"
    )  # fmt: skip
    assert len(list((case.home / "results" / "_state").glob("run_id=*"))) == 2


@pytest.mark.parametrize("what", ["changed", "gone"])
def test_footage_that_is_not_the_same_is_named(
    packed: tuple[RunCase, Path], tmp_path: Path, what: str
) -> None:
    case, out = packed
    still, kept = case.footage / "portrait.jpg", tmp_path / "kept.jpg"
    shutil.copy2(still, kept)
    try:
        if what == "gone":
            still.unlink()
        else:
            still.write_bytes(still.read_bytes() + b"x")
        done = rerun(out, case.settings)
    finally:
        shutil.copy2(kept, still)
    (fault,) = done.faults
    assert f"portrait.jpg {'is' if what == 'gone' else 'has'} {what} since it was" in fault
    assert not done.is_same


def test_other_models_gallery_and_software_are_named(
    packed: tuple[RunCase, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, out = packed
    without = replace(case, home=tmp_path / "home")
    shutil.copytree(case.home, without.home, symlinks=True)
    (without.home / "models" / "open").unlink()
    (fault,) = rerun(out, without.settings).faults
    assert fault.startswith("The models cannot be used: ")
    shutil.rmtree(without.home / "galleries")
    (fault,) = rerun(out, without.settings).faults
    assert fault.startswith("The gallery's snapshot cannot be searched: ")
    monkeypatch.setattr("lfr_batch.evidence.again.software", lambda: "0.4.0 abc")
    assert "and this is 0.4.0 abc, whose results may differ" in rerun(out, case.settings).faults[0]


@pytest.fixture(scope="module")
def found(packed: tuple[RunCase, Path]) -> list[Sighting]:
    """What the pack's segments give when they are searched here."""
    case, out = packed
    pack = open_evidence(out)
    config = parse_config(pack.request.config, "the pack")
    search = replace(search_spec(pack.request, config, case.home), home=case.home)
    again = open_again(AgainSpec(search))
    return [each for segment in pack.plan.segments for each in again(segment).sightings]


@pytest.mark.parametrize("column", ["score", "end_s", "subject_id", "box", "threshold"])
def test_rows_that_differ_are_told_by_column(
    packed: tuple[RunCase, Path], found: list[Sighting], column: str
) -> None:
    pack = open_evidence(packed[1])
    assert differences(pack, found) == []
    changed: Any = json.loads(json.dumps(pack.sightings[0]))
    before, changed["sighting"][column] = changed["sighting"][column], "other"
    (told,) = differences(replace(pack, sightings=(changed,)), found)
    assert (told.column, told.packed, told.now) == (column, "other", before)


def test_candidates_and_sightings_that_are_missing_are_told(
    packed: tuple[RunCase, Path], found: list[Sighting]
) -> None:
    pack = open_evidence(packed[1])
    nothing = differences(pack, [])
    assert [(d.column, d.now) for d in nothing] == [("sighting", "not found")] * 2
    changed: Any = json.loads(json.dumps(pack.sightings[0]))
    changed["candidates"][1]["score"] = 0.5
    del changed["candidates"][2:]
    (told,) = differences(replace(pack, sightings=(changed,)), found)
    assert told.column == "candidate 2 score"
    del changed["candidates"][0]
    columns = {d.column for d in differences(replace(pack, sightings=(changed,)), found)}
    assert "candidates" in columns


def test_a_changed_pack_is_not_repeated(packed: tuple[RunCase, Path], tmp_path: Path) -> None:
    case, out = packed
    data = bytearray(out.read_bytes())
    data[len(data) // 2] ^= 1
    copy = tmp_path / "pack.zip"
    copy.write_bytes(data)
    with pytest.raises(ResultsError, match=r"is not as it was made: .*; get the pack again"):
        rerun(copy, case.settings)
    with pytest.raises(UsageError, match="cannot be read"):
        rerun(tmp_path / "nowhere.zip", case.settings)
    with pytest.raises(ResultsError, match="not by the one given"):
        rerun(out, case.settings, key="0" * 32)
    with pytest.raises(UsageError, match="no whole fingerprint: give all 32 letters"):
        rerun(out, case.settings, key="0000")
    lines = [line["event"] for line in audit.entries(case.home)]
    certificate = tmp_path / "c.zip"
    make_evidence(PackOrder(case.empty_run_id, certificate, nothing_found=True), case.settings)
    with pytest.raises(UsageError, match="is a certificate"):
        rerun(certificate, case.settings)
    assert lines.count("evidence.rerun") == 1
    assert zipfile.is_zipfile(certificate)
