"""Galleries that are damaged, or may not be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.errors import GalleryDamaged, GalleryError
from lfr_batch.gallery.manifest import FORMAT_VERSION
from lfr_batch.gallery.store import list_galleries, load_snapshot, verify_snapshot
from tests.gallery.published import FILES, everything_below
from tests.refused import refused


def test_list_names_the_damaged_too(tmp_path: Path, people: Any, publish: Any) -> None:
    assert list_galleries(tmp_path) == []
    good = publish(people, name="b")
    damaged = publish(people, name="a")
    (damaged.path / "manifest.json").write_text("{")
    first, second = list_galleries(tmp_path)
    assert (first.name, second) == ("a", good)
    assert "manifest.json is damaged" in str(first.damage)


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:30])


@pytest.mark.parametrize("damage", [flip_a_bit, cut_short, Path.unlink])
@pytest.mark.parametrize("file", [*FILES, "manifest.json"])
def test_damage_is_found_named_and_mended(
    tmp_path: Path, people: Any, publish: Any, file: str, damage: Any
) -> None:
    info = publish(people)
    whole = everything_below(info.path)
    damage(info.path / file)
    for look in (verify_snapshot, load_snapshot):
        with pytest.raises(GalleryDamaged, match=file):
            look(tmp_path, "custody")
    assert publish(people) == info
    assert everything_below(info.path) == whole
    assert verify_snapshot(tmp_path, "custody") == info


@pytest.mark.parametrize("file", ["ids.arrow", "index.faiss"])
def test_unreadable_files_are_damage_without_verifying_too(
    tmp_path: Path, people: Any, publish: Any, file: str
) -> None:
    cut_short(publish(people).path / file)
    with pytest.raises(GalleryDamaged, match=file):
        load_snapshot(tmp_path, "custody", verify=False)


@pytest.mark.parametrize("text", ["", "garbage", "0123456789ab", "../../x"])
def test_damaged_pointer(tmp_path: Path, people: Any, publish: Any, text: str) -> None:
    info = publish(people)
    (tmp_path / "galleries" / "custody" / "CURRENT").write_text(text)
    with pytest.raises(GalleryDamaged, match="CURRENT points to a snapshot that is not there"):
        load_snapshot(tmp_path, "custody")
    assert load_snapshot(tmp_path, "custody", info.snapshot_id).name == "custody"
    publish(people)
    assert load_snapshot(tmp_path, "custody").snapshot_id == info.snapshot_id


@pytest.mark.parametrize("edit", [("authority", "Someone else"), ("templates", 5), ("extra", 1)])
def test_an_edited_manifest_is_noticed(
    tmp_path: Path, people: Any, publish: Any, edit: tuple[str, object]
) -> None:
    path = publish(people).path / "manifest.json"
    fields = json.loads(path.read_text())
    path.write_text(json.dumps({**fields, edit[0]: edit[1]}))
    with pytest.raises(GalleryDamaged, match="do not match its digest"):
        load_snapshot(tmp_path, "custody")


def test_a_newer_format_asks_for_an_upgrade(tmp_path: Path, people: Any, publish: Any) -> None:
    path = publish(people).path / "manifest.json"
    path.write_text(json.dumps({"format_version": FORMAT_VERSION + 1, "new": "field"}))
    for look in (lambda: load_snapshot(tmp_path, "custody"), lambda: publish(people)):
        with pytest.raises(GalleryError, match=r"newer version \(format 3.*upgrade"):
            look()


@pytest.mark.parametrize("look", [list_galleries, lambda home: load_snapshot(home, "custody")])
@pytest.mark.parametrize("folder", ["", "galleries"])
def test_a_home_that_may_not_be_looked_into(
    tmp_path: Path, people: Any, publish: Any, look: Callable[[Path], object], folder: str
) -> None:
    publish(people)
    with refused(tmp_path / folder), pytest.raises(GalleryError, match="mend its permissions"):
        look(tmp_path)


@pytest.mark.parametrize("below", ["", "snapshots", "CURRENT"])
def test_a_gallery_that_may_not_be_read_is_listed_and_refused(
    tmp_path: Path, people: Any, publish: Any, below: str
) -> None:
    publish(people)
    publish(people, name="other")
    with refused(tmp_path / "galleries" / "custody" / below):
        custody, other = list_galleries(tmp_path)
        with pytest.raises(GalleryError, match="mend its permissions"):
            load_snapshot(tmp_path, "custody")
    assert custody.damage is not None
    assert "Permission denied" in custody.damage
    assert other.damage is None


@pytest.mark.parametrize("below", ["", "manifest.json", "ids.arrow", "index.faiss"])
@pytest.mark.parametrize("verify", [True, False])
def test_a_snapshot_that_may_not_be_read(
    tmp_path: Path, people: Any, publish: Any, below: str, verify: bool
) -> None:
    info = publish(people)
    with refused(info.path / below), pytest.raises(GalleryError, match="mend its permissions"):
        load_snapshot(tmp_path, "custody", verify=verify)


def test_a_home_whose_name_is_too_long(tmp_path: Path) -> None:
    home = tmp_path / ("h" * 300)
    for look in (list_galleries, lambda home: load_snapshot(home, "custody")):
        with pytest.raises(GalleryError, match="File name too long"):
            look(home)
