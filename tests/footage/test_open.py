from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.errors import FootageChanged, FootageUnreadable
from lfr_batch.footage import local, watched
from lfr_batch.footage.decoders import Decoding
from lfr_batch.footage.local import LocalFile
from lfr_batch.footage.open import open_segment
from lfr_batch.footage.segments import plan_segments
from lfr_batch.records import FootageEntry, Segment
from tests.probing import probe

S3 = S3Config()
LONG_AGO_NS = 1_700_000_000_000_000_000


def planned(path: Path) -> Segment:
    (segment,) = plan_segments(probe(FootageEntry(str(path)), FootageConfig(), S3), 60.0, "key")
    return segment


def video(folder: Path, rendered: dict[str, Path]) -> Path:
    return Path(shutil.copy(rendered["clip.ts"], folder / "clip.ts"))


def still(folder: Path, rendered: dict[str, Path]) -> Path:
    path = folder / "a.png"
    path.write_bytes(cv2.imencode(".png", np.zeros((40, 60, 3), np.uint8))[1].tobytes())
    return path


@pytest.mark.parametrize("make", [video, still])
def test_footage_that_changed_since_it_was_planned_is_refused(
    tmp_path: Path, rendered: dict[str, Path], make: type
) -> None:
    path = make(tmp_path, rendered)
    segment, size = planned(path), path.stat().st_size
    assert next(open_segment(segment, S3)).pts_ns == 0
    with path.open("ab") as file:
        file.write(b"more")
    with pytest.raises(FootageChanged, match=rf"has changed .*had {size} bytes.*scan it anew"):
        next(open_segment(segment, S3))
    assert next(open_segment(replace(segment, bytes=None), S3)).pts_ns == 0


def other_bytes(path: Path) -> bytes:
    """As many, one of them different: the last, which nobody needs to decode the rest."""
    data = path.read_bytes()
    return data[:-1] + bytes([data[-1] ^ 1])


def renamed_over(path: Path) -> None:
    new = path.with_name("new")
    new.write_bytes(other_bytes(path))
    new.replace(path)


def renamed_over_with_its_times(path: Path) -> None:
    times = path.stat()
    renamed_over(path)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def written_in_place(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(other_bytes(path))


def written_in_place_with_its_times(path: Path) -> None:
    times = path.stat()
    written_in_place(path)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def linked_elsewhere(path: Path) -> None:
    new = path.with_name("new")
    new.write_bytes(other_bytes(path))
    path.unlink()
    path.symlink_to(new)


REPLACED = [
    renamed_over,
    renamed_over_with_its_times,
    written_in_place,
    written_in_place_with_its_times,
    linked_elsewhere,
]


def until_the_clock_of_files_ticks(path: Path) -> None:
    later = path.with_name("later")
    while not later.exists() or later.stat().st_ctime_ns == path.stat().st_ctime_ns:
        later.touch()


@pytest.mark.parametrize("make", [video, still])
@pytest.mark.parametrize("change", REPLACED)
@pytest.mark.parametrize("settled", [True, False])
def test_other_bytes_of_the_same_size_are_refused(
    tmp_path: Path,
    rendered: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[..., Path],
    change: Callable[[Path], None],
    settled: bool,
) -> None:
    """``settled``: the file was planned when it was old enough to go by its change time."""
    monkeypatch.setattr(local, "COARSEST_NS", -1 if settled else 2_000_000_000)
    path = make(tmp_path, rendered)
    segment = planned(path)
    assert (segment.changed_ns is not None) == settled
    until_the_clock_of_files_ticks(path)
    change(path)
    assert path.stat().st_size == segment.bytes
    with pytest.raises(FootageChanged, match=f"{path} has changed .*its size is the same"):
        next(open_segment(segment, S3))


def touched(path: Path) -> None:
    os.utime(path, ns=(LONG_AGO_NS, LONG_AGO_NS))


def made_read_only(path: Path) -> None:
    path.chmod(0o400)


def copied_back(path: Path) -> None:
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data)


def linked_once_more(path: Path) -> None:
    os.link(path, path.with_name("backup"))


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Files that are read from end to end, one entry each time."""
    read: list[str] = []

    read_whole = LocalFile.facts

    def noted(file: LocalFile) -> object:
        read.append(file.path.name)
        return read_whole(file)

    watched._read_again.cache_clear()
    monkeypatch.setattr(LocalFile, "facts", noted)
    yield read
    watched._read_again.cache_clear()


@pytest.mark.parametrize("change", [touched, made_read_only, copied_back, linked_once_more])
def test_the_same_bytes_are_read_on_whatever_their_times_say(
    tmp_path: Path, rendered: dict[str, Path], hashed: list[str], change: Callable[[Path], None]
) -> None:
    path = video(tmp_path, rendered)
    asset = probe(FootageEntry(str(path)), FootageConfig(), S3)
    segments = plan_segments(asset, 1.0, "key")
    hashed.clear()
    change(path)
    assert sum(len(list(open_segment(segment, S3))) for segment in segments) == 100
    assert len(segments) > 2
    assert hashed == ["clip.ts"]


def test_nothing_is_read_twice_where_nothing_happened(
    tmp_path: Path,
    rendered: dict[str, Path],
    hashed: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(local, "COARSEST_NS", -1)
    segment = planned(video(tmp_path, rendered))
    assert hashed == ["clip.ts"]
    assert len(list(open_segment(segment, S3))) == 100
    assert hashed == ["clip.ts"]


def deleted(path: Path) -> None:
    path.unlink()


def grown(path: Path) -> None:
    with path.open("ab") as file:
        file.write(bytes(188))


def cut_off(path: Path) -> None:
    os.truncate(path, 1000)


def rewritten_with_the_same(path: Path) -> None:
    path.write_bytes(path.read_bytes())


@pytest.mark.parametrize("change", [*REPLACED, deleted, grown, cut_off, rewritten_with_the_same])
def test_what_does_not_stay_as_it_is_while_it_is_read_does_not_count(
    tmp_path: Path, rendered: dict[str, Path], change: Callable[[Path], None]
) -> None:
    path = video(tmp_path, rendered)
    frames = open_segment(planned(path), S3)
    next(frames)
    change(path)
    with pytest.raises(FootageChanged, match=f"{path} was changed, replaced or moved away while"):
        list(frames)


@pytest.mark.parametrize("change", [made_read_only, linked_once_more])
def test_what_leaves_the_bytes_alone_may_happen_while_they_are_read(
    tmp_path: Path, rendered: dict[str, Path], change: Callable[[Path], None]
) -> None:
    path = video(tmp_path, rendered)
    frames = open_segment(planned(path), S3)
    next(frames)
    change(path)
    assert len(list(frames)) == 99


def test_frames_that_are_not_taken_to_the_end_need_no_second_look(
    tmp_path: Path, rendered: dict[str, Path]
) -> None:
    path = video(tmp_path, rendered)
    frames = open_segment(planned(path), S3)
    next(frames)
    path.unlink()
    frames.close()


def test_footage_that_is_gone_says_so(tmp_path: Path, rendered: dict[str, Path]) -> None:
    path = video(tmp_path, rendered)
    segment = planned(path)
    path.unlink()
    with pytest.raises(FootageUnreadable, match=r"is gone since .* --retry-failed"):
        next(open_segment(segment, S3))


def test_the_rate_at_which_frames_are_looked_at_reaches_the_decoder(
    tmp_path: Path, rendered: dict[str, Path]
) -> None:
    segment = planned(video(tmp_path, rendered))
    every = [frame.pts_ns for frame in open_segment(segment, S3)]
    fewer = [frame.pts_ns for frame in open_segment(segment, S3, Decoding(sample_fps=5.0))]
    assert len(every) == 100
    assert len(fewer) < 80
    assert set(range(0, 4 * 10**9, 200_000_000)) <= set(fewer) < set(every)
    picture = planned(still(tmp_path, rendered))
    assert len(list(open_segment(picture, S3, Decoding(sample_fps=5.0)))) == 1
