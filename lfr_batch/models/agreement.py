"""The start-up check: quick arithmetic is used only where it gives the reference's answer.

OpenVINO in bf16, TensorRT in f16 or CUDA in tf32 is compared with onnxruntime in float32 on the
CPU, on fixed pictures. The outcome is kept in ``HOME/cache/agreement.json``, so that a later start
need not measure again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np

from lfr_batch.config.schema import InferenceConfig
from lfr_batch.errors import InferenceDisagrees
from lfr_batch.models.devices import (
    computing_libraries,
    gpu_names,
    inference_versions,
    processor_extensions,
    processor_name,
)
from lfr_batch.models.manifest import DetectorSpec, EmbedderSpec
from lfr_batch.models.providers import Precision, fast_precision
from lfr_batch.models.selection import DIGITS, SELECTIONS, Selection, numbers_of
from lfr_batch.models.session_plan import DetectorUse, ModelFile, SessionPlan, Share
from lfr_batch.models.sessions import Outputs, Session, open_planned, plan_session, wants_tensorrt
from lfr_batch.models.store import Pack
from lfr_batch.models.synthetic import drawn_face, face_in_a_picture, smooth_pictures
from lfr_batch.records import ByteArray, FloatArray
from lfr_batch.storage.files import write_text

MIN_COSINE = 0.999
MAX_SCORE_GAP = 0.05
CHECK_VERSION = 4
"""Raise it when the pictures or the limits change: kept outcomes are then not used."""

ANY_USE = DetectorUse()

Compare = Callable[[Outputs, Outputs], "Verdict"]


@dataclass(frozen=True, slots=True)
class Verdict:
    agrees: bool
    finding: str


@dataclass(frozen=True, slots=True)
class _Check:
    model: ModelFile
    pictures_rgb: ByteArray
    compare: Compare


def open_detector_session(
    pack: Pack,
    inference: InferenceConfig,
    share: Share,
    spec: DetectorSpec | None = None,
    use: DetectorUse = ANY_USE,
) -> Session:
    """A detector of the pack, checked; batches are split where its graph demands it.

    ``spec`` is one of the manifest's; None: the one for stills.

    Raises DeviceUnavailable, ConfigError, and InferenceDisagrees if a precision was asked for that
    does not agree ('auto' goes on in f32 and says so in ``description``).
    """
    check = _detector_check(pack, spec or pack.manifest.detector)
    plan = plan_session(inference, share.threads, share.streams, share.gpu_share, use.at_once)
    plan = replace(
        plan, usual_whs=use.usual_whs, min_score=use.min_score, fixed_shapes=use.fixed_shapes
    )
    return _open_checked(pack, check, inference, plan)


def open_embedder_session(
    pack: Pack, inference: InferenceConfig, share: Share, spec: EmbedderSpec | None = None
) -> Session:
    """An embedder of the pack, checked; None: its first. Raises what ``open_detector_session``
    raises."""
    spec = spec or pack.manifest.embedder
    check = _embedder_check(pack, spec)
    batch = inference.embed_batch
    plan = plan_session(inference, share.threads, share.streams, share.gpu_share, batch)
    usual_whs = ((spec.input_px, spec.input_px),)
    return _open_checked(pack, check, inference, replace(plan, usual_whs=usual_whs))


def agreed_precision(
    pack: Pack, spec: DetectorSpec | EmbedderSpec, inference: InferenceConfig, gpu_share: float
) -> Precision:
    """What a model's session would compute in, without opening one where that is known from before.

    Raises what ``open_detector_session`` raises, for the same reasons.
    """
    check = _check_of(pack, spec)
    plan = plan_session(inference, threads=1, gpu_share=gpu_share)
    precision = _wanted_precision(pack, check, inference, plan)
    if precision == "f32":
        return "f32"
    fast = replace(plan, precision=precision, cache=_engines(pack, check.model))
    verdict = _kept_verdict(pack, check, fast)
    if verdict is None:
        verdict = _verdict(pack, check, fast, open_planned(check.model, fast))
    return precision if _accepted(check, inference, precision, verdict) else "f32"


def compare_templates(reference: Outputs, fast: Outputs) -> Verdict:
    """Whether each template points where the reference's does."""
    a, b = reference[0].astype(np.float64), fast[0].astype(np.float64)
    cosine = (a * b).sum(axis=1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))
    lowest = float(np.min(cosine))
    return Verdict(lowest >= MIN_COSINE, f"lowest cosine {lowest:.5f}, wanted {MIN_COSINE}")


def compare_score_maps(reference: Outputs, fast: Outputs, maps: int) -> Verdict:
    """Whether the first ``maps`` outputs, the detector's scores, are nearly the same."""
    pairs = zip(reference[:maps], fast[:maps], strict=True)
    return _of_gap(float(np.max([np.max(np.abs(a - b)) for a, b in pairs])))


def compare_best_cells(reference: Outputs, fast: Outputs, selection: Selection) -> Verdict:
    """Whether the rows of the best cells have nearly the scores of the reference, which gives all
    cells, and none that is left out ranks clearly higher there than the last of them."""
    gaps = map(_selection_gap, selection.all_rows(reference), fast[0], repeat(selection))
    return _of_gap(max(gaps))


def _selection_gap(every: FloatArray, best: FloatArray, selection: Selection) -> float:
    """Of one picture, whose rows are ``every`` in the reference."""
    numbers = numbers_of(best)
    scores = slice(DIGITS, DIGITS + selection.ranked_by)
    told = np.max(np.abs(every[numbers, scores] - best[:, scores]))
    left_out = np.delete(selection.ranks(every), numbers)
    missed = np.max(left_out, initial=0.0) - np.min(selection.ranks(best))
    return float(max(told, missed))


def _of_gap(gap: float) -> Verdict:
    return Verdict(gap < MAX_SCORE_GAP, f"largest score gap {gap:.4f}, allowed {MAX_SCORE_GAP}")


def _open_checked(
    pack: Pack, check: _Check, inference: InferenceConfig, plan: SessionPlan
) -> Session:
    plan = replace(plan, cache=_engines(pack, check.model))
    precision = _wanted_precision(pack, check, inference, plan)
    if precision == "f32":
        return open_planned(check.model, plan)
    fast = replace(plan, precision=precision)
    session = open_planned(check.model, fast)
    verdict = _verdict(pack, check, fast, session)
    if _accepted(check, inference, precision, verdict):
        return session
    slow = open_planned(check.model, replace(plan, precision="f32"))
    return _NotedSession(slow, f"{precision} disagreed: {verdict.finding}")


def _accepted(
    check: _Check, inference: InferenceConfig, precision: Precision, verdict: Verdict
) -> bool:
    """Raises InferenceDisagrees where the precision was asked for and may not be used."""
    if not verdict.agrees and inference.precision == precision:
        raise InferenceDisagrees(
            f"{check.model.path.name} in {precision} does not agree with the float32 reference "
            f"({verdict.finding}): set inference.precision to auto or f32."
        )
    return verdict.agrees


def _wanted_precision(
    pack: Pack, check: _Check, inference: InferenceConfig, plan: SessionPlan
) -> Precision:
    """What was asked for; the quickest there is where that is 'auto'."""
    if inference.precision != "auto":
        return inference.precision
    bf16 = plan.backend == "openvino" and (
        # Whoever measured it here had it; OpenVINO itself takes a while to load.
        _kept_verdict(pack, check, replace(plan, precision="bf16")) is not None or _has_bf16()
    )
    tensorrt = plan.device == "cuda" and wants_tensorrt(inference)
    return fast_precision(plan.backend, plan.device, bf16=bf16, tensorrt=tensorrt) or "f32"


def _has_bf16() -> bool:
    from lfr_batch.models.openvino_session import has_bf16  # noqa: PLC0415 - slow import

    return has_bf16()


def _engines(pack: Pack, model: ModelFile) -> Path:
    """TensorRT's engines of this very file: onnxruntime tells graphs apart by little more than
    their names."""
    sha256 = pack.manifest.files[_file_of(pack, model)]
    versions = inference_versions().replace(" ", "-") or "none"
    return pack.home / "cache" / "tensorrt" / f"{sha256[:16]}-{versions}"


def _file_of(pack: Pack, model: ModelFile) -> str:
    return model.path.relative_to(pack.directory).as_posix()


@dataclass(frozen=True, slots=True)
class _NotedSession:
    inner: Session
    note: str

    @property
    def description(self) -> str:
        return f"{self.inner.description} ({self.note})"

    @property
    def gathers(self) -> bool:
        return self.inner.gathers

    @property
    def selection(self) -> Selection | None:
        return self.inner.selection

    def input_wh(self, wanted_wh: tuple[int, int]) -> tuple[int, int]:
        return self.inner.input_wh(wanted_wh)

    def run(self, pictures_rgb: ByteArray) -> Outputs:
        return self.inner.run(pictures_rgb)

    def run_all(self, batches: Iterable[ByteArray]) -> Iterator[Outputs]:
        return self.inner.run_all(batches)


def _check_of(pack: Pack, spec: DetectorSpec | EmbedderSpec) -> _Check:
    if isinstance(spec, DetectorSpec):
        return _detector_check(pack, spec)
    return _embedder_check(pack, spec)


def _detector_check(pack: Pack, spec: DetectorSpec) -> _Check:
    def compare(reference: Outputs, fast: Outputs) -> Verdict:
        return compare_score_maps(reference, fast, _score_maps(spec, len(reference)))

    # Pictures of one call of SCRFD are known to influence each other.
    max_batch = 1 if spec.kind == "scrfd" else spec.max_batch
    best = SELECTIONS.get(spec.kind)
    model = ModelFile(pack.path(spec.file), spec.mean, spec.std, max_batch, best)
    return _Check(model, face_in_a_picture(spec.fixed_side_px or 320)[None], compare)


def _score_maps(spec: DetectorSpec, outputs: int) -> int:
    """Outputs that are scores: CenterFace's first; of SCRFD's and YuNet's, those before boxes and
    points."""
    if spec.kind == "centerface":
        return 1
    if spec.kind == "yunet":
        return outputs // 2
    return outputs // 3 if outputs % 3 == 0 and outputs > 6 else outputs // 2


def _embedder_check(pack: Pack, spec: EmbedderSpec) -> _Check:
    pictures = np.concatenate([drawn_face(spec.input_px)[None], smooth_pictures(3, spec.input_px)])
    return _Check(embedder_file(pack.path(spec.file), spec), pictures, compare_templates)


def embedder_file(path: Path, spec: EmbedderSpec) -> ModelFile:
    return ModelFile(
        path,
        spec.mean,
        spec.std,
        spec.max_batch,
        channel_order=spec.channel_order,
        layout=spec.layout,
    )


def kept_or_measured(home: Path, key: str, measure: Callable[[], Verdict]) -> Verdict:
    """What was found before of ``key``, which names all that may change it, else what is found now.

    ``home`` is that of the model packs.
    """
    cache = home / "cache" / "agreement.json"
    verdict = _read_cache(cache).get(key)
    if verdict is None:
        verdict = measure()
        _write_cache(cache, {**_read_cache(cache), key: verdict})
    return verdict


def _verdict(pack: Pack, check: _Check, fast: SessionPlan, session: Session) -> Verdict:
    verdict = _kept_verdict(pack, check, fast)
    if verdict is None:
        verdict = _measure(check, fast, session)
        cache = _cache(pack)
        _write_cache(cache, {**_read_cache(cache), _cache_key(pack, check.model, fast): verdict})
    return verdict


def _kept_verdict(pack: Pack, check: _Check, fast: SessionPlan) -> Verdict | None:
    return _read_cache(_cache(pack)).get(_cache_key(pack, check.model, fast))


def _cache(pack: Pack) -> Path:
    return pack.home / "cache" / "agreement.json"


def _measure(check: _Check, fast: SessionPlan, session: Session) -> Verdict:
    plan = replace(fast, backend="onnxruntime", device="cpu", precision="f32", one_shape=False)
    answer = session.run(check.pictures_rgb)
    if not all(np.isfinite(output).all() for output in answer):
        return Verdict(agrees=False, finding="an output that is not a number")
    reference = open_planned(check.model, plan).run(check.pictures_rgb)
    if session.selection is not None:
        return compare_best_cells(reference, answer, session.selection)
    return check.compare(reference, answer)


def _cache_key(pack: Pack, model: ModelFile, fast: SessionPlan) -> str:
    model_sha256 = pack.manifest.files[_file_of(pack, model)]
    if fast.device == "cuda":
        machine, versions = " ".join(gpu_names()), " ".join(computing_libraries(fast.backend))
    else:
        machine = " ".join((processor_name(), *processor_extensions()))
        versions = f"openvino {metadata.version('openvino')}"
    said = f"{model_sha256}, {fast.precision}, {versions}, check {CHECK_VERSION}, {machine}"
    return said + _fed(model)


def _fed(model: ModelFile) -> str:
    """How, where that is not as most models are: another pack may have the same file."""
    how = model.mean, model.std, model.channel_order, model.layout
    return "" if how == (0.0, 1.0, "rgb", "nchw") else f", fed {how}"


def _read_cache(path: Path) -> dict[str, Verdict]:
    """What was found before; nothing if that cannot be read."""
    try:
        entries = json.loads(path.read_bytes())
        return {key: _parse_verdict(entry) for key, entry in entries.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _parse_verdict(entry: Any) -> Verdict:
    agrees, finding = entry["agrees"], entry["finding"]
    if not isinstance(agrees, bool) or not isinstance(finding, str):
        raise TypeError("not a verdict")
    return Verdict(agrees, finding)


def _write_cache(path: Path, verdicts: dict[str, Verdict]) -> None:
    """Replace the cache at once; a home that cannot be written costs a second at each start."""
    text = json.dumps({key: asdict(verdict) for key, verdict in verdicts.items()}, indent=1)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text)
