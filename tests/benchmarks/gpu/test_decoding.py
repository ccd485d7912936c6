"""What is decoded when nothing else is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.gpu import decoding
from benchmarks.gpu.bench import Bench
from benchmarks.gpu.decoding import (
    CORES,
    ON_CARD,
    TOGETHER,
    best_streams,
    frames_per_s,
    limit_frames_per_s,
    measure,
)
from benchmarks.rows import REFUSED, Row
from lfr_batch import cuda
from tests.footage.clips import write_clip


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4", 10)


def test_a_clip_is_decoded_over_and_over(clip: Path) -> None:
    """It has ten frames, and a few hundred of its size take a second at the most."""
    assert frames_per_s(clip, ["core", "core"], 0.5) > 2 * 10


@pytest.mark.skipif(cuda.device_count() > 0, reason="this machine has a GPU")
def test_what_is_not_there_is_a_row(clip: Path, tmp_path: Path) -> None:
    bench = Bench(tmp_path, tmp_path, "open", "cuda", {"wall": clip}, None, (), quick=True)
    rows = {row.what: row for row in measure(bench, [])}
    assert rows[ON_CARD].figure == rows[TOGETHER].figure == REFUSED
    assert isinstance(rows[CORES].figure, float)
    assert rows[CORES].note.endswith("× real time")
    assert limit_frames_per_s(list(rows.values()), "wall") == rows[CORES].figure


def test_a_file_that_is_no_video_raises(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"no video")
    with pytest.raises(Exception, match="Invalid data"):
        frames_per_s(path, ["core"] * 3, 0.1)


def test_a_decoder_that_gives_nothing_is_not_waited_for(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "OPENING_S", 0.1)
    monkeypatch.setattr(decoding, "_endless", lambda *_: iter(()))
    with pytest.raises(TimeoutError, match="not every decoder gave a frame"):
        frames_per_s(clip, ["core"], 0.1)


def row(what: str, setting: str, figure: float | str) -> Row:
    return Row(what, setting, figure, "frames/s")


def test_the_limit_is_what_both_decode_of_that_scene() -> None:
    rows = [
        row(ON_CARD, "street, 8 threads", 2000.0),
        row(CORES, "street, 16 threads", 1400.0),
        row(TOGETHER, "street, 8 and 16 threads", 2900.0),
        row(ON_CARD, "wall, 8 threads", 2500.0),
        row(CORES, "wall, 16 threads", 2600.0),
        row(TOGETHER, "wall, 8 and 16 threads", REFUSED),
    ]
    assert limit_frames_per_s(rows, "street") == 2900.0
    assert limit_frames_per_s(rows, "wall") == 2600.0
    assert limit_frames_per_s(rows[:3], "wall") is None


def test_the_best_number_of_streams_is_taken_for_both() -> None:
    rows = [row(ON_CARD, f"street, {n}", figure) for n, figure in
            (("1 thread", 800.0), ("8 threads", 1900.0), ("16 threads", 1850.0))]  # fmt: skip
    assert best_streams(rows) == 8
    assert best_streams([row(ON_CARD, "street, 1 thread", REFUSED)]) is None
