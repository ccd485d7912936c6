"""A pack of one's own: one or two ONNX embedders, with the detectors of a pack that is there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lfr_batch.errors import PackRefused, UsageError
from lfr_batch.models.embedder_sheet import EmbedderSheet
from lfr_batch.models.manifest import (
    EmbedderSpec,
    PackManifest,
    PermittedUse,
    is_pack_name,
    is_safe_name,
)
from lfr_batch.models.own_embedder import install_embedder
from lfr_batch.models.store import Pack, install_pack
from lfr_batch.storage.files import sha256_of

VERSION_DIGITS = 12


@dataclass(frozen=True, slots=True)
class OwnEmbedder:
    """A file, and what is said of it."""

    path: Path
    sheet: EmbedderSheet


@dataclass(frozen=True, slots=True)
class OwnPack:
    """What somebody asks for."""

    name: str
    embedders: tuple[OwnEmbedder, ...]
    """One or two."""
    weights: tuple[float, float] | None
    licence: str
    permitted_use: PermittedUse
    """Of the embedders."""


def add_own_pack(home: Path, asked: OwnPack, detectors: Pack) -> Pack:
    """Install it with the detectors of that pack, which are copied.

    Raises UsageError, PackRefused, PackDamaged, StoreFull.
    """
    if not is_pack_name(asked.name):
        raise PackRefused(
            f"{asked.name!r} is no name for a pack: use letters, digits, '.', '_' and '-'."
        )
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=".adding-") as temporary:
        folder = Path(temporary)
        files = _copied(detectors, folder)
        specs = [_installed(each, folder, files) for each in asked.embedders]
        return install_pack(home, _manifest(asked, detectors, specs, folder), folder)


def weights_of(text: str | None, embedders: int) -> tuple[float, float] | None:
    """Of two embedders, together 1; None where there is one. Raises UsageError."""
    if embedders == 1 and text is None:
        return None
    if embedders != 2:
        said = "--weights is for two embedders" if embedders == 1 else "a pack has at most two"
        raise UsageError(
            f"{embedders} x --embedder is given, and {said}: give as many as it needs."
        )
    try:
        first, second = (float(part) for part in (text or "0.5,0.5").split(","))
    except ValueError:
        first = second = 0.0
    if not (0.0 < first < float("inf") and 0.0 < second < float("inf")):
        raise UsageError(f"--weights {text} is not two numbers above 0: give them as 0.6,0.4.")
    return first / (first + second), second / (first + second)


def _copied(detectors: Pack, folder: Path) -> set[str]:
    """All but the embedders of the pack: licences belong to several models."""
    left_out = {spec.file for spec in detectors.manifest.embedders}
    files = {file for file in detectors.manifest.files if file not in left_out}
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(detectors.path(file), folder / file)
    return files


def _installed(embedder: OwnEmbedder, folder: Path, taken: set[str]) -> EmbedderSpec:
    name = embedder.path.name if is_safe_name(embedder.path.name) else "embedder.onnx"
    while name in taken:
        name = f"embedder-{name}"
    taken.add(name)
    return install_embedder(embedder.path, embedder.sheet, folder / name)


def _manifest(
    asked: OwnPack, detectors: Pack, specs: Sequence[EmbedderSpec], folder: Path
) -> PackManifest:
    there = detectors.manifest
    given = " and ".join(
        f"{each.path.name} (sha256 {sha256_of(each.path)[:16]})" for each in asked.embedders
    )
    both_free = asked.permitted_use == there.permitted_use == "any"
    own = {spec.file for spec in specs}
    files = sorted({*own, *(f for f in there.files if (folder / f).is_file())})
    manifest = PackManifest(
        name=asked.name,
        version="0",
        licence=f"{asked.licence} (embedder); {there.licence} (detectors, of {there.pack_id})",
        permitted_use="any" if both_free else "non-commercial",
        licensed_until_utc=there.licensed_until_utc,
        licence_signed=False,  # a detectors' licence says nothing of the embedder
        source=f"{given}, as it was given; detectors of {there.pack_id}: {there.source}",
        files={file: sha256_of(folder / file) for file in files},
        detector=there.detector,
        frame_detector=there.frame_detector,
        embedder=specs[0],
        second_embedder=specs[1] if len(specs) > 1 else None,
        weights=asked.weights,
    )
    return manifest.model_copy(update={"version": manifest.identity[:VERSION_DIGITS]})
