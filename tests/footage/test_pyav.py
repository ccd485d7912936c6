from __future__ import annotations

import gc
import resource
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.errors import FootageDamaged, FootageError, FootageUnreadable
from lfr_batch.footage.decoders import Decoding
from lfr_batch.footage.frames import Frame
from lfr_batch.footage.segments import plan_segments
from lfr_batch.records import FootageAsset, FootageEntry, Segment
from tests.probing import probe

from .clips import frames_of, pictures, plain_pts, whole, whole_bgr, write_clip
from .conftest import CONTAINERS

S3 = S3Config()


def look(path: Path) -> FootageAsset:
    return probe(FootageEntry(str(path)), FootageConfig(), S3)


def read(segment: Segment, threads: int = 1) -> tuple[list[int], FootageError | None]:
    """Times of all frames, and what was complained of at the end."""
    times: list[int] = []
    try:
        for frame in frames_of(segment, how=Decoding(threads=threads)):
            times.append(frame.pts_ns)
    except FootageError as error:
        return times, error
    return times, None


@pytest.mark.parametrize("name", CONTAINERS)
def test_one_pass_and_segments_give_every_frame_once(rendered: dict[str, Path], name: str) -> None:
    asset = look(rendered[name])
    once, complaint = read(whole(rendered[name], asset.duration_s))
    assert complaint is None
    assert once == [i * 40_000_000 for i in range(100)]
    cut = [read(segment)[0] for segment in plan_segments(asset, 1.0, "key")]
    assert sum(cut, []) == once  # noqa: RUF017 - a few short lists


def test_segments_on_a_plain_grid_need_no_keyframes(rendered: dict[str, Path]) -> None:
    for name in ("clip.ts", "plain.mp4", "clip.mkv", "mpeg2.ts", "hevc.mp4", "h264.avi"):
        borders = [0, 700_000_000, 1_990_000_001, 2_000_000_000, 3_990_000_000, None]
        times: list[int] = []
        for start_ns, end_ns in pairwise(borders):
            segment = Segment("s", "f", str(rendered[name]), "video", start_ns or 0, end_ns, 4.0)
            times += read(segment)[0]
        assert times == [i * 40_000_000 for i in range(100)], name


def test_frame_threads_change_nothing(rendered: dict[str, Path]) -> None:
    for name in ("opengop.mp4", "h264.avi", "clip.ts"):
        segment = Segment("s", "f", str(rendered[name]), "video", 10**9, 3 * 10**9, 4.0)
        assert read(segment, threads=2) == read(segment)


@pytest.mark.long
def test_real_footage_frame_by_frame(shared_data: Path) -> None:
    for path in sorted((shared_data / "footage").glob("*/*.*")):
        if path.suffix == ".png":
            continue
        asset = look(path)
        once, complaint = read(whole(path, asset.duration_s))
        assert complaint is None, path
        assert once == pytest.approx(plain_pts(path), abs=2), path
        seconds = 20.0 if (asset.duration_s or 0) > 60 else 2.0
        segments = plan_segments(asset, seconds, "key")
        assert [t for segment in segments for t in read(segment)[0]] == once, path


def test_variable_frame_rate_and_gaps(tmp_path: Path) -> None:
    ticks = [0, 1, 2, 10, 11, 40, 41, 100, 150, 151]
    path = write_clip(tmp_path / "a.mkv", 10, ticks=ticks, encoder={"bf": "0"})
    assert read(whole(path))[0] == [tick * 40_000_000 for tick in ticks]
    empty = Segment("s", "f", str(path), "video", 2 * 10**9, 3 * 10**9, 6.08)
    assert read(empty) == ([], None)


def test_a_recorder_that_began_anew_loses_no_frame(
    tmp_path: Path, rendered: dict[str, Path]
) -> None:
    path = tmp_path / "two.ts"
    path.write_bytes(rendered["clip.ts"].read_bytes() * 2)
    asset = look(path)
    times = [t for segment in plan_segments(asset, 1.0, "key") for t in read(segment)[0]]
    assert len(times) == 200
    assert times == sorted(times)


def four_corners(size_wh: tuple[int, int]) -> np.ndarray:
    width, height = size_wh
    picture = np.zeros((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = (255, 0, 0)
    picture[: height // 2, width // 2 :] = (0, 255, 0)
    picture[height // 2 :, : width // 2] = (0, 0, 255)
    return picture


@pytest.mark.parametrize("rotation_deg", [0, 90, 180, 270])
def test_frames_are_upright_in_every_form(tmp_path: Path, rotation_deg: int) -> None:
    upright = four_corners((160, 96))
    stored = np.ascontiguousarray(np.rot90(upright, rotation_deg // 90))
    path = write_clip(tmp_path / "a.mp4", [stored] * 3, rotation=-rotation_deg)
    asset = look(path)
    assert asset.rotation_deg == rotation_deg
    (segment,) = plan_segments(asset, 60.0, "key")
    frames: list[Frame] = list(frames_of(segment))
    frame = frames[0]
    assert frame.size_wh == (160, 96)
    small = upright[::2, ::2]
    assert np.abs(whole_bgr(frame)[:, :, ::-1].astype(int) - upright).mean() < 8
    assert np.abs(frame.rgb(80, 48).astype(int) - small).mean() < 10
    grey = small @ np.array([0.299, 0.587, 0.114])
    assert np.abs(frame.luma(80, 48).astype(int) - grey).mean() < 16
    forms = whole_bgr(frame), frame.bgr_part(3, 5, 98, 76), frame.rgb(80, 48), frame.luma(9, 7)
    assert all(picture.flags.c_contiguous for picture in forms)


def test_frames_may_be_converted_after_the_file_is_closed(rendered: dict[str, Path]) -> None:
    frames = list(frames_of(whole(rendered["plain.mp4"])))
    shown = list(pictures(100))
    for i in (0, 50, 99):
        assert np.abs(whole_bgr(frames[i])[:, :, ::-1].astype(int) - shown[i]).mean() < 15


CUTS = {
    "faststart.mp4": "announces 4.0 s but it ends at",
    "fragmented.mp4": "",
    "clip.mkv": "announces 4.0 s but it ends at",
    "clip.flv": "announces",
    "mpeg4.avi": "bytes but it has",
    "clip.ts": "ends in the middle of a packet",
}


@pytest.mark.parametrize(("name", "part"), CUTS.items())
def test_truncated_footage(tmp_path: Path, rendered: dict[str, Path], name: str, part: str) -> None:
    data = rendered[name].read_bytes()
    path = tmp_path / name
    path.write_bytes(data[: len(data) * 55 // 100 | 1])
    asset = look(path)
    missing = 0.45 if name == "mpeg4.avi" else 0.0  # the others announce no number of bytes
    assert asset.unsearched_share == pytest.approx(missing, abs=0.01)
    once, complaint = read(whole(path, asset.duration_s))
    assert isinstance(complaint, FootageDamaged)
    assert part in str(complaint)
    assert len(once) == len(plain_pts(path)) > 20
    parts = [read(segment) for segment in plan_segments(asset, 1.0, "key")]
    assert [time for times, _ in parts for time in times] == once
    assert parts[-1][1] is not None
    first = Segment("s", "f", str(path), "video", 0, 500_000_000, asset.duration_s)
    assert read(first)[1] is None


def test_truncated_without_an_index(tmp_path: Path, rendered: dict[str, Path]) -> None:
    data = rendered["plain.mp4"].read_bytes()
    (tmp_path / "a.mp4").write_bytes(data[: len(data) // 2])
    times, complaint = read(whole(tmp_path / "a.mp4"))
    assert times == []
    assert isinstance(complaint, FootageUnreadable)
    assert "moov" in str(complaint)


@pytest.mark.parametrize("name", ["faststart.mp4", "clip.mkv", "clip.ts", "mjpeg.avi"])
def test_damage_in_the_middle(
    tmp_path: Path, rendered: dict[str, Path], name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    data = bytearray(rendered[name].read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(i * 7 % 256 for i in range(3000))
    path = tmp_path / name
    path.write_bytes(data)
    times, complaint = read(whole(path, 4.0))
    assert isinstance(complaint, FootageDamaged)
    assert "is damaged" in str(complaint)
    assert len(times) == len(plain_pts(path)) > 50
    assert times[-1] > 3.8 * 10**9
    assert read(Segment("s", "f", str(path), "video", 0, 10**9, 4.0))[1] is None
    assert capfd.readouterr() == ("", "")


def test_real_files_cut_short(shared_data: Path, tmp_path: Path) -> None:
    for name in (
        "known_answer/custody_S029.avi",
        "crowd/marathon.mkv",
        "codecs/stored_rotated_90.mp4",
    ):
        source = shared_data / "footage" / name
        data = source.read_bytes()
        path = tmp_path / source.name
        path.write_bytes(data[: len(data) * 6 // 10 | 1])
        asset = look(path)
        if asset.status == "failed":
            assert "moov" in (asset.error or "")
            continue
        times, complaint = read(whole(path, asset.duration_s))
        assert isinstance(complaint, FootageDamaged)
        assert "truncated" in str(complaint)
        assert len(times) == len(plain_pts(path))


def test_text_is_not_decoded(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words\n" * 500)
    with pytest.raises(FootageUnreadable, match="text file"):
        next(frames_of(whole(tmp_path / "a.txt")))


def test_memory_stays_flat_over_a_long_file(tmp_path: Path) -> None:
    def peak_mib_after(frames: int) -> float:
        path = write_clip(
            tmp_path / f"{frames}.mp4",
            pictures(frames, (640, 480)),
            encoder={"preset": "ultrafast"},
        )
        gc.collect()
        for frame in frames_of(whole(path)):
            whole_bgr(frame)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    short = peak_mib_after(60)
    assert peak_mib_after(600) - short < 60
