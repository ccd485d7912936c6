from __future__ import annotations

from threading import Event, Thread
from typing import Any, cast

import pytest

from lfr_batch.config.schema import Config
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.live.watching.analyst import LocalAnalyst, open_analyst
from lfr_batch.live.watching.pictures import AlertPictures
from lfr_batch.live.watching.shared_analyst import SharedAnalyst
from lfr_batch.recognition.compare import evidence_jpeg
from lfr_batch.recognition.search import SearchSpec
from lfr_batch.records import Candidate, Shot
from tests.live_case import wait_for
from tests.one_case import Casework
from tests.patience import PATIENCE_S


def test_a_drawn_face_goes_all_the_way_before_the_first_real_one(
    casework: Casework, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[bytes] = []

    def noted(*shown: Any) -> bytes:
        made.append(evidence_jpeg(*shown))
        return made[-1]

    monkeypatch.setattr("lfr_batch.live.watching.pictures.evidence_jpeg", noted)
    snapshot = load_snapshot(casework.home, "people")
    home = casework.home
    open_analyst(SearchSpec(home, home, "people", snapshot.snapshot_id, 0.45, Config()))
    assert len(made) == 1
    assert made[0].startswith(b"\xff\xd8\xff")


def test_an_analyst_that_hangs_is_known_to(
    casework: Casework, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lfr_batch.live.watching.shared_analyst.STUCK_S", 0.2)
    snapshot, home = load_snapshot(casework.home, "people"), casework.home
    local = open_analyst(SearchSpec(home, home, "people", snapshot.snapshot_id, 0.45, Config()))
    entered, go_on = Event(), Event()

    def hang(*_: object) -> AlertPictures:
        entered.set()
        go_on.wait()
        return AlertPictures(b"", b"")

    monkeypatch.setattr(LocalAnalyst, "pictures", hang)
    shared = SharedAnalyst(local)
    asking = Thread(target=lambda: shared.pictures(cast("Shot", None), cast("Candidate", None)))
    asking.start()
    assert entered.wait(PATIENCE_S)
    wait_for(lambda: not shared.works)
    go_on.set()
    asking.join()
    wait_for(lambda: shared.works)
    shared.close()
    assert not shared.works
