"""What the gallery's snapshot knows of those whom a run proposed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from lfr_batch.config.schema import S3Config
from lfr_batch.gallery.known_subjects import NAMES
from lfr_batch.gallery.records import EnrolledFace, SnapshotContent, Subject
from lfr_batch.gallery.removal import publish_without
from lfr_batch.gallery.snapshot_files import IDS, read_manifest, shared_files, write_manifest
from lfr_batch.gallery.store import delete_gallery, publish_snapshot
from lfr_batch.homes.at_hand import folder_here
from lfr_batch.homes.change import changed_gallery
from lfr_batch.results.rollup import Enrolled
from lfr_batch.scanning.proposed import Proposed
from tests.results.synthetic import request
from tests.s3_servers import moto_server, new_bucket

LATER = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with moto_server() as address:
        yield address


@pytest.fixture
def home(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("LFR_CACHE", str(tmp_path / "cache"))
    with new_bucket(endpoint, tmp_path) as bucket:
        yield f"s3://{bucket}/home"


def face(subject_id: str, number: int) -> EnrolledFace:
    template = np.zeros(4, np.float32)
    template[number % 4] = 1.0
    return EnrolledFace(
        image_id=f"{subject_id}-{number}",
        subject_id=subject_id,
        uri=f"/{subject_id}/{number}.jpg",
        sha256=f"{number:064x}",
        template=template,
        quality=0.9,
        box_xyxy=(0.0, 0.0, 9.0, 9.0),
        thumbnail_jpeg=b"",
    )


def enrolled(home: Path) -> Proposed:
    content = SnapshotContent(
        pack_id="open@1",
        pack_identity="0" * 64,
        faces=[face("A", 1), face("B", 2), face("B", 3), face("C", 4)],
        not_enrolled=[],
        subjects={"B": Subject("B", {"name": "Bea", "born": "1990"})},
        case_ref="OP-1",
        authority="x",
        created_utc=datetime(2026, 1, 1, tzinfo=UTC),
    )
    snapshot = publish_snapshot(home, "custody", content)
    return Proposed(request(home=str(home), snapshot_id=snapshot.snapshot_id), S3Config())


def test_those_that_are_asked_for_with_their_attributes_and_how_many_templates(
    tmp_path: Path,
) -> None:
    assert enrolled(tmp_path)(["B", "A", "absent"]) == {
        "A": Enrolled({}, 1),
        "B": Enrolled({"name": "Bea", "born": "1990"}, 2),
    }


def test_of_a_gallery_that_is_gone_nothing_is_known(tmp_path: Path) -> None:
    asked = enrolled(tmp_path)
    delete_gallery(tmp_path, "custody")
    assert asked(["A"]) == {}


@pytest.mark.parametrize("grown", [False, True])
def test_of_a_home_in_a_bucket_no_template_is_fetched(
    home: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, grown: bool
) -> None:
    with changed_gallery(home, "custody", S3Config(), shared_files) as folder:
        asked = enrolled(folder)
        snapshot_id = asked.request.snapshot_id
        if grown:
            snapshot_id = publish_without(folder, "custody", ["C"], "OP-1", "x", LATER).snapshot_id
    request_there = asked.request.model_copy(update={"home": home, "snapshot_id": snapshot_id})
    monkeypatch.setenv("LFR_CACHE", str(tmp_path / "another node"))
    assert Proposed(request_there, S3Config())(["B", "C"]) == {
        "B": Enrolled({"name": "Bea", "born": "1990"}, 2),
        **({} if grown else {"C": Enrolled({}, 1)}),
    }
    here = [path for path in folder_here(home).rglob("*") if path.is_file()]
    assert {path.name for path in here} == {"CURRENT", *NAMES}


def test_of_a_snapshot_of_before_its_ids_are_with_its_templates(
    home: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with changed_gallery(home, "custody", S3Config()) as folder:
        asked = enrolled(folder)
        made = folder / "galleries/custody/snapshots" / asked.request.snapshot_id
        manifest = read_manifest(made)
        (made / IDS).unlink()
        write_manifest(made, manifest, [name for name in manifest.files if name != IDS])
    there = asked.request.model_copy(update={"home": home})
    monkeypatch.setenv("LFR_CACHE", str(tmp_path / "another node"))
    assert Proposed(there, S3Config())(["A"]) == {"A": Enrolled({}, 1)}
    assert not [*folder_here(home).rglob("index.faiss")]
