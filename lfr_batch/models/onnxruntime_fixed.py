"""The onnxruntime backend on a GPU: a model at one batch and one picture size.

What goes to the device are the pictures' bytes: layout and scale are part of the graph. Every
shape in it is fixed before it is opened, and its buffers stay where they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import onnx
import onnxruntime

from lfr_batch.models.answers import Answers, best_cells, whole_outputs
from lfr_batch.models.graph import PICTURES, fix_shape, takes_pictures
from lfr_batch.models.ladder import Size, make_ladder
from lfr_batch.models.ladder_session import LadderSession, Picture
from lfr_batch.models.lane import Lane, Outputs
from lfr_batch.models.onnxruntime_open import describe, input_shape, open_graph, refusals
from lfr_batch.models.providers import Shape
from lfr_batch.models.selecting_graph import gives_best_cells
from lfr_batch.models.session_plan import ModelFile, SessionPlan
from lfr_batch.models.transfers import TRANSFERS
from lfr_batch.planes import Shown
from lfr_batch.records import ByteArray

SLOTS = 2
"""While one batch computes, the next is copied."""
FLOATS = "tensor(float)"


def open_ladder(model: ModelFile, plan: SessionPlan) -> LadderSession:
    """Raises DeviceUnavailable if the plan's device cannot be used for the whole graph."""
    shape = input_shape(_graph(model))
    ladder = make_ladder(shape, plan.at_once, model.max_batch)

    def open_lane(size_wh: Size, batch: int) -> Lane[Picture]:
        what = f"{size_wh[0]} x {size_wh[1]} pixels for {model.path.name}"
        return Lane(partial(_open_slots, model, plan, size_wh), batch, _slots(plan), what)

    return LadderSession(ladder, open_lane, describe(plan), plan.usual_whs, model.selection)


def _slots(plan: SessionPlan) -> int:
    """A CUDA graph is of one thread."""
    return 1 if plan.cuda_graphs else SLOTS


def _graph(model: ModelFile) -> onnx.ModelProto:
    order, layout = model.channel_order, model.layout
    return takes_pictures(onnx.load(model.path), model.mean, model.std, order, layout)


def _open_slots(model: ModelFile, plan: SessionPlan, size_wh: Size, batch: int) -> list[FixedSlot]:
    """The file is read again for each: models are small, and opened seldom."""
    width, height = size_wh
    shape = batch, height, width, 3
    graph, answers = fix_shape(_graph(model), shape), _answers(model, plan, size_wh)
    cache = plan.cache and plan.cache / "x".join(map(str, shape))
    if model.selection is not None:
        graph = gives_best_cells(graph, model.selection, batch, size_wh)
        cache = cache and cache / f"best-{model.selection.most(size_wh)}"
    session = open_graph(graph, model.path.name, replace(plan, cache=cache))
    return [FixedSlot(session, shape, plan, answers) for _ in range(_slots(plan))]


def _answers(model: ModelFile, plan: SessionPlan, size_wh: Size) -> Answers:
    if model.selection is None:
        return whole_outputs
    return best_cells(model.selection, plan.min_score, size_wh)


class FixedSlot:
    """Satisfies ``lane.Slot``."""

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        shape: Shape,
        plan: SessionPlan,
        answers: Answers = whole_outputs,
    ) -> None:
        self._session, self._plan = session, plan
        self._device = plan.device
        self._transfers = TRANSFERS[plan.device]
        self._answers = answers
        self._names = [output.name for output in session.get_outputs()]
        self._host = self._transfers.staging(shape)
        self._filled = 0
        self._outputs: list[Any] = []
        with refusals(self._device):
            self._pictures = onnxruntime.OrtValue.ortvalue_from_shape_and_type(
                shape, np.uint8, plan.device, 0
            )
            self._transfers.clear(self._pictures)
        self._address = int(self._pictures.data_ptr())
        self._binding = session.io_binding()
        self._binding.bind_ortvalue_input(PICTURES, self._pictures)
        for name in self._names:
            self._binding.bind_output(name, plan.device, 0)

    def run(self, pictures: Sequence[Picture]) -> list[Outputs]:
        with refusals(self._device):
            self._fill(pictures)
            if not self._outputs:
                self._first_run()
            self._session.run_with_iobinding(self._binding)
            download, batch = self._transfers.floats, len(self._host)
            return self._answers(self._outputs, download, len(pictures), batch)

    def wipe(self) -> None:
        """Pictures and templates have served their purpose."""
        if not self._filled:
            return
        self._fill(())
        for value in (self._pictures, *self._outputs):
            self._transfers.clear(value)

    def _fill(self, pictures: Sequence[Picture]) -> None:
        """And leave nothing of the call before."""
        before, count = self._filled, len(pictures)
        # Whatever goes wrong on the way, so many rows may hold something.
        self._filled = max(before, count)
        given: dict[int, ByteArray] = {
            i: each for i, each in enumerate(pictures) if not isinstance(each, Shown)
        }
        for i, pixels in given.items():
            self._host[i] = pixels
        self._host[[i for i in range(before) if i not in given]] = 0
        if given or (pictures and before > count):
            self._transfers.put(self._pictures, self._host, self._filled)
        for i, picture in enumerate(pictures):
            if isinstance(picture, Shown):
                picture.scaler.write(picture, self._address + i * self._host[0].nbytes)
        self._filled = count

    def _first_run(self) -> None:
        """onnxruntime makes room for the outputs, which all further runs write to.

        A CUDA graph is not recorded before that.
        """
        options = onnxruntime.RunOptions()
        if self._plan.cuda_graphs:
            options.add_run_config_entry("gpu_graph_id", "-1")
        self._session.run_with_iobinding(self._binding, options)
        self._outputs = list(self._binding.get_outputs())
        for name, value in zip(self._names, self._outputs, strict=True):
            self._binding.bind_ortvalue_output(name, value)
