"""What a scan with the usual settings would have on this machine."""

from __future__ import annotations

from lfr_batch.cli.findings import Finding, ok, warning
from lfr_batch.cli.output import counted
from lfr_batch.config.schema import Config, EngineConfig
from lfr_batch.errors import LfrError
from lfr_batch.footage.pyav_input import choose_decoder
from lfr_batch.models.devices import available_cores
from lfr_batch.pipeline.machine import sized_here
from lfr_batch.pipeline.workers import CORES_ON_GPU


def scan_finding() -> Finding:
    """Nothing is opened and no GPU is taken."""
    config = sized_here(Config())
    try:
        decoded_by = (
            "processors"
            if choose_decoder(config.footage.decode) is None
            else "NVDEC and processors"
        )
    except LfrError as error:
        return warning("scan", str(error), "Set footage.decode as conf/default.yaml explains.")
    return workers_finding(config.engine, decoded_by, available_cores())


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
    return f"{workers} with {', '.join(each)} and {together} at a time; {decoded_by} decode"
