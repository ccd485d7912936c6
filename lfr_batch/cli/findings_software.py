"""The installation: packages, what they provide here, and what a scan would run on."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata

from packaging.requirements import Requirement

from lfr_batch.cli.findings import Finding, ok, problem, warning
from lfr_batch.config.schema import InferenceConfig
from lfr_batch.errors import LfrError
from lfr_batch.footage.nvdec import nvdec_obstacle
from lfr_batch.models.devices import (
    DeviceReport,
    available_cores,
    inspect_devices,
)
from lfr_batch.models.providers import fast_precision
from lfr_batch.models.session_plan import SessionPlan
from lfr_batch.models.sessions import plan_session

DISTRIBUTION = "lfr-batch"
SHOWN = ("lfr-batch", "ray", "av", "duckdb", "pyarrow", "numpy")
REPLACED_BY = {"faiss-cpu": "faiss-gpu", "onnxruntime": "onnxruntime-gpu"}
"""The GPU builds stand in for their CPU twins, under another distribution's name."""

INSTALL_AGAIN = "Run `make clean` and `make setup`."


def software_findings() -> list[Finding]:
    findings = [packages_finding(wrong_requirements())]
    try:
        report = inspect_devices()
    except ImportError as error:
        return [*findings, problem("inference", f"cannot be loaded: {error}", INSTALL_AGAIN)]
    return [
        *findings,
        collisions_finding(report),
        providers_finding(report, usable_gpu_parts(report)),
        plan_finding(report),
    ]


def wrong_requirements() -> list[str]:
    """What is missing or of a version that this package was not made for, one phrase each."""
    try:
        stated = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return ["lfr-batch itself is not installed"]
    wanted = [requirement for requirement in map(Requirement, stated) if _applies(requirement)]
    return [phrase for requirement in wanted if (phrase := _wrong(requirement))]


def packages_finding(wrong: list[str]) -> Finding:
    if wrong:
        return problem("packages", "; ".join(wrong), INSTALL_AGAIN)
    return ok("packages", ", ".join(f"{name} {_version(name)}" for name in SHOWN))


def collisions_finding(report: DeviceReport) -> Finding:
    if report.collisions:
        return problem("collisions", " ".join(report.collisions), INSTALL_AGAIN)
    return ok("collisions", "one OpenCV, one onnxruntime, one FAISS")


def usable_gpu_parts(report: DeviceReport) -> dict[str, bool]:
    """What a GPU could do here, and whether it can."""
    return {
        "inference": report.cuda_usable,
        "TensorRT": report.tensorrt_usable,
        "search": report.cuda_usable,
        "decoding": not nvdec_obstacle(),
    }


def providers_finding(report: DeviceReport, gpu_parts: Mapping[str, bool] | None = None) -> Finding:
    names = [name.removesuffix("ExecutionProvider") for name in report.onnxruntime_providers]
    bf16 = "with bf16" if report.bf16 else "without bf16"
    text = f"onnxruntime: {', '.join(names)}; OpenVINO: {', '.join(report.openvino_devices)} {bf16}"
    if report.gpus and gpu_parts:
        text += f"; {describe_gpu_parts(gpu_parts)}"
    if report.gpus and not report.cuda_usable:
        return warning(
            "providers",
            f"{text}; the GPU is not used",
            "Run `make setup-gpu` to replace onnxruntime and FAISS by their GPU builds.",
        )
    return ok("providers", text)


def describe_gpu_parts(parts: Mapping[str, bool]) -> str:
    can = ", ".join(name for name, usable in parts.items() if usable) or "nothing"
    cannot = ", ".join(name for name, usable in parts.items() if not usable)
    return f"on the GPU: {can}" + (f" (not {cannot})" if cannot else "")


def plan_finding(report: DeviceReport) -> Finding:
    try:
        plan = plan_session(InferenceConfig(), available_cores())
    except LfrError as error:
        return problem("inference", str(error), "Set inference.* as conf/default.yaml explains.")
    return ok("inference", describe_plan(plan, bf16=report.bf16, tensorrt=report.tensorrt_usable))


def describe_plan(plan: SessionPlan, *, bf16: bool, tensorrt: bool = False) -> str:
    """What 'auto' comes to here; the models themselves are compared when they are opened."""
    fast = fast_precision(plan.backend, plan.device, bf16=bf16, tensorrt=tensorrt)
    precision = f"{fast} where it agrees with f32 at start-up, else f32" if fast else "f32"
    return f"{plan.backend} on {plan.device}, {precision}"


def _applies(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def _wrong(requirement: Requirement) -> str | None:
    version = _version(requirement.name) or _version(REPLACED_BY.get(requirement.name, ""))
    if version is None:
        return f"{requirement.name} is missing"
    if not requirement.specifier.contains(version, prereleases=True):
        return f"{requirement.name} is {version}, wanted {requirement.specifier}"
    return None


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution) if distribution else None
    except metadata.PackageNotFoundError:
        return None
