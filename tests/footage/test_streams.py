from __future__ import annotations

import os
import signal
import socket
import sys
import weakref
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest

from lfr_batch.config.live import CameraConfig
from lfr_batch.errors import ConfigError
from lfr_batch.footage import stream_input
from lfr_batch.footage.stream_decode import StreamFrame
from lfr_batch.footage.stream_health import StreamStats
from lfr_batch.footage.streams import StreamReader, open_stream
from tests.patience import PATIENCE_S

from .clips import pictures, write_clip
from .interlaced import MARKED, SIZE_WH, moments, woven
from .stream_servers import http_camera, rtsp_server

NO_B_FRAMES = {"bf": "0", "preset": "ultrafast"}
STOPS_WITHIN_S = 3.0


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute, 160 x 120."""
    path = tmp_path_factory.mktemp("street") / "street.mp4"
    return write_clip(path, 1500, encoder=NO_B_FRAMES)


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds, 320 x 176."""
    path = tmp_path_factory.mktemp("wide") / "wide.mp4"
    return write_clip(path, pictures(250, (320, 176)), encoder=NO_B_FRAMES)


def camera(source: str | Path, stall_s: float = 3.0, *, loop: bool = False) -> StreamReader:
    config = CameraConfig(name="north", source=str(source), loop=loop)
    return StreamReader(open_stream(config), stall_s)


def take(reader: StreamReader, count: int) -> list[StreamFrame]:
    """The next frames. Fails where they do not come."""
    frames: list[StreamFrame] = []
    until = monotonic() + PATIENCE_S
    while len(frames) < count:
        assert monotonic() < until, reader.stats()
        frame = reader.newest(0.5)
        frames += [] if frame is None else [frame]
    return frames


def wait_for(reader: StreamReader, reached: Callable[[StreamStats], bool]) -> StreamStats:
    """The first stats of which this is true. Frames are taken and dropped meanwhile."""
    until = monotonic() + PATIENCE_S
    while not reached(now := reader.stats()):
        assert monotonic() < until, now
        reader.newest(0.05)
    return now


def test_rtsp_from_the_first_picture_on(street: Path) -> None:
    with rtsp_server(street) as (host, _), camera(f"rtsp://{host}/street") as reader:
        frames = take(reader, 10)
        stats = reader.stats()
        assert frames[0].size_wh == stats.size_wh == (160, 120)
        assert all(b.pts_ns > a.pts_ns and b.arrived_ns > a.arrived_ns for a, b in pairwise(frames))
        assert (stats.state, stats.detail, stats.frames_damaged) == ("live", "", 0)
        # The first few come at once, and only the newest of them is handed out.
        sent = list(pictures(50))[frames[0].pts_ns // 40_000_000]
        assert np.abs(frames[0].rgb(160, 120).astype(int) - sent).mean() < 12


def test_a_slow_taker_gets_the_newest_frame_and_the_others_are_counted(street: Path) -> None:
    with rtsp_server(street) as (host, _), camera(f"rtsp://{host}/street") as reader:
        (before,) = take(reader, 1)
        sleep(1.0)
        (after,) = take(reader, 1)
        stats = reader.stats()
        assert after.pts_ns - before.pts_ns > 500_000_000
        assert 5 < stats.frames_dropped <= stats.frames_received - 2


def test_nothing_of_a_frame_that_was_taken_is_kept(street: Path) -> None:
    with camera(street) as reader:
        (frame,) = take(reader, 1)
        decoded = frame._decoded.frame
        sleep(0.1)
        assert sys.getrefcount(decoded) == 3  # the frame's, ours, and the call's
        gone = weakref.ref(frame)
        del frame
        assert gone() is None


def test_a_server_that_dies_and_comes_back_with_another_picture_size(
    street: Path, wide: Path
) -> None:
    with rtsp_server(street) as (host, _):
        reader = camera(f"rtsp://{host}/street")
        reader.start()
        last = take(reader, 5)[-1]
    try:
        down = wait_for(reader, lambda stats: "refuses" in stats.detail)
        assert f"rtsp://{host}/… refuses the connection" in down.detail
        with rtsp_server(wide, port=int(host.partition(":")[2])):
            back = wait_for(reader, lambda stats: stats.state == "live")
            assert (back.reconnects, back.size_wh, back.detail) == (1, (320, 176), "")
            frame = take(reader, 1)[0]
            away_ns = frame.arrived_ns - last.arrived_ns
            assert frame.pts_ns - last.pts_ns == pytest.approx(away_ns, abs=500_000_000)
    finally:
        reader.stop()
    assert not reader.alive


def test_a_camera_that_freezes_is_stalled_then_given_up_then_live_again(street: Path) -> None:
    with (
        rtsp_server(street) as (host, process_id),
        camera(f"rtsp://{host}/street", stall_s=1.0) as reader,
    ):
        take(reader, 5)
        os.kill(process_id, signal.SIGSTOP)
        try:
            assert "no picture for" in wait_for(reader, lambda s: s.state == "stalled").detail
            lost = wait_for(reader, lambda s: s.state == "reconnecting")
            assert f"rtsp://{host}/… has stopped sending; next try in" in lost.detail
        finally:
            os.kill(process_id, signal.SIGCONT)
        assert wait_for(reader, lambda s: s.state == "live").reconnects == 1


def test_a_password_from_the_environment_opens_and_is_shown_nowhere(
    street: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "p@ss/w:rd%?#"
    monkeypatch.setenv("CAM_USER", "van")
    with rtsp_server(street, "--user", "van", "--password", secret) as (host, _):
        source = f"rtsp://${{CAM_USER}}:${{CAM_PASSWORD}}@{host}/street"
        monkeypatch.setenv("CAM_PASSWORD", secret)
        with camera(source) as reader:
            assert take(reader, 1)[0].size_wh == (160, 120)
        monkeypatch.setenv("CAM_PASSWORD", "wrong-one")
        stream = open_stream(CameraConfig(name="north", source=source))
        with StreamReader(stream) as reader:
            refused = wait_for(reader, lambda stats: stats.state == "reconnecting")
    assert f"rtsp://{host}/… refuses this user or password" in refused.detail
    for text in (repr(stream), str(refused), caplog.text):
        assert "wrong-one" not in text
        assert "van" not in text


def test_a_server_that_accepts_and_says_nothing_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream_input, "OPEN_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        reader = camera(f"rtsp://{address}/street")
        reader.start()
        try:
            stats = wait_for(reader, lambda stats: stats.state == "reconnecting")
            assert f"rtsp://{address}/… does not answer within 5 s" in stats.detail
            sleep(1.0)  # it tries again and waits for an answer
        finally:
            begun = monotonic()
            reader.stop()
        assert monotonic() - begun < STOPS_WITHIN_S
        until = monotonic() + PATIENCE_S
        while reader.alive:
            assert monotonic() < until
            sleep(0.05)


def test_http_with_mpeg_ts(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.ts", 75, encoder=NO_B_FRAMES)
    with http_camera(clip.read_bytes(), 3.0) as host, camera(f"http://{host}/") as reader:
        frames = take(reader, 10)
        assert frames[0].size_wh == (160, 120)
        hung_up = wait_for(reader, lambda stats: stats.state == "reconnecting")
        assert f"http://{host}/… has closed the connection" in hung_up.detail
        again = wait_for(reader, lambda stats: stats.state == "live")
        assert (again.reconnects, again.frames_damaged) == (1, 0)
        assert take(reader, 1)[0].pts_ns > frames[-1].pts_ns


def test_a_stream_that_falls_behind_is_connected_anew(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.ts", 150, encoder=NO_B_FRAMES)
    with (
        http_camera(clip.read_bytes(), 18.0) as host,
        camera(f"http://{host}/", stall_s=1.0) as reader,
    ):
        behind = wait_for(reader, lambda stats: stats.state == "reconnecting")
        assert f"http://{host}/… has fallen 1." in behind.detail
        assert wait_for(reader, lambda stats: stats.state == "live").reconnects == 1


@pytest.mark.parametrize("duration_s", [2.0, 5.0])
def test_motion_jpeg_over_http_is_timed_by_its_arrival(tmp_path: Path, duration_s: float) -> None:
    clip = write_clip(tmp_path / "a.mjpeg", 50, codec="mjpeg", container="mpjpeg")
    content = "multipart/x-mixed-replace;boundary=ffmpeg"
    data = clip.read_bytes()
    with http_camera(data, duration_s, content) as host, camera(f"http://{host}/") as reader:
        frames = take(reader, 10)
        assert frames[0].size_wh == (160, 120)
        media_ns = [frame.pts_ns - frames[0].pts_ns for frame in frames]
        assert media_ns == [frame.arrived_ns - frames[0].arrived_ns for frame in frames]


def test_damaged_packets_are_counted_and_decoding_goes_on(tmp_path: Path) -> None:
    data = bytearray(write_clip(tmp_path / "a.ts", 150, encoder=NO_B_FRAMES).read_bytes())
    rng = np.random.default_rng(3)
    for place in rng.integers(len(data) // 3, len(data) // 2, 200):
        data[place] ^= 0xFF
    with http_camera(bytes(data), 6.0) as host, camera(f"http://{host}/") as reader:
        damaged = wait_for(reader, lambda stats: stats.frames_damaged > 0)
        later = wait_for(reader, lambda s: s.frames_received > damaged.frames_received + 40)
        assert (later.state, later.reconnects) == ("live", 0)


def test_an_answer_that_is_no_video_is_said_so(tmp_path: Path) -> None:
    page = b"<html>log in</html>" * 20_000
    with (
        http_camera(page, 0.5, "text/html") as host,
        camera(f"http://{host}/?user=a&pwd=b") as reader,
    ):
        stats = wait_for(reader, lambda stats: stats.state == "reconnecting")
    assert f"http://{host}/… cannot be reached, or sends no video" in stats.detail


def test_a_device_that_is_not_there() -> None:
    with camera("v4l2:/dev/video977") as reader:
        stats = wait_for(reader, lambda stats: stats.state == "reconnecting")
    assert "v4l2:/dev/video977 is not there: is the camera plugged in?" in stats.detail


def test_a_file_is_played_at_its_own_pace_and_ends(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", 50)
    with camera(clip) as reader:
        frames = take(reader, 20)
        passed_s = (frames[-1].arrived_ns - frames[0].arrived_ns) / 1e9
        media_s = (frames[-1].pts_ns - frames[0].pts_ns) / 1e9
        assert media_s == pytest.approx(passed_s, abs=0.4)
        stats = wait_for(reader, lambda stats: stats.state == "ended")
        assert (stats.frames_received, stats.frames_damaged) == (50, 0)
        assert stats.detail == "the file has been played to its end"
    assert not reader.alive


def test_a_looped_file_goes_on_without_a_seam(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", 5)
    with camera(clip, loop=True) as reader:
        frames = take(reader, 20)
        stats = reader.stats()
    times = [frame.pts_ns for frame in frames]
    assert all(time % 40_000_000 == 0 for time in times)
    assert all(earlier < later for earlier, later in pairwise(times))
    assert times[-1] >= 15 * 40_000_000
    assert (stats.state, stats.reconnects) == ("live", 0)


def test_a_rotated_file_is_shown_upright(tmp_path: Path) -> None:
    with camera(write_clip(tmp_path / "a.mp4", 5, rotation=90)) as reader:
        assert take(reader, 1)[0].size_wh == (120, 160)


def test_a_file_is_shown_in_true_shape_and_unmirrored(tmp_path: Path) -> None:
    true = next(pictures(1, (320, 120)))
    stored = np.ascontiguousarray(true[:, ::-2])
    clip = write_clip(
        tmp_path / "a.mp4", [stored] * 5, flips=(True, False), sample_aspect=Fraction(2)
    )
    with camera(clip) as reader:
        (frame,) = take(reader, 1)
    assert frame.size_wh == (320, 120)
    assert np.abs(frame.rgb(320, 120).astype(int) - true).mean() < 12


def test_an_interlaced_file_is_shown_in_pictures_of_one_field(tmp_path: Path) -> None:
    filmed = moments(2, 12)
    clip = write_clip(tmp_path / "a.mp4", woven(filmed, "top") * 5, encoder=MARKED)
    with camera(clip) as reader:
        (frame,) = take(reader, 1)
    errors = [np.abs(frame.rgb(*SIZE_WH).astype(int) - each).mean() for each in filmed]
    assert min(errors) < 2
    assert max(errors) > 8


@pytest.mark.parametrize("loop", [False, True])
def test_a_file_without_a_video_ends_with_the_reason(tmp_path: Path, loop: bool) -> None:
    clip = tmp_path / "a.mp4"
    clip.write_bytes(b"\0" * 5000)
    with camera(clip, loop=loop) as reader:
        stats = wait_for(reader, lambda stats: stats.state == "ended")
    assert str(clip) in stats.detail


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("ftp://u:secret@h/a", "the source ftp://h/… of camera north is of no known kind: begin"),
        ("rtsp:///street", "the source of camera north names no host: write rtsp://user"),
        ("rtsp://u:se/cret@h/street", "names no host: write rtsp://user:password@host/path, with"),
        ("no/such/file.mp4", "the file no/such/file.mp4 of camera north is not there"),
        ("rtsp://u:${NO_SUCH_VARIABLE_HERE}@h/a", "NO_SUCH_VARIABLE_HERE, which is not set"),
        ("v4l2:", "v4l2: is no video device"),
    ],
)
def test_a_source_that_cannot_be_is_refused_at_once(source: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        open_stream(CameraConfig(name="north", source=source))
    assert "secret" not in str(caught.value)


def test_a_reader_may_be_stopped_before_it_starts_and_twice(street: Path) -> None:
    reader = camera(street)
    reader.stop()
    assert reader.newest(5.0) is None
    with camera(street) as reader:
        take(reader, 1)
        reader.stop()
    assert not reader.alive
    assert reader.newest(5.0) is None
