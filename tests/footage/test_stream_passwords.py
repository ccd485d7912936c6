"""Cameras lock an account after a few wrong passwords: three are tried, then it is waited."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic, sleep

import pytest

from lfr_batch.config.live import CameraConfig
from lfr_batch.footage import stream_health
from lfr_batch.footage.stream_health import StreamStats
from lfr_batch.footage.streams import StreamReader, open_stream
from tests.patience import PATIENCE_S

from .clips import write_clip
from .stream_servers import rtsp_server

NO_B_FRAMES = {"bf": "0", "preset": "ultrafast"}
SOME_MORE_S = 1.5
"""Several waits between tries, as these tests have them."""


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_health, "REFUSED_WAIT_S", 0.2)


class Guarded:
    """What a camera with a password has seen."""

    def __init__(self, data: bytes, status: int) -> None:
        self.data, self.status = data, status
        self.password = "right"
        self.tried: list[str] = []
        """Each password that came, in order."""


@contextmanager
def guarded_camera(guarded: Guarded) -> Iterator[str]:
    class Camera(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = self.headers.get("Authorization", "")
            if said:
                _, _, password = base64.b64decode(said.partition(" ")[2]).decode().partition(":")
                guarded.tried.append(password)
                if password == guarded.password:
                    self.send_response(200)
                    self.send_header("Content-Type", "video/mp2t")
                    self.end_headers()
                    self.wfile.write(guarded.data)
                    return
            self.send_response(guarded.status if said else 401)
            self.send_header("WWW-Authenticate", 'Basic realm="camera"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Camera)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def reading(source: str, refused: str | None = None) -> StreamReader:
    return StreamReader(open_stream(CameraConfig(name="north", source=source)), refused=refused)


def wait_for(reader: StreamReader, what: Callable[[StreamStats], bool]) -> StreamStats:
    until_s = monotonic() + PATIENCE_S
    while not what(stats := reader.stats()):
        assert monotonic() < until_s, stats
        sleep(0.02)
    return stats


def is_refused(stats: StreamStats) -> bool:
    return stats.state == "refused"


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_password_is_tried_three_times_and_once_more_when_told(
    tmp_path: Path, status: int
) -> None:
    clip = write_clip(tmp_path / "a.ts", 75, encoder=NO_B_FRAMES)
    guarded = Guarded(clip.read_bytes(), status)
    with guarded_camera(guarded) as host, reading(f"http://van:wrong@{host}/") as reader:
        refused = wait_for(reader, is_refused)
        assert refused.detail == (
            f"http://{host}/… refuses this user or password; tried 3 times, waits to be told"
        )
        sleep(SOME_MORE_S)
        assert guarded.tried == ["wrong"] * 3
        reader.try_again()
        wait_for(reader, lambda _: len(guarded.tried) == 4)
        wait_for(reader, is_refused)
        sleep(SOME_MORE_S)
        assert guarded.tried == ["wrong"] * 4
        guarded.password = "wrong"  # mended at the camera
        reader.try_again()
        seen = wait_for(reader, lambda stats: stats.frames_received > 0)
        assert not is_refused(seen)


def test_what_makes_no_difference_is_no_try(tmp_path: Path) -> None:
    guarded = Guarded(b"", 401)
    with guarded_camera(guarded) as host, reading(f"http://van:wrong@{host}/") as reader:
        reader.try_again()  # nothing waits to be told yet
        wait_for(reader, is_refused)
        assert guarded.tried == ["wrong"] * 3


def test_a_reader_of_one_that_waits_waits_as_well() -> None:
    """As when its process was lost: none of its tries begin anew."""
    guarded = Guarded(b"", 401)
    with guarded_camera(guarded) as host:
        with reading(f"http://van:wrong@{host}/", refused="tried 3 times") as reader:
            sleep(SOME_MORE_S)
            assert guarded.tried == []
            assert reader.stats().detail == "tried 3 times"
            reader.try_again()
            wait_for(reader, lambda _: len(guarded.tried) == 1)
            wait_for(reader, is_refused)
        assert not reader.alive


def test_other_refusals_are_tried_on(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        host = f"127.0.0.1:{closed.getsockname()[1]}"
    with reading(f"rtsp://van:wrong@{host}/street") as reader:
        wait_for(reader, lambda _: len(caplog.records) > stream_health.TRIES)
        assert reader.stats().state == "reconnecting"


def test_rtsp_with_a_wrong_password_waits_until_it_is_right(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", 250, encoder=NO_B_FRAMES)
    with rtsp_server(clip, "--user", "van", "--password", "other") as (host, _):
        reader = reading(f"rtsp://van:right@{host}/street")
        reader.start()
        assert "refuses this user or password; tried 3" in wait_for(reader, is_refused).detail
    port = int(host.partition(":")[2])
    try:
        with rtsp_server(clip, "--user", "van", "--password", "right", port=port):
            sleep(SOME_MORE_S)
            assert reader.stats().state == "refused"
            reader.try_again()
            wait_for(reader, lambda stats: stats.state == "live")
    finally:
        reader.stop()
