"""What is cut shows the same pictures, bit by bit, and says what it is of the original."""

from __future__ import annotations

import hashlib
from pathlib import Path

import av
import pytest

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import FootageChanged, FootageUnreadable
from lfr_batch.evidence.cut import CutClip, cut_clip
from tests.evidence.spots import ANYWHERE, all_frames, spot_in
from tests.footage.clips import write_clip
from tests.footage.conftest import CONTAINERS
from tests.footage.made_stills import numbered, saved

OTHER_CONTAINER = {"program.mpg": "mkv", "clip.flv": "mkv", "stream.mjpeg": "mjpeg"}
CODECS = ("h264_aac.mp4", "h265_aac.mp4", "mp4v_aac.mp4", "vp8_opus.webm", "xvid_aac.avi")


def kept(clip: CutClip, folder: Path) -> Path:
    path = folder / f"cut.{clip.ending}"
    path.write_bytes(clip.data)
    return path


def place(part: list[str], whole: list[str]) -> int | None:
    """Where ``part`` stands in ``whole``, as it is."""
    starts = range(len(whole) - len(part) + 1)
    return next((at for at in starts if whole[at : at + len(part)] == part), None)


@pytest.mark.parametrize("name", CONTAINERS)
def test_its_frames_are_the_originals(rendered: dict[str, Path], name: str, tmp_path: Path) -> None:
    """Half a second each way around 2.4 s: from the keyframe before 1.9 s."""
    clip = cut_clip(spot_in(rendered[name], 2.4), ANYWHERE, 0.5, 0.5)
    whole, part = all_frames(rendered[name]), all_frames(kept(clip, tmp_path))
    at = place(part, whole)
    assert at is not None
    assert at <= 48
    assert at + len(part) > 72
    assert len(part) == clip.frames < len(whole)
    assert clip.start_s == pytest.approx(at / 25, abs=0.001)
    assert clip.end_s == pytest.approx((at + len(part) - 1) / 25, abs=0.001)
    assert clip.sha256 == hashlib.sha256(clip.data).hexdigest()
    assert clip.ending == OTHER_CONTAINER.get(name, name.partition(".")[2])


@pytest.mark.parametrize("name", ["plain.mp4", "fragmented.mp4", "clip.ts", "clip.mkv"])
def test_its_offset_leads_to_the_originals_timestamps(
    rendered: dict[str, Path], name: str, tmp_path: Path
) -> None:
    clip = cut_clip(spot_in(rendered[name], 2.4), ANYWHERE, 0.5, 0.5)
    times = []
    for path in (rendered[name], kept(clip, tmp_path)):
        with av.open(str(path)) as video:
            times.append([float(frame.time or 0) for frame in video.decode(video=0)])
    whole, part = times
    moved = [round(time + clip.offset_s, 3) for time in part]
    assert set(moved) <= {round(time, 3) for time in whole}


def test_it_is_clamped_to_what_there_is(rendered: dict[str, Path]) -> None:
    clip = cut_clip(spot_in(rendered["plain.mp4"], 2.0), ANYWHERE)
    assert (clip.start_s, clip.frames) == (0.0, 100)


def test_the_turn_of_a_picture_that_is_stored_turned_is_kept(tmp_path: Path) -> None:
    turned = write_clip(tmp_path / "turned.mp4", 60, rotation=90)
    clip = cut_clip(spot_in(turned, 1.5), ANYWHERE, 0.2, 0.2)
    with av.open(str(kept(clip, tmp_path))) as video:
        assert next(video.decode(video=0)).rotation == 90


def test_from_a_bucket_it_is_the_same(rendered: dict[str, Path], archive: S3Config) -> None:
    there = cut_clip(spot_in("s3://archive/a.mp4", 2.4, s3=archive), archive, 0.5, 0.5)
    assert there.data == cut_clip(spot_in(rendered["plain.mp4"], 2.4), ANYWHERE, 0.5, 0.5).data


def test_a_still_is_not_cut(tmp_path: Path) -> None:
    (tmp_path / "still.tiff").write_bytes(saved("TIFF", numbered(2)))
    with pytest.raises(FootageUnreadable, match="is a still, of which no clip is cut"):
        cut_clip(spot_in(tmp_path / "still.tiff", 0.0, picture=1), ANYWHERE)


def test_footage_that_has_changed_is_not_cut(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 30)
    spot = spot_in(clip, 0.4)
    with clip.open("ab") as file:
        file.write(b"more")
    with pytest.raises(FootageChanged, match="since it was searched"):
        cut_clip(spot, ANYWHERE)


@pytest.mark.parametrize("name", CODECS)
def test_sound_is_left_out_and_said(shared_data: Path, name: str, tmp_path: Path) -> None:
    original = shared_data / "footage" / "codecs" / f"openmpf_face_{name}"
    clip = cut_clip(spot_in(original, 0.5), ANYWHERE, 0.2, 0.2)
    assert clip.left_out == ("sound",)
    cut = kept(clip, tmp_path)
    with av.open(str(cut)) as video:
        assert [stream.type for stream in video.streams] == ["video"]
    assert place(all_frames(cut), all_frames(original)) is not None


def test_a_real_clip_of_a_turned_camera_stays_turned(shared_data: Path, tmp_path: Path) -> None:
    original = shared_data / "footage" / "codecs" / "stored_rotated_90.mp4"
    clip = cut_clip(spot_in(original, 5.0), ANYWHERE, 1.0, 1.0)
    assert clip.start_s <= 4.0
    with av.open(str(kept(clip, tmp_path))) as video:
        assert next(video.decode(video=0)).rotation == -90
