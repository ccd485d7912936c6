from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from lfr_batch.storage.folders import (
    make_own_folder,
    new_directory,
    replacing_folder,
    sweep,
    sync_tree,
)
from tests.storage.test_files import killed
from tests.synced import synced


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_are_their_owners_alone_and_others_stay(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_own_folder(tmp_path / "a" / "b")
    make_own_folder(tmp_path / "a" / "b")
    assert [mode(tmp_path / name) for name in ("", "a", "a/b")] == [0o755, 0o700, 0o700]


def test_a_new_directory_takes_its_place_whole(tmp_path: Path) -> None:
    final = tmp_path / "snapshots" / "1"
    for content in ("old", "new"):
        with synced() as order, new_directory(final) as building:
            (building / "file").write_text(content)
            (building / "file").chmod(0o644)
        assert [path.name for path in order] == ["file", ".tmp-1", "snapshots"]
        assert (final / "file").read_text() == content
    assert (mode(final), mode(final / "file")) == (0o700, 0o600)
    assert list(final.parent.iterdir()) == [final]


def test_one_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    final = tmp_path / "1"
    with new_directory(final) as building:
        (building / "file").write_text("old")
    with pytest.raises(FileExistsError), new_directory(final) as building:
        building.mkdir()
    assert (final / "file").read_text() == "old"
    assert list(tmp_path.iterdir()) == [final]


def test_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    final = tmp_path / "1"
    killed("folder", final)
    killed("file", tmp_path / "CURRENT")
    assert not final.exists()
    assert len(list(tmp_path.iterdir())) == 2
    with new_directory(final) as building:
        (building / "file").write_text("new")
    assert list(tmp_path.iterdir()) == [final]


def test_a_sweep_removes_a_link_and_not_what_it_leads_to(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    (kept / "inside").mkdir(parents=True)
    (tmp_path / ".tmp-link").symlink_to(kept)
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [kept]
    assert os.listdir(kept) == ["inside"]  # noqa: PTH208 - names are what is wanted


def test_a_tree_is_synced_to_its_leaves(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").touch()
    with synced() as order:
        sync_tree(tmp_path)
    names = ("a", "a/b", "a/b/file")
    assert set(order) == {tmp_path, *(tmp_path / name for name in names)}
    assert order[-1] == tmp_path


def test_a_folder_among_others_takes_the_place_of_the_last_one(tmp_path: Path) -> None:
    (tmp_path / ".tmp-of somebody else").mkdir()
    for text in ("first", "second"):
        with replacing_folder(tmp_path / "out") as building:
            (building / "a.txt").write_text(text)
    assert (tmp_path / "out" / "a.txt").read_text() == "second"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".tmp-of somebody else", "out"]
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700


def test_what_was_there_stays_where_the_new_one_is_not_finished(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("kept")

    def fail() -> None:
        with replacing_folder(tmp_path / "out") as building:
            (building / "half").write_text("")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "mine").read_text() == "kept"
