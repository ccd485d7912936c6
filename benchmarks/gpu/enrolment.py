"""A folder of pictures enrolled, against decoding the same pictures on all cores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np

from benchmarks.case import AUTHORITY
from benchmarks.gpu.bench import Bench
from benchmarks.gpu.load import gpu_load
from benchmarks.rows import NOT_MEASURED, Row, figure_of, tried
from lfr_batch.config.schema import Config
from lfr_batch.engine.table import open_engine
from lfr_batch.enrolment.intake import EnrolOrder, examine
from lfr_batch.gallery.images import read_images
from lfr_batch.gallery.records import Listing
from lfr_batch.models.devices import available_cores

DECODING = "decoding pictures alone"
MEASURED_S = 1.5
GALLERY = "gpu-benchmark-enrolment"
ENGINE = "engine.kind=in_process"
"""As `lfr gallery enrol` chooses it for so few pictures."""


def measure(bench: Bench, _: Sequence[Row]) -> Iterator[Row]:
    if bench.pictures is None:
        yield Row("enrolment", "", NOT_MEASURED, note="no pictures: name them with --pictures")
        return
    listing, limits = read_images(bench.pictures, None), list[Row]()
    for row in tried(DECODING, "", lambda: [decoding(listing, bench.seconds(MEASURED_S))]):
        limits.append(row)
        yield row
    yield from tried(
        "enrolment", "", lambda: enrolling(bench, listing, figure_of(limits, DECODING))
    )


def decoding(listing: Listing, measured_s: float) -> Row:
    """Into memory at full size, a picture at a time on every core."""
    data = [Path(uri).read_bytes() for uri in sorted({image.uri for image in listing.images})]
    cores, passes = available_cores(), 0
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with ThreadPoolExecutor(cores) as pool:
            started_s = perf_counter()
            while not passes or perf_counter() - started_s < measured_s:
                list(pool.map(decoded_bytes, data))
                passes += 1
            per_s = passes * len(data) / (perf_counter() - started_s)
    finally:
        cv2.setNumThreads(threads)
    setting = f"{len(data)} pictures, {cores} threads"
    return Row(DECODING, setting, round(per_s, 1), "pictures/s")


def decoded_bytes(data: bytes) -> int:
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return 0 if picture is None else int(picture.nbytes)


def enrolling(bench: Bench, listing: Listing, limit: float | None) -> Iterator[Row]:
    """Nothing is written; what starts up is everything before the first picture is done."""
    config, came_s = bench.config(ENGINE), list[float]()
    with gpu_load() as load:
        started_s = perf_counter()
        enrolled = examined(bench, listing, config, came_s)
        ended_s = perf_counter()
    setting = f"{len(listing.images)} pictures"
    if len(came_s) > 1:
        after_s = came_s[-1] - came_s[0]
        per_s = (len(came_s) - 1) / after_s
        note = f"{enrolled} enrolled"
        yield Row("enrolment", setting, round(per_s, 1), "pictures/s", limit, note)
        yield Row("enrolment: after the first picture", setting, round(after_s, 2), "s")
    if came_s:
        yield Row("enrolment: to the first picture", setting, round(came_s[0] - started_s, 2), "s")
    yield Row("enrolment: in all", setting, round(ended_s - started_s, 2), "s")
    for name, figure in load.means(came_s[0] if came_s else started_s, ended_s).items():
        what, _, unit = name.partition(", ")
        yield Row(f"enrolment: GPU, mean {what}", setting, figure, unit)


def examined(bench: Bench, listing: Listing, config: Config, came_s: list[float]) -> int:
    """How many pictures gave a template; ``came_s`` takes the moment of each outcome."""
    pictures = bench.pictures or Path()
    order = EnrolOrder(GALLERY, pictures, None, (), AUTHORITY, None, config, bench.home)
    with open_engine(config.engine) as run:
        enrolment = examine(order, listing, run, lambda _: came_s.append(perf_counter()))
    return len(enrolment.faces)
