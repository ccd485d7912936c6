"""What the machine decodes when nothing else is done: NVDEC, the cores, both together.

Every thread decodes the clip over and over in a container of its own. Frames of NVDEC stay on the
card, unless it says "downloaded". FFmpeg opens NVDEC only where CUDA has not been used before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError, Event, Thread
from time import perf_counter, sleep
from typing import Literal

import av
from av.codec.hwaccel import HWAccel

from benchmarks.gpu.bench import Bench, Scene
from benchmarks.rows import Row, figure_of, tried
from lfr_batch.models.devices import available_cores

Decoder = Literal["nvdec", "downloaded", "core"]

ON_CARD = "NVDEC alone"
CORES = "cores alone"
TOGETHER = "NVDEC and cores together"
OPENING_S = 12.0
"""For the first frames of all threads: a context on the card takes a second."""
MEASURED_S = 1.2
STREAMS = (1, 8, 16)
STREAMS_AT_ONCE = 8
"""Where only one number is tried."""


def measure(bench: Bench, _: Sequence[Row]) -> Iterator[Row]:
    """The street's in full, since later figures stand beside it; of others what they need."""
    for scene, clip in bench.clips.items():
        yield from of_clip(bench, scene, clip, whole=scene == "street")


def of_clip(bench: Bench, scene: Scene, clip: Path, whole: bool) -> Iterator[Row]:
    measured_s, cores = bench.seconds(MEASURED_S), available_cores()
    found: list[Row] = []

    def row(what: str, decoders: Sequence[Decoder], setting: str) -> Iterator[Row]:
        def one() -> Iterator[Row]:
            per_s = frames_per_s(clip, decoders, measured_s)
            note = f"{per_s / frame_rate(clip):,.0f} × real time"
            yield Row(what, f"{scene}, {setting}", round(per_s, 1), "frames/s", note=note)

        for each in tried(what, f"{scene}, {setting}", one):
            found.append(each)
            yield each

    if bench.device == "cuda":
        streams = STREAMS if whole and not bench.quick else (STREAMS_AT_ONCE,)
        for count in streams:
            yield from row(ON_CARD, ["nvdec"] * count, threads(count))
        for count in (1, STREAMS_AT_ONCE) if whole else ():
            yield from row("NVDEC, downloaded", ["downloaded"] * count, threads(count))
    if whole:
        yield from row("one core alone", ["core"], threads(1))
    yield from row(CORES, ["core"] * cores, threads(cores))
    if bench.device == "cuda":
        best = best_streams(found) or STREAMS_AT_ONCE
        both: list[Decoder] = [*["nvdec"] * best, *["core"] * cores]  # type: ignore[list-item]
        yield from row(TOGETHER, both, f"{best} and {cores} threads")


def threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def best_streams(rows: Sequence[Row]) -> int | None:
    """How many threads of NVDEC decoded most."""
    alone = [row for row in rows if row.what == ON_CARD and isinstance(row.figure, float)]
    if not alone:
        return None
    best = max(alone, key=lambda row: float(row.figure))
    return int(best.setting.split(", ")[1].split()[0])


def limit_frames_per_s(rows: Sequence[Row], scene: Scene) -> float | None:
    """The most that the machine decodes of a scene: both together, or what of them there is."""
    own = [row for row in rows if row.setting.startswith(f"{scene}, ")]
    together = figure_of(own, TOGETHER)
    if together is not None:
        return together
    found = (figure_of(own, what) for what in (ON_CARD, CORES))
    return max((figure for figure in found if figure is not None), default=None)


def frame_rate(clip: Path) -> float:
    with av.open(str(clip)) as container:
        return float(container.streams.video[0].average_rate or 25)


class _Crew:
    """Threads that decode; their counts and what went wrong."""

    def __init__(self, clip: Path, decoders: Sequence[Decoder]) -> None:
        self._counts = [0] * len(decoders)
        self._started, self._over = Barrier(len(decoders) + 1), Event()
        self.errors: list[Exception] = []
        self._threads = [
            Thread(target=self._decode, args=(number, clip, decoder))
            for number, decoder in enumerate(decoders)
        ]

    @property
    def frames(self) -> int:
        return sum(self._counts)

    def start(self) -> bool:
        """Whether every thread has given its first frame; if not, ``errors`` may say why."""
        for thread in self._threads:
            thread.start()
        with suppress(BrokenBarrierError):
            self._started.wait(OPENING_S)
        return not self._started.broken

    def stop(self) -> None:
        self._over.set()
        self._started.abort()
        for thread in self._threads:
            thread.join()

    def _decode(self, number: int, clip: Path, decoder: Decoder) -> None:
        try:
            for count, _ in enumerate(_endless(clip, decoder), start=1):
                if count == 1:
                    self._started.wait()
                self._counts[number] = count
                if self._over.is_set():
                    return
        except BrokenBarrierError:
            return
        except Exception as error:  # noqa: BLE001 - raised again by who waits
            self.errors.append(error)
            self._started.abort()


def frames_per_s(clip: Path, decoders: Sequence[Decoder], measured_s: float) -> float:
    """Of all threads together, from the moment at which every one has decoded a frame.

    Raises what the first thread raises that cannot go on.
    """
    crew, per_s = _Crew(clip, decoders), 0.0
    try:
        if crew.start():
            begun_s, before = perf_counter(), crew.frames
            sleep(measured_s)
            per_s = (crew.frames - before) / (perf_counter() - begun_s)
    finally:
        crew.stop()
    if crew.errors:
        raise crew.errors[0]
    if not per_s:
        raise TimeoutError(f"not every decoder gave a frame within {OPENING_S:.0f} s")
    return per_s


def _endless(clip: Path, decoder: Decoder) -> Iterator[None]:
    """Once for every frame; the frame itself is let go at once."""
    with av.open(str(clip), hwaccel=_hwaccel(decoder)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        while True:
            for _ in container.decode(stream):
                yield
            container.seek(0)


def _hwaccel(decoder: Decoder) -> HWAccel | None:
    """One context for all, as in the product: each of its own would take hundreds of megabytes."""
    if decoder == "core":
        return None
    return HWAccel(
        "cuda",
        allow_software_fallback=False,
        options={"primary_ctx": "1"},
        is_hw_owned=decoder == "nvdec",
    )
