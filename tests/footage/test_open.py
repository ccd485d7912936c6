from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.errors import FootageUnreadable
from lfr_batch.footage.open import open_segment
from lfr_batch.footage.segments import plan_segments
from lfr_batch.records import FootageEntry, Segment
from tests.probing import probe

S3 = S3Config()


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
    assert next(open_segment(segment, S3, 1)).pts_ns == 0
    with path.open("ab") as file:
        file.write(b"more")
    with pytest.raises(FootageUnreadable, match=rf"has changed .*had {size} bytes.*scan it anew"):
        next(open_segment(segment, S3, 1))
    assert next(open_segment(replace(segment, bytes=None), S3, 1)).pts_ns == 0


def test_footage_that_is_gone_says_so(tmp_path: Path, rendered: dict[str, Path]) -> None:
    path = video(tmp_path, rendered)
    segment = planned(path)
    path.unlink()
    with pytest.raises(FootageUnreadable, match="does not exist"):
        next(open_segment(segment, S3, 1))


def test_the_rate_at_which_frames_are_looked_at_reaches_the_decoder(
    tmp_path: Path, rendered: dict[str, Path]
) -> None:
    segment = planned(video(tmp_path, rendered))
    every = [frame.pts_ns for frame in open_segment(segment, S3, 1)]
    fewer = [frame.pts_ns for frame in open_segment(segment, S3, 1, sample_fps=5.0)]
    assert len(every) == 100
    assert len(fewer) < 80
    assert set(range(0, 4 * 10**9, 200_000_000)) <= set(fewer) < set(every)
    picture = planned(still(tmp_path, rendered))
    assert len(list(open_segment(picture, S3, 1, sample_fps=5.0))) == 1
