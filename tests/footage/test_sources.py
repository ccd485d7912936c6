from __future__ import annotations

import hashlib
import logging
import os
import time
from io import BufferedReader
from pathlib import Path

import pytest

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.errors import FootageUnreadable, UsageError
from lfr_batch.footage.sources import facts, list_entries, open_bytes
from lfr_batch.records import FootageEntry
from tests.permissions import closed, public_folder
from tests.probing import probe

S3 = S3Config()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    for name in (
        "a/1.mp4", "a/2.DAV", "a/deep/3", "b/4.avi", "a/notes.txt", "a/list.csv",
        ".hidden/5.mp4", "a/.6.mp4", "empty/x.json",
    ):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path


def names(inputs: list[str], root: Path) -> list[str]:
    return [os.path.relpath(entry.uri, root) for entry in list_entries(inputs, S3)]


def test_what_inputs_mean(archive: Path) -> None:
    in_a = ["a/1.mp4", "a/2.DAV", "a/deep/3"]
    assert names([str(archive / "a")], archive) == in_a
    assert names([str(archive)], archive) == [*in_a, "b/4.avi"]
    assert names([str(archive / "a/notes.txt")], archive) == ["a/notes.txt"]
    assert names([str(archive / "*/*.mp4")], archive) == ["a/1.mp4"]
    assert names([str(archive / "**/*.[am][vp]*")], archive) == ["a/1.mp4", "b/4.avi"]
    assert names([(archive / "b").as_uri(), str(archive / "b/4.avi")], archive) == ["b/4.avi"]


def test_local_uris_are_absolute_sorted_and_unique(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(archive)
    uris = [entry.uri for entry in list_entries(["b", "./a/../b/4.avi", "a"], S3)]
    assert uris == sorted(set(uris))
    assert all(Path(uri).is_absolute() for uri in uris)


@pytest.mark.parametrize(
    ("given", "part"),
    [("none.mp4", "does not exist"), ("*.mkv", "no file matches"), ("empty", "holds no footage"),
     ("ftp://host/x.mp4", "cannot be read"), ("s3://", "names no bucket")],
)  # fmt: skip
def test_an_input_that_means_nothing(
    archive: Path, monkeypatch: pytest.MonkeyPatch, given: str, part: str
) -> None:
    monkeypatch.chdir(archive)
    with pytest.raises(UsageError, match=part):
        list_entries([given], S3)


def test_a_name_that_looks_like_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "cam[1]*.mp4").write_bytes(b"x")
    assert names([str(tmp_path / "cam[1]*.mp4")], tmp_path) == ["cam[1]*.mp4"]


def test_a_name_that_is_no_unicode(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.mp4"
    Path(os.fsdecode(path)).write_bytes(b"bytes")
    (entry,) = list_entries([str(tmp_path)], S3)
    entry.uri.encode()
    with open_bytes(entry.uri, S3) as file:
        assert file.read() == b"bytes"


def test_facts_and_errors(archive: Path) -> None:
    assert facts(str(archive / "a/1.mp4"), S3).bytes == len("a/1.mp4")
    with pytest.raises(FootageUnreadable, match="does not exist"):
        open_bytes(str(archive / "none"), S3)
    os.mkfifo(archive / "pipe")
    with pytest.raises(FootageUnreadable, match="not a regular file"):
        open_bytes(str(archive / "pipe"), S3)


def test_a_file_that_is_written_to_while_it_is_hashed_has_no_facts(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As that of a recorder which has not come to its end."""
    path = archive / "a/1.mp4"
    digest = hashlib.file_digest

    def meanwhile(file: BufferedReader, name: str) -> object:
        with path.open("ab") as recorder:
            recorder.write(b"more")
        return digest(file, name)

    monkeypatch.setattr(hashlib, "file_digest", meanwhile)
    with pytest.raises(FootageUnreadable, match=f"{path} is being written to at this moment"):
        facts(str(path), S3)
    asset = probe(FootageEntry(str(path)), FootageConfig(), S3)
    assert (asset.status, asset.sha256, asset.content_id) == ("failed", None, None)


def test_a_change_time_is_relied_on_once_it_is_old_enough(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = str(archive / "a/1.mp4")
    fresh = facts(uri, S3)
    assert fresh.state.changed_ns == Path(uri).stat().st_ctime_ns
    assert fresh.changed_ns is None
    in_three_seconds = fresh.state.changed_ns + 3 * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: in_three_seconds)
    assert facts(uri, S3).changed_ns == fresh.state.changed_ns


def test_linked_folders_are_entered_once(archive: Path) -> None:
    (archive / "a/0-b").symlink_to(archive / "b")
    (archive / "a/deep/up").symlink_to(archive / "a")
    (archive / "b/round").symlink_to(archive / "b")
    assert names([str(archive / "a")], archive) == ["a/0-b/4.avi", "a/1.mp4", "a/2.DAV", "a/deep/3"]
    assert names([str(archive)], archive) == ["a/1.mp4", "a/2.DAV", "a/deep/3", "b/4.avi"]
    assert names([str(archive / "**/*.mp4")], archive) == ["a/1.mp4"]


def test_a_dangling_link_is_an_entry_that_fails(archive: Path) -> None:
    (archive / "b/5.avi").symlink_to(archive / "gone.avi")
    (archive / "b/6.avi").symlink_to(archive / "b/6.avi")
    listed = list_entries([str(archive / "b")], S3)
    assert [Path(entry.uri).name for entry in listed] == ["4.avi", "5.avi", "6.avi"]
    dangling, circular = (probe(entry, FootageConfig(), S3) for entry in listed[1:])
    assert (dangling.status, circular.status) == ("failed", "failed")
    assert "is a link to a file that is not there" in (dangling.error or "")
    assert "symbolic links" in (circular.error or "")


def test_what_is_left_out_of_a_folder_is_counted(
    archive: Path, caplog: pytest.LogCaptureFixture
) -> None:
    os.mkfifo(archive / "a/pipe")
    with caplog.at_level(logging.INFO, "lfr_batch.footage"):
        list_entries([str(archive / "b")], S3)
        assert caplog.messages == []
        list_entries([str(archive / "a")], S3)
    (message,) = caplog.messages
    assert message.startswith(f"4 of 7 files in {archive / 'a'} are left out")


@pytest.mark.parametrize("given", ["closed/1.mp4", "closed/*.mp4", "closed", "."])
def test_a_closed_folder_is_one_sentence(given: str) -> None:
    with public_folder() as folder:
        (folder / "closed").mkdir()
        (folder / "closed/1.mp4").write_bytes(b"x")
        with closed(folder / "closed"), pytest.raises(UsageError, match="Permission denied"):
            list_entries([str(folder / given)], S3)


def test_files_that_can_be_listed_but_not_read_are_entries_that_fail() -> None:
    with public_folder() as folder:
        (folder / "listed").mkdir()
        (folder / "listed/1.mp4").write_bytes(b"x")
        with closed(folder / "listed", 0o444):
            (entry,) = list_entries([str(folder)], S3)
            assert "may not be read" in (probe(entry, FootageConfig(), S3).error or "")


def test_names_that_no_file_can_have(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="File name too long"):
        list_entries([str(tmp_path / ("x" * 300))], S3)
    for name in ("x" * 300, "a\0b"):
        with pytest.raises(FootageUnreadable):
            open_bytes(str(tmp_path / name), S3)
