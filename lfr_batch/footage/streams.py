"""A camera's newest frame: RTSP, HTTP, a video device, or a file played at its own pace."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Event, Lock, Thread
from typing import Self

from lfr_batch.config.live import CameraConfig
from lfr_batch.errors import ConfigError, FootageUnreadable, PasswordRefused
from lfr_batch.footage import stream_health
from lfr_batch.footage.local import local_path
from lfr_batch.footage.stream_address import device_of, filled, kind_of, redacted
from lfr_batch.footage.stream_decode import StreamFrame, now
from lfr_batch.footage.stream_health import Health, Moment, StreamStats
from lfr_batch.footage.stream_input import KINDS, open_feed
from lfr_batch.footage.stream_play import Playing, play
from lfr_batch.footage.stream_slot import NewestSlot

STALL_S = 3.0
"""Silence after which a connection is given up; half of it shows as ``stalled``."""
STOP_S = 2.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stream:
    """Where a camera's pictures come from. ``shown`` is what messages may say of it."""

    camera: str
    kind: str
    address: str = field(repr=False)
    shown: str
    loop: bool

    @property
    def is_file(self) -> bool:
        return self.kind == "file"


def open_stream(camera: CameraConfig, environment: Mapping[str, str] = os.environ) -> Stream:
    """Check the source of a camera; nothing is connected yet.

    Raises ConfigError: unknown kind of source, no such file, environment variable not set.
    """
    address = filled(camera.source, environment)
    kind, shown = kind_of(address), redacted(address)
    if kind == "v4l2":
        device_of(address)
    elif address.startswith("file://") or kind == "file":
        kind, address = "file", str(local_path(address))
        if not os.path.isfile(address):  # noqa: PTH113 - never raises
            raise ConfigError(f"the file {shown} of camera {camera.name} is not there")
    elif kind not in KINDS:
        allowed = ", ".join(f"{name}://" for name in KINDS if name != "v4l2")
        raise ConfigError(
            f"the source {shown} of camera {camera.name} is of no known kind: "
            f"begin it with {allowed} or v4l2:, or name a file"
        )
    elif shown == f"{kind}://…":
        raise ConfigError(
            f"the source of camera {camera.name} names no host: write "
            f"{kind}://user:password@host/path, with %40 for @ and %2F for / in the password"
        )
    return Stream(camera.name, kind, address, shown, camera.loop)


class StreamReader:
    """Reads and decodes in a thread of its own, reconnects, and keeps the newest frame alone."""

    def __init__(
        self, stream: Stream, stall_s: float = STALL_S, refused: str | None = None
    ) -> None:
        """``refused``: why an earlier reader of it waits to be told; so does this one, then."""
        self._stream = stream
        self._stall_s = stall_s
        self._slot: NewestSlot[StreamFrame] = NewestSlot()
        self._stopping, self._wake = Event(), Event()
        self._lock = Lock()
        self._health = Health("starting", now())
        if refused is not None:
            self._health = stream_health.held(self._health, refused, now())
        self._thread = Thread(target=self._run, name=f"stream-{stream.camera}", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def alive(self) -> bool:
        """Whether the thread runs; False after ``stop``, and at the end of a file."""
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def newest(self, timeout_s: float) -> StreamFrame | None:
        """The newest frame that was not taken yet, waiting for one at most so long."""
        return self._slot.take(timeout_s)

    def stats(self) -> StreamStats:
        with self._lock:
            return stream_health.stats(self._health, self._slot.replaced, now(), self._stall_s / 2)

    def try_again(self) -> None:
        """Where user or password were refused too often, try them once more."""
        with self._lock:
            if self._health.state != "refused":
                return
            self._health = stream_health.told(self._health, now())
        self._wake.set()

    def stop(self) -> None:
        """End within two seconds. A read that is stuck then ends by its own time-out."""
        self._stopping.set()
        self._wake.set()
        self._slot.close()
        if self.alive:
            self._thread.join(STOP_S)

    def _run(self) -> None:
        playing = Playing(self._receive, self._damaged, self._stopping)
        while self._may_try():
            try:
                self._play(playing)
            except PasswordRefused as error:
                self._stopping.wait(self._refused(str(error)))
            except FootageUnreadable as error:
                if self._stream.is_file:
                    return self._end(str(error))
                self._stopping.wait(self._lose(str(error)))
            else:
                if not self._stream.loop:
                    return self._end("the file has been played to its end")
        return None

    def _may_try(self) -> bool:
        """Waits, while the camera refuses the password, for somebody to say so."""
        while self._is_refused() and not self._stopping.is_set():
            self._wake.wait()
            self._wake.clear()
        return not self._stopping.is_set()

    def _is_refused(self) -> bool:
        with self._lock:
            return self._health.state == "refused"

    def _play(self, playing: Playing) -> None:
        stream = self._stream
        with open_feed(stream.kind, stream.address, stream.shown, self._stall_s) as feed:
            play(playing, feed, self._stall_s)

    def _receive(self, frame: StreamFrame) -> None:
        arrived = Moment(frame.arrived_ns, frame.arrived_at)
        with self._lock:
            before = self._health
            self._health = stream_health.received(before, frame.size_wh, arrived)
        self._slot.put(frame)
        if before.state != "live":
            logger.info("camera %s is live", self._stream.camera)

    def _damaged(self) -> None:
        with self._lock:
            self._health = replace(self._health, damaged=self._health.damaged + 1)

    def _lose(self, reason: str) -> float:
        """How many seconds to wait before the next try."""
        with self._lock:
            self._health, wait_s = stream_health.lost(self._health, reason, now(), random.random())
        if not self._stopping.is_set():
            logger.warning("camera %s: %s", self._stream.camera, reason)
        return wait_s

    def _refused(self, reason: str) -> float:
        """How many seconds to wait before the next try, if there is one."""
        with self._lock:
            self._health, wait_s = stream_health.refused(
                self._health, reason, now(), random.random()
            )
            detail = self._health.detail
        if not self._stopping.is_set():
            logger.warning("camera %s: %s", self._stream.camera, detail)
        return wait_s or 0.0

    def _end(self, reason: str) -> None:
        with self._lock:
            self._health = stream_health.ended(self._health, reason, now())
