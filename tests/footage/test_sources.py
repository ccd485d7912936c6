from __future__ import annotations

import errno
import hashlib
import os
import socket
import time
import unicodedata
from io import BufferedReader
from pathlib import Path

import pytest

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.errors import FootageUnreadable, UsageError
from lfr_batch.footage.sources import list_footage, source_of
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
    return [os.path.relpath(entry.uri, root) for entry in list_footage(inputs, S3).entries]


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
    uris = [entry.uri for entry in list_footage(["b", "./a/../b/4.avi", "a"], S3).entries]
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
        list_footage([given], S3)


def test_a_name_that_looks_like_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "cam[1]*.mp4").write_bytes(b"x")
    assert names([str(tmp_path / "cam[1]*.mp4")], tmp_path) == ["cam[1]*.mp4"]


def test_a_name_that_is_no_unicode(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.mp4"
    Path(os.fsdecode(path)).write_bytes(b"bytes")
    (entry,) = list_footage([str(tmp_path)], S3).entries
    entry.uri.encode()
    with source_of(entry.uri, S3).open_bytes() as file:
        assert file.read() == b"bytes"


def test_facts_and_errors(archive: Path) -> None:
    assert source_of(str(archive / "a/1.mp4"), S3).facts().bytes == len("a/1.mp4")
    with pytest.raises(FootageUnreadable, match="does not exist"):
        source_of(str(archive / "none"), S3).open_bytes()
    with pytest.raises(FootageUnreadable, match="is a folder: name its files, or give the folder"):
        source_of(str(archive / "a"), S3).open_bytes()
    with pytest.raises(FootageUnreadable, match="if it is a pattern, give it on the command line"):
        source_of(str(archive / "*.mp4"), S3).open_bytes()
    os.mkfifo(archive / "pipe")
    with pytest.raises(FootageUnreadable, match="not a regular file"):
        source_of(str(archive / "pipe"), S3).open_bytes()


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
        source_of(str(path), S3).facts()
    asset = probe(FootageEntry(str(path)), FootageConfig(), S3)
    assert (asset.status, asset.sha256, asset.content_id) == ("failed", None, None)


def test_a_change_time_is_relied_on_once_it_is_old_enough(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = str(archive / "a/1.mp4")
    fresh = source_of(uri, S3).facts()
    assert fresh.state.changed_ns == Path(uri).stat().st_ctime_ns
    assert fresh.changed_ns is None
    in_three_seconds = fresh.state.changed_ns + 3 * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: in_three_seconds)
    assert source_of(uri, S3).facts().changed_ns == fresh.state.changed_ns


def test_linked_folders_are_entered_once(archive: Path) -> None:
    (archive / "a/0-b").symlink_to(archive / "b")
    (archive / "a/deep/up").symlink_to(archive / "a")
    (archive / "b/round").symlink_to(archive / "b")
    assert names([str(archive / "a")], archive) == ["a/0-b/4.avi", "a/1.mp4", "a/2.DAV", "a/deep/3"]
    assert names([str(archive)], archive) == ["a/1.mp4", "a/2.DAV", "a/deep/3", "b/4.avi"]
    assert names([str(archive / "**/*.mp4")], archive) == ["a/1.mp4"]


def test_a_link_to_a_folder_above_it_is_not_followed(archive: Path) -> None:
    (archive / "a/deep/up").symlink_to(archive / "a")
    assert names([str(archive / "a/deep")], archive) == ["a/deep/3"]
    assert names([str(archive / "a/d*")], archive) == ["a/deep/3"]


@pytest.mark.parametrize(
    "given", [["b", "c"], ["c", "b"], ["[bc]"], ["b/4.avi", "c"], ["[bc]*", "[bc]/*.avi"]]
)
def test_a_file_counts_once_by_whatever_links_it_is_found(archive: Path, given: list[str]) -> None:
    (archive / "c").mkdir()
    (archive / "c/linked").symlink_to(archive / "b")
    os.link(archive / "b/4.avi", archive / "c/copy.avi")
    wanted = ["b/4.avi", "c/copy.avi"]
    assert names([str(archive / each) for each in given], archive) == wanted


def test_a_dangling_link_is_an_entry_that_fails(archive: Path) -> None:
    (archive / "b/5.avi").symlink_to(archive / "gone.avi")
    (archive / "b/6.avi").symlink_to(archive / "b/6.avi")
    listed = list_footage([str(archive / "b")], S3).entries
    assert [Path(entry.uri).name for entry in listed] == ["4.avi", "5.avi", "6.avi"]
    dangling, circular = (probe(entry, FootageConfig(), S3) for entry in listed[1:])
    assert (dangling.status, circular.status) == ("failed", "failed")
    assert "is a link to a file that is not there" in (dangling.error or "")
    assert "symbolic links" in (circular.error or "")


EXPORT = {
    "player.exe": b"MZ\x90\0",
    "codec/ffdshow.ax": b"MZ",
    "codec/setup.msi": b"\xd0\xcf\x11\xe0",
    "Player/avcodec.dll": b"MZ",
    "Thumbs.db": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "codec/Thumbs.db": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "desktop.ini": b"[.ShellClassInfo]",
    "AUTORUN.INF": b"[autorun]",
    ".DS_Store": b"\0\0\0\1Bud1",
    "._cam1.mp4": b"\0\5\x16\7",
    "cam1.idx": b"\1\2\3",
    "cam1.sidecar": b"\1\2\3",
    "index00.bin": b"\1\2\3",
    "play.m3u8": b"#EXTM3U",
    "play.pls": b"[playlist]",
    "LICENSE": b"Permission is hereby granted",
    "licence.rtf": b"{\\rtf1",
    "manual.pdf": b"%PDF-1.4",
    "hashes.md5": b"0 a",
    "viewer.dat": b"MZ\x90\0",
    "viewer": b"\x7fELF",
    "events.db": b"SQLite format 3\0",
}
"""What recorders export beside footage, by name, and where that says nothing by content."""
FOOTAGE = {
    "cam1.mp4": b"\0",
    "AVSEQ01.DAT": b"RIFF",
    "cam2": b"\0\0\0\1",
    "x.bin": b"DHAV",
    "y.xyz": b"?",
}


def test_an_export_folder_gives_its_footage_and_one_line(tmp_path: Path) -> None:
    for name, content in {**EXPORT, **FOOTAGE}.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    listing = list_footage([str(tmp_path)], S3)
    assert [Path(entry.uri).name for entry in listing.entries] == sorted(FOOTAGE)
    assert listing.left_out == {"file that is no footage": len(EXPORT)}
    (line,) = listing.said
    start = f"left out of {tmp_path}: {len(EXPORT)} files that are no footage (Thumbs.db × 2, "
    assert line.startswith(start)
    assert "a player may hold footage" in line


def test_what_is_named_itself_is_never_left_out(tmp_path: Path) -> None:
    (tmp_path / "player.exe").write_bytes(EXPORT["player.exe"])
    listing = list_footage([str(tmp_path / "player.exe")], S3)
    assert (len(listing.entries), listing.said, listing.left_out) == (1, (), {})
    asset = probe(listing.entries[0], FootageConfig(), S3)
    assert asset.status == "failed"
    assert "is a program, not footage" in (asset.error or "")
    assert len(list_footage([str(tmp_path / "*.exe")], S3).entries) == 1


def test_what_is_left_out_of_a_folder_is_said(archive: Path) -> None:
    os.mkfifo(archive / "a/pipe.mp4")
    assert list_footage([str(archive / "b")], S3).said == ()
    (line,) = list_footage([str(archive / "a")], S3).said
    assert line == (
        f"left out of {archive / 'a'}: 2 files that are no footage (list.csv, notes.txt), "
        "1 file that is hidden (.6.mp4), 1 file that is no regular file (pipe.mp4)"
    )
    with pytest.raises(UsageError, match=r"holds no footage \(left out of .*x\.json"):
        list_footage([str(archive / "empty")], S3)


def test_a_name_in_another_normal_form_is_found(tmp_path: Path) -> None:
    there = (
        tmp_path / unicodedata.normalize("NFD", "Café") / unicodedata.normalize("NFC", "Zoë.mp4")
    )
    there.parent.mkdir()
    there.write_bytes(b"x")
    forms = [unicodedata.normalize("NFC", str(there)), unicodedata.normalize("NFD", str(there))]
    for given in forms:
        assert [entry.uri for entry in list_footage([given], S3).entries] == [str(there)]
        assert source_of(given, S3).stored() == str(there)
    assert source_of(str(tmp_path / "Müll.mp4"), S3).stored() == str(tmp_path / "Müll.mp4")


CLOSED = ["closed/1.mp4", "closed/*.mp4", "closed", "."]


@pytest.mark.parametrize("given", CLOSED)
def test_where_there_is_nothing_else_a_closed_folder_is_refused(given: str) -> None:
    with public_folder() as folder:
        (folder / "closed").mkdir()
        (folder / "closed/1.mp4").write_bytes(b"x")
        with closed(folder / "closed"), pytest.raises(UsageError) as refused:
            list_footage([str(folder / given)], S3)
    assert "cannot be l" in str(refused.value)
    assert "(Permission denied): nothing is left to search; " in str(refused.value)


@pytest.mark.parametrize(
    ("given", "gap"),
    [
        *((name, "closed") for name in CLOSED),
        ("*/*.mp4", "closed"),
        ("*/sub/*.mp4", "closed"),
        ("**/*.mp4", "closed"),
        ("linked", "linked/to"),
    ],
)
def test_what_cannot_be_listed_is_a_gap_and_the_rest_is_found(given: str, gap: str) -> None:
    with public_folder() as folder:
        (folder / "closed").mkdir()
        (folder / "open/sub").mkdir(parents=True)
        (folder / "open/sub/1.mp4").write_bytes(b"x")
        (folder / "linked").mkdir()
        (folder / "linked/to").symlink_to(folder / "closed")
        with closed(folder / "closed"):
            listing = list_footage([str(folder / "open"), str(folder / given)], S3)
    assert [entry.uri for entry in listing.entries] == [str(folder / "open/sub/1.mp4")]
    assert any(each.startswith(f"{folder / gap}") for each in listing.gaps)
    assert all(each.endswith("(Permission denied)") for each in listing.gaps)


def test_a_folder_that_vanishes_meanwhile_is_a_gap(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def vanished(path: str) -> object:
        if Path(path).name == "deep":
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", vanished)
    listing = list_footage([str(archive / "a")], S3)
    assert len(listing.entries) == 2
    assert listing.gaps == (f"{archive / 'a/deep'} cannot be listed (No such file or directory)",)


def test_an_input_without_footage_is_a_gap_beside_others(archive: Path) -> None:
    os.mkfifo(archive / "empty/pipe")
    (archive / "bare").mkdir()
    inputs = [str(archive / name) for name in ("empty", "a", "bare")]
    listing = list_footage(inputs, S3)
    assert len(listing.entries) == 3
    assert listing.gaps == (
        f"{archive / 'empty'} holds no footage (left out of {archive / 'empty'}: 1 file that is no "
        "footage (x.json), 1 file that is no regular file (pipe))",
        f"{archive / 'bare'} holds no footage",
    )
    with pytest.raises(UsageError, match=r"/none does not exist"):
        list_footage([*inputs, str(archive / "none")], S3)


def test_devices_alone_are_nothing_to_search(archive: Path) -> None:
    os.mkfifo(archive / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(archive / "socket"))
        devices = ["/dev/zero", str(archive / "pipe"), str(archive / "socket")]
        with pytest.raises(UsageError, match=r"/dev/zero is not a regular file; .*nothing is left"):
            list_footage(devices, S3)
        listed = list_footage([*devices, str(archive / "b")], S3).entries
        assert len(listed) == 4
        errors = [probe(entry, FootageConfig(), S3).error or "" for entry in listed]
    assert sum("is not a regular file" in error for error in errors) == 3


def test_what_is_left_out_is_counted_by_what_it_is(archive: Path) -> None:
    (archive / "a/deep/up").symlink_to(archive)
    (archive / "a/.trash").mkdir()
    os.mkfifo(archive / "a/pipe.mp4")
    listing = list_footage([str(archive / "a"), str(archive / "b")], S3)
    assert listing.left_out == {
        "file that is no footage": 2,
        "file that is hidden": 1,
        "folder that is hidden": 1,
        "file that is no regular file": 1,
        "link to a folder in which it lies itself": 1,
    }


def test_names_that_are_no_unicode_are_found_and_named() -> None:
    with public_folder() as folder:
        for name in (b"odd\xff", b"closed\xff"):
            (folder / os.fsdecode(name)).mkdir()
        (folder / os.fsdecode(b"odd\xff") / "1.mp4").write_bytes(b"x")
        with closed(folder / os.fsdecode(b"closed\xff")):
            listing = list_footage([str(folder)], S3)
    assert [entry.uri for entry in listing.entries] == [f"file://{folder}/odd%FF/1.mp4"]
    assert listing.gaps == (f"file://{folder}/closed%FF cannot be listed (Permission denied)",)


def test_files_that_can_be_listed_but_not_read_are_entries_that_fail() -> None:
    with public_folder() as folder:
        (folder / "listed").mkdir()
        (folder / "listed/1.mp4").write_bytes(b"x")
        with closed(folder / "listed", 0o444):
            (entry,) = list_footage([str(folder)], S3).entries
            assert "may not be read" in (probe(entry, FootageConfig(), S3).error or "")


def test_names_that_no_file_can_have(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="File name too long"):
        list_footage([str(tmp_path / ("x" * 300))], S3)
    for name in ("x" * 300, "a\0b"):
        with pytest.raises(FootageUnreadable):
            source_of(str(tmp_path / name), S3).open_bytes()
