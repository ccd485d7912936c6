from __future__ import annotations

from typing import Any

import pytest

from lfr_batch.config.schema import Config
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.pipeline.compare import evidence_jpeg
from lfr_batch.pipeline.live_analyst import open_analyst
from lfr_batch.pipeline.search import SearchSpec
from tests.casework import Casework


def test_a_drawn_face_goes_all_the_way_before_the_first_real_one(
    casework: Casework, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[bytes] = []

    def noted(*shown: Any) -> bytes:
        made.append(evidence_jpeg(*shown))
        return made[-1]

    monkeypatch.setattr("lfr_batch.pipeline.live_analyst.evidence_jpeg", noted)
    snapshot = load_snapshot(casework.home, "people")
    home = casework.home
    open_analyst(SearchSpec(home, home, "people", snapshot.snapshot_id, 0.45, Config()))
    assert len(made) == 1
    assert made[0].startswith(b"\xff\xd8\xff")
