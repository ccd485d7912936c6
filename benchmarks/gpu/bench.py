"""What is to be measured, on what: one record that every part is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from benchmarks.rows import Row
from lfr_batch.config.load import load_config
from lfr_batch.config.schema import Config

Device = Literal["cuda", "cpu"]
Scene = Literal["street", "wall"]

ON_CPU = ("inference.device=cpu", "footage.decode=cpu")
"""Settings that keep the product off a GPU."""


def told_to_nobody(_: Row) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Bench:
    """Picklable."""

    home: Path
    """Of this run alone; the models are those of the home that was named."""
    scratch: Path
    """Removed at the end."""
    pack: str
    device: Device
    clips: Mapping[Scene, Path]
    pictures: Path | None
    templates: tuple[int, ...]
    settings: tuple[str, ...] = ()
    """``section.key=value``, as `lfr --set` takes them."""
    quick: bool = False
    tell: Callable[[Row], None] = told_to_nobody
    """For rows that are to be known before what they tell of is ended, which may go wrong."""

    def config(self, *settings: str, device: Device | None = None) -> Config:
        """The product's defaults, with what this run says differently."""
        chosen = on_cpu() if (device or self.device) == "cpu" else ()
        return load_config(None, (*self.settings, *chosen, *settings))

    def seconds(self, usual_s: float) -> float:
        """How long a measurement goes on."""
        return usual_s * (0.4 if self.quick else 1.0)


def on_cpu() -> tuple[str, ...]:
    """Where only the GPU's library is installed, it computes on the processor, too."""
    if find_spec("openvino"):
        return ON_CPU
    return (*ON_CPU, "inference.backend=onnxruntime")
