"""What an evaluation says of a picture or a clip is what a search or a scan of it says."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.config.schema import Config
from lfr_batch.evaluation.outcomes import ClipOutcome, ProbeItem
from lfr_batch.evaluation.probes import (
    EvaluationSpec,
    open_evaluation_worker,
    searched_picture,
)
from lfr_batch.footage.catalogue import probe
from lfr_batch.footage.segments import plan_segments
from lfr_batch.front.machinery import HERE
from lfr_batch.front.runs import FinishedRun, run_order
from lfr_batch.recognition.search import open_search
from lfr_batch.records import FootageEntry, Segment
from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import run_query
from lfr_batch.scanning.execute import search_spec
from lfr_batch.scanning.plan import Order
from tests.evaluation.enrolled_faces import enrol_rows
from tests.evaluation.labelled_faces import some_faces
from tests.one_case import AUTHORITY, Casework

CONFIG = Config.model_validate({"engine": {"kind": "in_process"}})
ALL = """
SELECT uri, subject_id, score, threshold, start_s, end_s
FROM sightings JOIN footage USING (run_id, footage_id) ORDER BY uri, start_s, score DESC
"""


def segments_of(uri: str) -> list[Segment]:
    assets = probe(FootageEntry(uri), CONFIG.footage, CONFIG.s3)
    return plan_segments(assets[0], CONFIG.footage.segment_s, "k")


def done(order: Order, root: Path) -> tuple[FinishedRun, list[dict[str, Any]]]:
    run = run_order(order, str(root), machinery=HERE)
    lake = open_lake(root)
    try:
        found: list[dict[str, Any]] = run_query(lake, ALL).to_pylist()
    finally:
        lake.close()
    return run, found


def test_a_picture_is_found_or_not_as_by_a_search(
    shared_data: Path, open_pack_home: Path, tmp_path: Path
) -> None:
    rows = some_faces(shared_data)
    home = enrol_rows(tmp_path / "home", open_pack_home, rows)
    probes = [row for row in rows if row["role"] != "gallery"]
    order = Order(
        kind="search",
        inputs=tuple(row["file"] for row in probes),
        manifest=None,
        gallery="people",
        authority=AUTHORITY,
        licence_statement=None,
        config=CONFIG,
        home=home,
    )
    run, found = done(order, tmp_path / "results")
    by_file = defaultdict(list)
    for sighting in found:
        by_file[sighting["uri"]].append(sighting)
    search = open_search(search_spec(run.result.request, CONFIG), threads=2)
    reached = compared = 0
    for number, row in enumerate(probes):
        [segment] = segments_of(row["file"])
        item = ProbeItem(number, segment, row["subject"] if row["role"] == "mated" else None)
        outcome = searched_picture(item, search)
        if outcome.scores is None:
            continue
        compared += 1
        assert outcome.threshold == run.threshold
        sides = (
            (row["subject"], outcome.scores.own),
            (
                outcome.scores.other_subject,
                outcome.scores.other,
            ),
        )
        best = max(((score, who) for who, score in sides if score is not None), default=None)
        assert best is not None
        same = [s for s in by_file[row["file"]] if s["subject_id"] == best[1]]
        if best[0] >= run.threshold:
            reached += 1
            assert [s["score"] for s in same] == [pytest.approx(best[0], abs=1e-6)]
        else:
            assert all(s["score"] != pytest.approx(best[0], abs=1e-6) for s in same)
    assert reached > 30
    assert compared > 70


def test_a_clip_is_scanned_as_by_a_scan(casework: Casework, tmp_path: Path) -> None:
    order = casework.order("walk.mp4", "group.mp4", config=CONFIG)
    run, found = done(order, tmp_path)
    work = open_evaluation_worker(EvaluationSpec(search_spec(run.result.request, CONFIG)))
    seen = []
    for number, name in enumerate(("walk.mp4", "group.mp4")):
        for segment in segments_of(str(casework.footage / name)):
            outcome = work(ProbeItem(number, segment))
            assert isinstance(outcome, ClipOutcome)
            assert all(not each.jpeg and not each.thumbnail for each in outcome.sightings)
            seen += [(number, s.subject_id, s.score, s.start_ns) for s in outcome.sightings]
    expected = [(s["subject_id"], s["score"], s["start_s"]) for s in found]
    assert [(who, score, at / 1e9) for _, who, score, at in seen] == expected
    assert {number for number, *_ in seen} == {0}
