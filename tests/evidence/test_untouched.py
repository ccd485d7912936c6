"""The untouched frame is the very one, whatever it lies in, and says how to find it again."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import FootageChanged, FootageGone, FootageUnreadable
from lfr_batch.evidence.untouched import untouched_frame
from lfr_batch.records import ByteArray
from tests.evidence.spots import ANYWHERE, spot_in
from tests.footage.clips import write_clip
from tests.footage.conftest import CONTAINERS
from tests.footage.made_stills import numbered, saved

UNNUMBERED = {"mpeg4.avi", "h264.avi", "raw.h264"}
"""Whose packets do not say when their pictures are shown."""


def decoded(png: bytes) -> ByteArray:
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, np.uint8)


@pytest.mark.parametrize("name", CONTAINERS)
def test_it_is_the_frame_of_that_moment(rendered: dict[str, Path], name: str) -> None:
    """As PyAV alone decodes it from the beginning: planes, timestamp, number."""
    with av.open(str(rendered[name])) as video:
        frames = list(video.decode(video=0))
    wanted = frames[60]
    found = untouched_frame(spot_in(rendered[name], 2.4), ANYWHERE)
    assert found.pixels_sha256 == hashlib.sha256(wanted.to_ndarray().tobytes()).hexdigest()
    assert found.media_s == pytest.approx(2.4)
    assert found.pixel_format == wanted.format.name
    assert found.frame == (None if name in UNNUMBERED else 60)
    if name not in UNNUMBERED:
        assert (found.pts, found.time_base_s) == (wanted.pts, wanted.time_base)
    assert found.png_sha256 == hashlib.sha256(found.png).hexdigest()
    as_stored = decoded(found.stored_png or found.png)
    assert (as_stored == wanted.to_ndarray(format="bgr24")).all()


def test_what_is_stored_turned_is_given_upright_and_as_it_is_stored(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "turned.mp4", 30, rotation=90)
    found = untouched_frame(spot_in(clip, 0.4), ANYWHERE)
    assert found.stored_png is not None
    assert found.stored_png_sha256 == hashlib.sha256(found.stored_png).hexdigest()
    assert decoded(found.png).shape == (160, 120, 3)
    assert (np.rot90(decoded(found.stored_png)) == decoded(found.png)).all()


def test_of_a_still_it_is_the_page(tmp_path: Path) -> None:
    pages = numbered(4)
    (tmp_path / "pages.tiff").write_bytes(saved("TIFF", pages))
    found = untouched_frame(spot_in(tmp_path / "pages.tiff", 0.0, picture=3), ANYWHERE)
    assert (decoded(found.png)[..., ::-1] == pages[2]).all()
    assert (found.picture, found.frame, found.pts) == (3, None, None)
    shown = np.ascontiguousarray(pages[2][..., ::-1])
    assert found.pixels_sha256 == hashlib.sha256(shown.tobytes()).hexdigest()


def test_the_wall_clock_is_the_rows(rendered: dict[str, Path]) -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    spot = replace(spot_in(rendered["plain.mp4"], 1.0), best_utc=at)
    assert untouched_frame(spot, ANYWHERE).utc == at


def test_in_a_bucket_it_is_the_same(rendered: dict[str, Path], archive: S3Config) -> None:
    there = untouched_frame(spot_in("s3://archive/a.mp4", 2.4, s3=archive), archive)
    here = untouched_frame(spot_in(rendered["plain.mp4"], 2.4), ANYWHERE)
    assert (there.pixels_sha256, there.pts) == (here.pixels_sha256, here.pts)
    assert there.frame is None


def test_footage_that_is_not_what_it_was_is_refused(
    rendered: dict[str, Path], tmp_path: Path
) -> None:
    clip = Path(shutil.copy(rendered["plain.mp4"], tmp_path / "clip.mp4"))
    spot = spot_in(clip, 1.0)
    data = bytearray(clip.read_bytes())
    data[-1] ^= 1
    clip.write_bytes(data)
    with pytest.raises(FootageChanged, match=r"since it was searched .*its contents are not"):
        untouched_frame(spot, ANYWHERE)
    clip.write_bytes(data[:-1])
    with pytest.raises(FootageChanged, match=f"had {len(data)} bytes and has {len(data) - 1}"):
        untouched_frame(spot, ANYWHERE)
    clip.unlink()
    with pytest.raises(FootageGone, match="is gone since it was searched"):
        untouched_frame(spot, ANYWHERE)


def test_the_same_bytes_with_other_times_are_the_same_footage(
    rendered: dict[str, Path], tmp_path: Path
) -> None:
    clip = Path(shutil.copy(rendered["plain.mp4"], tmp_path / "clip.mp4"))
    spot = spot_in(clip, 1.0)
    os.utime(clip, ns=(1, 1))
    assert untouched_frame(spot, ANYWHERE).frame == 25


def test_a_moment_that_is_not_there_is_refused(rendered: dict[str, Path]) -> None:
    with pytest.raises(FootageUnreadable, match=r"has no frame at 1\.011 s any more"):
        untouched_frame(spot_in(rendered["plain.mp4"], 1.011), ANYWHERE)
    with pytest.raises(FootageUnreadable, match=r"has no frame at 77\.000 s any more"):
        untouched_frame(spot_in(rendered["plain.mp4"], 77.0), ANYWHERE)
