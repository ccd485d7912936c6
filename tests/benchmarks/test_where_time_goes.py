from __future__ import annotations

import threading
from pathlib import Path

import pytest

from benchmarks.where_time_goes import main, pieces, watched
from tests.footage.clips import write_clip


def stand_here(reached: threading.Event, leave: threading.Event) -> None:
    reached.set()
    leave.wait()


def test_where_threads_stand_is_seen() -> None:
    reached, leave = threading.Event(), threading.Event()
    thread = threading.Thread(target=stand_here, args=(reached, leave), name="standing-3")
    thread.start()
    reached.wait()
    with watched() as stacks:
        while stacks.looks < 5:
            leave.wait(0.01)
    leave.set()
    thread.join()
    here = [share for share, place in stacks.top() if "test_where_time_goes.stand_here" in place]
    assert here == [1.0]
    assert any(place.startswith("[standing] ") for place in stacks.seen)


def test_pieces_go_round_the_clip(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 50)
    segments = pieces(clip, 1.0, 5, first=7)
    assert [segment.start_s for segment in segments] == [0.0, 1.0, 0.0, 1.0, 0.0]
    assert [segment.end_s for segment in segments] == [1.0, 2.0, 1.0, 2.0, 1.0]
    assert len({segment.segment_id for segment in segments}) == 5


def test_a_worker_s_time_is_shown(
    tmp_path: Path, open_pack_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 50)
    where = ("--home", str(open_pack_home), "--clip", str(clip))
    main(["--device", "cpu", *where, "--seconds", "1", "--segments", "2", "--at-once", "2"])
    said = capsys.readouterr().out
    assert "2 at once: worker opened in" in said
    assert said.count("from 0 s:") == said.count("from 1 s:") == 2
    assert "yunet.onnx cpu" in said
    assert said.count(", done") == 4
