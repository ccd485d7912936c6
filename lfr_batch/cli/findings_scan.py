"""What a scan with the usual settings would have on this machine."""

from __future__ import annotations

from collections.abc import Mapping

from lfr_batch.cli.findings import Finding, ok, warning
from lfr_batch.cli.output import counted
from lfr_batch.config.schema import Config, EngineConfig
from lfr_batch.footage.decoders import settle_decode
from lfr_batch.footage.nvdec import nvdec_obstacle
from lfr_batch.models.devices import available_cores
from lfr_batch.records import Decoder
from lfr_batch.work.machine import sized_here
from lfr_batch.work.workers import CORES_ON_GPU

DECODED_BY: Mapping[Decoder, str] = {
    "cpu": "processors",
    "nvdec": "NVDEC, and by processors what it does not know",
}
SCALED = "; scaled on the GPU where its pixels are a processor's"


def scan_finding() -> Finding:
    """No model is opened and no worker started."""
    config = sized_here(Config())
    nvdec = config.engine.gpu_share > 0 and not nvdec_obstacle()
    decoder = settle_decode(config.footage.decode, nvdec=nvdec)
    scaled = SCALED if config.engine.gpu_share > 0 else ""
    return workers_finding(config.engine, f"{DECODED_BY[decoder]}{scaled}", available_cores())


def workers_finding(engine: EngineConfig, decoded_by: str, cores: int) -> Finding:
    """Of an engine with nothing left to be found out."""
    text = describe_scan(engine, decoded_by)
    if engine.gpu_share and cores < CORES_ON_GPU:
        return warning(
            "scan", text, f"Give it {CORES_ON_GPU:.0f} cores or more: so few keep no GPU busy."
        )
    return ok("scan", text)


def describe_scan(engine: EngineConfig, decoded_by: str) -> str:
    each = [counted(engine.threads, "core")]
    if engine.gpus_per_worker:
        each.append(f"{engine.gpus_per_worker:.2g} of a GPU")
    together = counted(engine.segments_per_worker, "segment")
    workers = "1 worker" if engine.workers == 1 else f"{engine.workers} workers, each"
    share = f"{', '.join(each)} and {together} at a time"
    return f"{workers} with {share}; decoded by {decoded_by}"
