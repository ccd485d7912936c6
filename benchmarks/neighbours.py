"""Whether an answer depends on what else was in its call, or on the session that gave it.

    python -m benchmarks.neighbours --home lfr-data [--device cpu] [--precision tf32 f32]
        [--at-once 8] [--cuda-graphs]

Of each model and size: a picture alone in a padded batch, then in every place among others, then
alone in a second session, as another worker has it. The largest difference of any output is shown;
0 is bit for bit the same.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.gpu.options import require_gpu
from benchmarks.rows import Row, as_table, tried
from benchmarks.tables import show
from lfr_batch.models.agreement import embedder_file
from lfr_batch.models.devices import available_cores
from lfr_batch.models.onnxruntime_fixed import open_ladder
from lfr_batch.models.providers import Precision
from lfr_batch.models.session_plan import ModelFile, SessionPlan
from lfr_batch.models.sessions import Outputs, Session
from lfr_batch.models.store import Pack, load_pack
from lfr_batch.models.synthetic import face_in_a_picture
from lfr_batch.records import ByteArray

SIZES_WH = ((832, 480), (160, 160))
"""Of the detectors."""


def differences(model: ModelFile, plan: SessionPlan, size_wh: tuple[int, int]) -> Iterator[Row]:
    """Of one model at one size: between neighbours, and between sessions."""
    one, other = open_ladder(model, plan), open_ladder(model, plan)
    picture = _pictures(1, size_wh, 0)
    alone, elsewhere = one.run(picture), other.run(picture)
    batch = one.lane(size_wh).batch
    among = max(_gap(_in_place(one, picture, place, batch), alone) for place in range(batch))
    setting = f"{plan.precision}, {size_wh[0]}×{size_wh[1]}, batch {batch}"
    largest = max(float(np.abs(output).max()) for output in alone)
    note = f"outputs up to {largest:.3g}"
    yield Row(f"{model.path.stem} among others", setting, among, note=note)
    yield Row(f"{model.path.stem} in two sessions", setting, _gap(elsewhere, alone), note=note)


def _in_place(session: Session, picture: ByteArray, place: int, batch: int) -> Outputs:
    height, width = picture.shape[1:3]
    among = _pictures(batch, (width, height), seed=1 + place)
    among[place] = picture[0]
    return tuple(output[place : place + 1] for output in session.run(among))


def _pictures(count: int, size_wh: tuple[int, int], seed: int) -> ByteArray:
    """A drawn face each, under noise."""
    width, height = size_wh
    rng = np.random.default_rng(seed)
    pictures = rng.integers(0, 100, (count, height, width, 3), np.uint8)
    side = min(width, height)
    pictures[:, :side, :side] += face_in_a_picture(side) // 2
    return pictures


def _gap(one: Outputs, other: Outputs) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(one, other, strict=True))


def measure(pack: Pack, plan: SessionPlan) -> Iterator[Row]:
    manifest = pack.manifest
    for spec in filter(None, (manifest.frame_detector, manifest.detector)):
        model = ModelFile(pack.path(spec.file), spec.mean, spec.std, spec.max_batch)
        for size_wh in SIZES_WH:
            compared = partial(differences, model, plan, size_wh)
            yield from tried(model.path.stem, plan.precision, compared)
    for embedder in manifest.embedders:
        model = embedder_file(pack.path(embedder.file), embedder)
        face_wh = embedder.input_px, embedder.input_px
        compared = partial(differences, model, plan, face_wh)
        yield from tried(model.path.stem, plan.precision, compared)


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Whether answers depend on their neighbours.")
    parser.add_argument("--home", type=Path, default=Path("lfr-data"))
    parser.add_argument("--pack", default="open")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--precision", nargs="+", choices=("tf32", "f32"), default=["tf32", "f32"])
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--cuda-graphs", action="store_true")
    arguments = parser.parse_args(given)
    require_gpu(arguments.device)
    pack = load_pack(arguments.home.resolve(), arguments.pack)
    plan = SessionPlan(
        "onnxruntime",
        arguments.device,
        "f32",
        available_cores(),
        at_once=arguments.at_once,
        cuda_graphs=arguments.cuda_graphs,
        one_shape=True,
    )
    precisions: list[Precision] = arguments.precision if arguments.device == "cuda" else ["f32"]
    rows = [row for each in precisions for row in measure(pack, replace(plan, precision=each))]
    show(as_table(rows))


if __name__ == "__main__":
    main()
