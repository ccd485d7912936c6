"""What each 'auto' becomes where a run is to be worked on, and whether a worker can obey that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from lfr_batch import cuda
from lfr_batch.config.load import config_hash
from lfr_batch.config.schema import Config, EngineConfig, InferenceConfig, MotionConfig
from lfr_batch.errors import ConfigError, DeviceUnavailable, NotAsPlanned
from lfr_batch.faces.detectors import frame_detectors
from lfr_batch.footage.decoders import settle_decode
from lfr_batch.footage.nvdec import hardware_decoder, nvdec_obstacle
from lfr_batch.homes.at_hand import Home, pack_at_hand
from lfr_batch.models.agreement import agreed_precision
from lfr_batch.models.devices import (
    computing_hardware,
    computing_libraries,
    cuda_is_usable,
    tensorrt_is_usable,
)
from lfr_batch.models.kinds import Agreed
from lfr_batch.models.manifest import DetectorSpec, EmbedderSpec, PackManifest
from lfr_batch.models.providers import Device
from lfr_batch.models.session_plan import SessionPlan
from lfr_batch.models.sessions import plan_session
from lfr_batch.models.settled import Looks, Scaling, Settled, as_json, in_words
from lfr_batch.models.store import load_pack
from lfr_batch.recognition.scaling import scaling_obstacle
from lfr_batch.records import Decoder
from lfr_batch.work.child_process import this_host
from lfr_batch.work.machine import sized_here

Work = Literal["scan", "search", "live", "enrol"]
Settle = Callable[[Home, Config, Work], Agreed]
"""Given the home of the model packs, the settings and what is to be done."""


def agree_here(home: Home, config: Config, work: Work) -> Agreed:
    """Where all workers are on this machine. Raises as ``settle_here``."""
    return Agreed(settle_here(home, config, work))


def settle_here(home: Home, config: Config, work: Work) -> Settled:
    """As a worker on this machine would have it.

    Models are compared with the reference where that has not been done before. Raises PackError,
    DeviceUnavailable, ConfigError and InferenceDisagrees where what is asked for cannot be had.
    """
    folder = pack_at_hand(home, config.pack, config.s3)
    config, pack = sized_here(config), load_pack(folder, config.pack)
    inference, share = config.inference, config.engine.gpu_share
    decode = settle_decoder(config) if work == "scan" else "cpu"
    hardware_decoder(decode)  # refuses what was asked for and is not there
    plan = plan_session(inference, threads=1, gpu_share=share)
    _require_gpus(config.engine)
    stills = work in {"search", "enrol"}
    return Settled(
        device=plan.device,
        backend=plan.backend,
        precisions={
            spec.file: agreed_precision(pack, spec, inference, share)
            for spec in _models(pack.manifest, config, work)
        },
        looks="whole" if stills else _looks(config.footage.motion, plan.device),
        decode=decode,
        scaling=_scaling(folder, config, plan) if work == "scan" else "processor",
        libraries=computing_libraries(plan.backend),
        hardware=computing_hardware(plan.device),
    )


def _scaling(home: Path, config: Config, plan: SessionPlan) -> Scaling:
    """Raises ConfigError or DeviceUnavailable where a GPU was asked for and is not to be had."""
    asked = config.footage.scaling
    if asked == "processor" or (asked == "auto" and plan.device == "cpu"):
        return "processor"
    if plan.device == "cpu":
        raise ConfigError(
            "footage.scaling is gpu, but nothing is computed on a GPU: set it to auto."
        )
    if obstacle := scaling_obstacle(home, plan):
        if asked == "gpu":
            raise DeviceUnavailable(
                f"footage.scaling is gpu, but frames cannot be scaled there ({obstacle}): set it "
                "to auto or processor."
            )
        return "processor"
    return "gpu"


def _require_gpus(engine: EngineConfig) -> None:
    if engine.gpus_per_worker and not cuda.device_count():
        raise ConfigError(
            f"engine.gpus_per_worker is {engine.gpus_per_worker:g}, and this machine has no GPU: "
            "set it to null, which takes what there is, or to 0."
        )


def settle_decoder(config: Config) -> Decoder:
    on_gpu = config.engine.gpu_share > 0 and config.inference.device != "cpu"
    if config.footage.decode == "cpu" or not (on_gpu or config.footage.decode == "nvdec"):
        return "cpu"
    return settle_decode(config.footage.decode, nvdec=not nvdec_obstacle())


def _looks(motion: MotionConfig, device: Device) -> Looks:
    """Parts where they are cheaper: on a GPU every look costs the same."""
    return "parts" if motion.enabled and motion.regions and device == "cpu" else "whole"


def obeying(config: Config, settled: Settled | None) -> Config:
    """The settings of decoding and looking without an 'auto'; None: as they were given."""
    if settled is None:
        return config
    motion = obeying_motion(config.footage.motion, settled)
    precise = {"motion": motion, "decode": settled.decode, "scaling": settled.scaling}
    footage = config.footage.model_copy(update=precise)
    return config.model_copy(update={"footage": footage})


def computed_on(config: Config, settled: Settled | None) -> Config:
    """The settings of inference without an 'auto', for those who only ask for the device."""
    if settled is None:
        return config
    device = {"device": settled.device, "backend": settled.backend}
    inference = config.inference.model_copy(update=device)
    return config.model_copy(update={"inference": inference})


def obeying_motion(motion: MotionConfig, settled: Settled) -> MotionConfig:
    return motion.model_copy(update={"regions": settled.looks == "parts"})


def settled_hash(config: Config, settled: Settled) -> str:
    """Of all settings that decide a result: equal where each 'auto' became what was else asked."""
    own = config.inference
    on_gpu = settled.device == "cuda"
    rest = InferenceConfig(embed_batch=own.embed_batch, allow_cpu=own.allow_cpu and on_gpu)
    left = obeying(config, settled).model_copy(update={"inference": rest})
    return f"{config_hash(left)} {as_json(settled)}"


def in_words_here(settled: Settled) -> str:
    """As ``in_words``, and what it is computed with on this machine."""
    return f"{in_words(settled)}, on {', '.join(computing_hardware(settled.device))}"


def require_obeyed(settled: Settled, gpu_share: float) -> None:
    """Raises NotAsPlanned where this machine cannot compute what was settled."""
    here = this_host()
    planned = f"This was planned for {in_words(settled)}"
    for needed, obstacle, without in _NEEDS:
        why = obstacle(gpu_share) if needed(settled) else ""
        if why:
            raise NotAsPlanned(
                f"{planned}, and {here} {why}: resume it on a machine that can, or start anew with "
                f"{without}."
            )
    have = computing_libraries(settled.backend)
    differing = sorted(set(settled.libraries) ^ set(have))
    if differing:
        raise NotAsPlanned(
            f"{planned} with {_listed(settled.libraries, differing)}, and {here} has "
            f"{_listed(have, differing)}, whose results may differ: install what it was planned "
            "with, or start anew."
        )


def _models(
    manifest: PackManifest, config: Config, work: Work
) -> list[DetectorSpec | EmbedderSpec]:
    """Those whose arithmetic is not f32 in any case."""
    if work == "enrol":
        return [*manifest.embedders]
    detectors = {manifest.detector, *frame_detectors(manifest, config.detect).values()}
    return [*sorted(detectors, key=lambda spec: spec.file), *manifest.embedders]


def _no_gpu(gpu_share: float) -> str:
    if not gpu_share:
        return "gives its workers no GPU"
    return "" if cuda_is_usable() else "has no GPU that onnxruntime can use"


def _no_tensorrt(_: float) -> str:
    return "" if tensorrt_is_usable() else "has no TensorRT"


def _no_bf16(_: float) -> str:
    from lfr_batch.models.openvino_session import has_bf16  # noqa: PLC0415 - slow import

    return "" if has_bf16() else "has a processor without bf16 arithmetic"


def _no_nvdec(_: float) -> str:
    obstacle = nvdec_obstacle()
    return f"cannot open NVIDIA's decoder ({obstacle})" if obstacle else ""


_NEEDS: tuple[tuple[Callable[[Settled], bool], Callable[[float], str], str], ...] = (
    (lambda settled: settled.device == "cuda", _no_gpu, "inference.device cpu"),
    (
        lambda settled: "f16" in settled.precisions.values(),
        _no_tensorrt,
        "inference.tensorrt never",
    ),
    (lambda settled: "bf16" in settled.precisions.values(), _no_bf16, "inference.precision f32"),
    (lambda settled: settled.decode == "nvdec", _no_nvdec, "footage.decode cpu"),
)
"""What a plan may need, why it is not there, and the setting that does without."""


def _listed(libraries: tuple[str, ...], those: list[str]) -> str:
    return ", ".join(name for name in libraries if name in those) or "none of them"
