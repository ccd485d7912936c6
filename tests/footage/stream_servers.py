"""Cameras for the tests of streams: a real RTSP server, and HTTP at a clip's own pace."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import sleep

import pytest

SERVER = Path(__file__).with_name("rtsp_server.py")
NOT_INSTALLED = 3
PIECES_PER_S = 25


@contextmanager
def rtsp_server(clip: Path, *options: str, port: int = 0) -> Iterator[tuple[str, int]]:
    """``host:port`` and the process id. Skips the test where GStreamer is not installed."""
    python = shutil.which("python3", path="/usr/bin:/bin")
    if python is None:
        pytest.skip("there is no system Python for GStreamer's RTSP server")
    command = [python, str(SERVER), str(clip), "--port", str(port), *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            answer = process.stdout.readline().strip()
            if not answer:
                problem, code = process.stderr.read(), process.wait()
                if code == NOT_INSTALLED:
                    pytest.skip(f"GStreamer's RTSP server is not installed: {problem.strip()}")
                pytest.fail(problem)
            yield f"127.0.0.1:{answer}", process.pid
        finally:
            process.kill()


@contextmanager
def http_camera(data: bytes, duration_s: float, content_type: str = "video/mp2t") -> Iterator[str]:
    """``host:port`` of a camera that sends ``data`` within this time, then hangs up."""

    class Camera(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.end_headers()
            size = max(1, round(len(data) / duration_s / PIECES_PER_S))
            try:
                for start in range(0, len(data), size):
                    self.wfile.write(data[start : start + size])
                    sleep(1 / PIECES_PER_S)
            except (BrokenPipeError, ConnectionResetError):
                return

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Camera)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
