"""A gallery that grew says, row for row, what one enrolled in one go says."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lfr_batch.errors import GalleryDamaged, GalleryEmpty, GalleryError
from lfr_batch.gallery.matcher import open_matcher
from lfr_batch.gallery.records import Subject
from lfr_batch.gallery.snapshot_files import read_manifest
from lfr_batch.gallery.store import (
    list_snapshots,
    load_snapshot,
    read_thumbnails,
    verify_snapshot,
)
from tests.gallery.cards import small_card
from tests.gallery.conftest import DIMENSION
from tests.gallery.grown import contents, grow

IN_ONE_GO = "in-one-go"


def size_of(folder: Path) -> int:
    """Bytes on disk: a file of two names once."""
    stats = {path.stat().st_ino: path.stat() for path in folder.rglob("*") if path.is_file()}
    return sum(stat.st_size for stat in stats.values())


def test_rows_and_id_are_those_of_one_go(tmp_path: Path, make_people: Any, publish: Any) -> None:
    first = make_people({"S2": 3, "S5": 2, "S1": 1})
    more = make_people({"S5": 4, "S3": 1, "S0": 2, "S9": 1})[2:]
    publish(first)
    grow(tmp_path, more[:4])
    grown = grow(tmp_path, more[4:])
    at_once = publish([*first, *more], name=IN_ONE_GO)
    assert grown.snapshot_id == at_once.snapshot_id
    assert (grown.templates, grown.subjects) == (at_once.templates, at_once.subjects)
    assert contents(load_snapshot(tmp_path, "custody")) == contents(
        load_snapshot(tmp_path, IN_ONE_GO)
    )


@pytest.mark.parametrize("without", [("S2",), ("S1", "S5"), ("S0", "S1", "S2", "S3", "S5")])
def test_without_somebody(
    tmp_path: Path, make_people: Any, publish: Any, without: tuple[str, ...]
) -> None:
    people = make_people({"S0": 1, "S1": 2, "S2": 9, "S3": 1, "S5": 3, "S7": 2})
    publish(people[:8])
    grow(tmp_path, people[8:])
    grown = grow(tmp_path, without=without)
    left = [face for face in people if face.subject_id not in without]
    assert grown.snapshot_id == publish(left, name=IN_ONE_GO).snapshot_id
    one, other = (load_snapshot(tmp_path, name) for name in ("custody", IN_ONE_GO))
    assert contents(one) == contents(other)
    thumbnails = {face.image_id: face.thumbnail_jpeg for face in left}
    assert read_thumbnails(one, [face.image_id for face in people]) == thumbnails


def test_nobody_left(tmp_path: Path, people: Any, publish: Any) -> None:
    publish(people)
    with pytest.raises(GalleryEmpty, match="lfr gallery delete custody"):
        grow(tmp_path, without=("S1", "S2", "S3"))


def test_candidates_are_those_of_one_go(tmp_path: Path, make_people: Any, publish: Any) -> None:
    """Also of probes that equal many: images of one template under many subjects."""
    people = make_people({f"S{number:02d}": 1 + number % 4 for number in range(60)})
    twins = [
        replace(face, template=people[0].template)
        for face in make_people({f"T{number:02d}": 1 for number in range(40)})
    ]
    everybody = [*people, *twins]
    order = np.random.default_rng(7).permutation(len(everybody))
    publish([everybody[number] for number in order[:50].tolist()])
    for start in range(50, len(everybody), 13):
        grow(tmp_path, [everybody[number] for number in order[start : start + 13].tolist()])
    gone = ("S03", "T07", "S50")
    grow(tmp_path, without=gone)
    left = [face for face in everybody if face.subject_id not in gone]
    publish(left, name=IN_ONE_GO)
    one, other = (load_snapshot(tmp_path, name) for name in ("custody", IN_ONE_GO))
    assert one.snapshot_id == other.snapshot_id
    assert len(one.parts) > 1, "it is searched in parts"
    rng = np.random.default_rng(3)
    probes = rng.normal(size=(30, DIMENSION)).astype(np.float32)
    probes /= np.linalg.norm(probes, axis=1, keepdims=True)
    probes[:5] = people[0].template
    probes[5:9] = people[3].template
    for batch in (probes, probes[:1]):
        found = [open_matcher(each, "cpu").match(batch, -1.0, 12) for each in (one, other)]
        assert found[0] == found[1]


def test_a_snapshot_shares_what_it_has_in_common(
    tmp_path: Path, make_people: Any, publish: Any
) -> None:
    publish(make_people({f"S{number:04d}": 1 for number in range(2000)}))
    before = size_of(tmp_path)
    grow(tmp_path, make_people({f"N{number:02d}": 1 for number in range(20)}))
    assert size_of(tmp_path) < 1.15 * before
    grow(tmp_path, without=[f"S{number:04d}" for number in range(0, 2000, 100)])
    assert size_of(tmp_path) < 1.3 * before
    assert len(list_snapshots(tmp_path, "custody")) == 3
    for info in list_snapshots(tmp_path, "custody"):
        verify_snapshot(tmp_path, "custody", info.snapshot_id)


def test_segments_stay_few(tmp_path: Path, make_people: Any, publish: Any) -> None:
    people = make_people({f"S{number:03d}": 1 for number in range(100)})
    publish(people[:50])
    for face in people[50:]:
        grow(tmp_path, [face])
    assert len(load_snapshot(tmp_path, "custody").parts) <= 7


def test_without_hard_links_what_is_shared_is_copied(
    tmp_path: Path, people: Any, make_people: Any, publish: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(people)

    def refuse(*_: Any) -> None:
        raise PermissionError("no hard links here")

    monkeypatch.setattr(os, "link", refuse)
    more = make_people({"S8": 1})
    grown = grow(tmp_path, more)
    monkeypatch.undo()
    assert grown.snapshot_id == publish([*people, *more], name=IN_ONE_GO).snapshot_id
    verify_snapshot(tmp_path, "custody")


def test_damage_of_a_segment_is_found(
    tmp_path: Path, people: Any, make_people: Any, publish: Any
) -> None:
    publish(people)
    grow(tmp_path, make_people({"S8": 2}))
    shutil.copytree(tmp_path, tmp_path / "copy")
    newest = load_snapshot(tmp_path / "copy", "custody").parts[-1]
    for path in (newest.templates_path, newest.index_path):
        data = path.read_bytes()
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        with pytest.raises(GalleryDamaged, match=path.name):
            load_snapshot(tmp_path / "copy", "custody")
        path.write_bytes(data)
    newest.index_path.unlink()
    with pytest.raises(GalleryDamaged, match=newest.index_path.name):
        load_snapshot(tmp_path / "copy", "custody", verify=False)


def test_who_was_overtaken_changes_nothing(
    tmp_path: Path, people: Any, make_people: Any, publish: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(people)
    old = load_snapshot(tmp_path, "custody")
    newer = publish([*people, *make_people({"S8": 1})])
    monkeypatch.setattr("tests.gallery.grown.load_snapshot", lambda *_: old)
    with pytest.raises(GalleryError, match="changed by somebody else"):
        grow(tmp_path, make_people({"S9": 1}))
    monkeypatch.undo()
    assert load_snapshot(tmp_path, "custody").snapshot_id == newer.snapshot_id


def test_what_a_killed_one_left_is_swept(
    tmp_path: Path, people: Any, make_people: Any, publish: Any
) -> None:
    publish(people)
    grow(tmp_path, make_people({"S8": 1}))
    segments = tmp_path / "galleries" / "custody" / "segments"
    (segments / f"{'0' * 64}.parquet").write_bytes(b"of a snapshot that was never finished")
    (segments / ".tmp-1234").mkdir()
    info = grow(tmp_path, make_people({"S9": 1}))
    snapshots = list_snapshots(tmp_path, "custody")
    named = {
        name
        for each in snapshots
        for segment in read_manifest(each.path).segments
        for name in segment.files
    }
    assert {path.name for path in segments.iterdir()} == named
    assert info.snapshot_id in {each.snapshot_id for each in snapshots}


def test_attributes_are_those_said_last(tmp_path: Path, people: Any, publish: Any) -> None:
    publish(people, subjects={"S1": Subject("S1", {"sex": "F"}), "S4": Subject("S4")})
    said = {"S1": Subject("S1", {"sex": "M", "age": "31"}), "S7": Subject("S7", {"age": "20"})}
    grown = grow(tmp_path, subjects=said)
    at_once = publish(people, subjects={"S4": Subject("S4"), **said}, name=IN_ONE_GO)
    assert grown.snapshot_id == at_once.snapshot_id


def test_a_card_is_given_the_rows_in_their_order(
    tmp_path: Path, make_people: Any, publish: Any
) -> None:
    people = make_people({f"S{number:02d}": 2 for number in range(40)})
    publish(people[1::2])
    grow(tmp_path, people[::2])
    grow(tmp_path, without=["S07"])
    snapshot = load_snapshot(tmp_path, "custody")
    of_parts = open_matcher(snapshot, "cpu")
    index = replace(of_parts.index, card=small_card(snapshot.templates))
    probes = np.stack([face.template for face in people[:40]])
    on_card = replace(of_parts, index=index).match(probes, 0.0, 5)
    assert on_card == of_parts.match(probes, 0.0, 5)
