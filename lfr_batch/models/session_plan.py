"""What an inference session is opened from: a model's file and a plan. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lfr_batch.models.ladder import Size
from lfr_batch.models.manifest import ChannelOrder, Layout
from lfr_batch.models.providers import BackendName, Device, Precision
from lfr_batch.models.selection import Selection


@dataclass(frozen=True, slots=True)
class ModelFile:
    """An ONNX file and its input contract: ``(pixel - mean) / std`` of pixels 0-255."""

    path: Path
    mean: float = 0.0
    std: float = 1.0
    max_batch: int | None = None
    """Most pictures that its graph takes in one call; None: no limit."""
    selection: Selection | None = None
    """Of a detector, which of its cells come down from a GPU; None: all outputs as they are."""
    channel_order: ChannelOrder = "rgb"
    layout: Layout = "nchw"


@dataclass(frozen=True, slots=True)
class Share:
    """What a session may use of the machine."""

    threads: int
    streams: int = 1
    """Batches computed at once on the CPU, each with its share of the threads."""
    gpu_share: float = 1.0
    """Of a GPU, for the worker that the session belongs to; with 0 it has none."""


@dataclass(frozen=True, slots=True)
class DetectorUse:
    """What a detector is opened for; all but ``at_once`` as in a ``SessionPlan``."""

    at_once: int = 8
    """Pictures of one call on a GPU."""
    usual_whs: tuple[Size, ...] = ()
    min_score: float = 0.0
    fixed_shapes: bool = False


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """How a session is to be opened, every 'auto' resolved."""

    backend: BackendName
    device: Device
    precision: Precision
    threads: int
    streams: int = 1
    """Batches computed at once on the CPU, each with its share of the threads."""
    allow_cpu: bool = False
    """Whether parts of a GPU's graph may be computed on the CPU."""
    gpu_share: float = 1.0
    """Of the GPU, for the worker that this session belongs to."""
    cache: Path | None = None
    """Where TensorRT keeps this model's engines."""
    at_once: int = 8
    """Pictures that a GPU computes in one call, see ``ladder``."""
    usual_whs: tuple[Size, ...] = ()
    """Sizes that will be wanted: a GPU makes ready for them at once, which takes seconds."""
    cuda_graphs: bool = False
    """Whether CUDA replays a call as it was recorded, instead of being told it anew."""
    one_shape: bool = False
    """On the CPU, too, one session for every size: what a GPU does, tried out without one."""
    min_score: float = 0.0
    """Cells of a detector that score no more need not come down from a GPU."""
    fixed_shapes: bool = False
    """OpenVINO: a graph for each shape of batches. It pays where few shapes come often: small
    models gain a fifth, and each new shape takes a fifth of a second."""
