"""The certificate of a search without result, and when there can be none."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import lfr_batch as lfr
from lfr_batch.errors import UsageError
from lfr_batch.evidence.facts import RunFacts, run_facts
from lfr_batch.evidence.nothing_found import certificate_document, require_nothing_found
from lfr_batch.evidence.verify import verify
from lfr_batch.evidence.words import MEANING
from lfr_batch.front.evidence import PackOrder, make_evidence
from lfr_batch.results.lake import open_lake
from tests.evidence.runs import STATED, RunCase


def facts_of(case: RunCase, run_id: str) -> RunFacts:
    lake = open_lake(*case.settings.results_place())
    try:
        return run_facts(lake, run_id, ())
    finally:
        lake.close()


def test_it_says_what_was_searched_and_at_which_settings(case: RunCase, tmp_path: Path) -> None:
    out = tmp_path / "certificate.zip"
    made = make_evidence(PackOrder(case.empty_run_id, out, nothing_found=True), case.settings)
    assert (made.sightings, verify(out).manifest["what"]) == (
        (), "Certificate of a search without result"
    )  # fmt: skip
    with zipfile.ZipFile(out) as archive:
        said: Any = json.loads(archive.read("certificate.json"))
        assert archive.read("certificate.pdf").startswith(b"%PDF")
        assert MEANING.split()[0] in archive.read("README.txt").decode()
    assert (said["means"], said["sightings"], said["compared_with"]) == (MEANING, 0, 2)
    assert said["searched"]["files"] == 1
    assert said["searched"]["frames_analysed"] > 0
    (file,) = said["files"]
    assert file["uri"].endswith("group.mp4")
    assert len(file["content_id"]) == 64
    assert said["not_searched"]["files"] == []
    low, high = said["expected_fpir"]
    assert 0 <= low < high


def test_what_was_not_searched_is_said(case: RunCase, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    whole = (case.footage / "group.mp4").read_bytes()
    (broken / "cut.mp4").write_bytes(whole)
    (broken / "text.mp4").write_bytes(b"no video at all" * 400)
    run = lfr.scan([broken], "people", STATED, settings=case.settings)
    said = certificate_document(facts_of(case, run.run_id))
    (lacking,) = said["not_searched"]["files"]
    assert (Path(lacking["uri"]).name, lacking["status"]) == ("text.mp4", "failed")
    assert lacking["error"]
    out = tmp_path / "certificate.zip"
    make_evidence(PackOrder(run.run_id, out, nothing_found=True), case.settings)
    assert verify(out)


def test_there_is_none_where_something_was_found_or_taken_out(case: RunCase) -> None:
    with pytest.raises(UsageError, match="has 2 sightings"):
        require_nothing_found(facts_of(case, case.run_id))
    nothing = facts_of(case, case.empty_run_id)
    require_nothing_found(nothing)
    forgotten = replace(nothing, row={**nothing.row, "forgotten": ["2026-11-28 footage OP-1"]})
    with pytest.raises(UsageError, match=r"taken out of run .* by `lfr forget`"):
        require_nothing_found(forgotten)
