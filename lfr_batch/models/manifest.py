"""What a model pack says of itself: its files, its licence, its input contract, its calibration.

Frozen and strict: an unknown key or a wrong type is refused. A manifest is kept as
``manifest.json`` beside the files it names.
"""

from __future__ import annotations

import hashlib
import json
import re
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

DetectorKind = Literal["centerface", "scrfd", "yunet"]
PermittedUse = Literal["any", "non-commercial"]

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
PACK_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
PackName = Annotated[str, Field(pattern=PACK_NAME)]
Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class ManifestPart(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class DetectorSpec(ManifestPart):
    """The detector's input contract: NCHW, ``(pixel - mean) / std`` with pixels 0-255."""

    kind: DetectorKind
    file: str
    channel_order: Literal["rgb"] = "rgb"
    mean: Finite = 0.0
    std: Positive = 1.0
    fixed_side_px: Annotated[int, Field(ge=32)] | None = None
    """The only (square) input side the graph takes; None: any multiple of 32."""
    max_batch: Annotated[int, Field(ge=1)] | None = None
    """Most pictures in one call; None: no limit."""


class EmbedderSpec(ManifestPart):
    """The embedder's input contract: RGB, NCHW, aligned to the ArcFace five-point template."""

    file: str
    input_px: Annotated[int, Field(ge=32)] = 112
    mean: Finite = 0.0
    std: Positive = 1.0
    dim: Annotated[int, Field(ge=8)]
    """Length of a template."""
    max_batch: Annotated[int, Field(ge=1)] | None = None
    flip: bool = False
    """A template is the mean of those of the face and of its mirror image."""

    def contract(self) -> dict[str, Any]:
        """All of it as JSON, but for what came later and is as it was before: packs that have been
        told apart by it stay who they are."""
        told = self.model_dump(mode="json")
        return {key: told[key] for key in told if key in _FIRST or told[key] != _usual(key)}


_FIRST = frozenset({"file", "input_px", "mean", "std", "dim", "max_batch"})
"""What every contract tells, since the first pack."""


def _usual(key: str) -> object:
    return EmbedderSpec.model_fields[key].get_default()


class CalibrationPoint(ManifestPart):
    """Share ``fmr`` of pairs of different people score at least ``threshold`` (a cosine)."""

    fmr: Annotated[float, Field(gt=0.0, le=1.0)]
    threshold: Annotated[float, Field(ge=-1.0, le=1.0)]


def _monotone(points: tuple[CalibrationPoint, ...]) -> tuple[CalibrationPoint, ...]:
    for before, after in pairwise(points):
        if after.fmr >= before.fmr or after.threshold <= before.threshold:
            raise ValueError("calibration must fall in FMR and rise in threshold")
    return points


Calibration = Annotated[tuple[CalibrationPoint, ...], AfterValidator(_monotone)]
"""Falling FMR, rising threshold. Empty: the operator gives a threshold."""


class EarlierDerivation(ManifestPart):
    """How an earlier version of the pack made templates with the same file.

    Galleries that were enrolled so are searched and grown so until they are enrolled anew.
    """

    version: Annotated[str, Field(min_length=1)]
    embedder: EmbedderSpec
    calibration: Calibration = ()
    calibrated_on: str = ""


class PackManifest(ManifestPart):
    """One pack. ``files`` maps every file of the pack, relative to its directory, to its sha256."""

    lfr_pack: Literal[1] = 1
    name: PackName
    version: Annotated[str, Field(min_length=1)]
    licence: Annotated[str, Field(min_length=1)]
    """An SPDX expression, or a sentence where there is none."""
    permitted_use: PermittedUse
    licensed_until_utc: AwareDatetime | None = None
    """When the permission ends; None: never."""
    licence_signed: bool = False
    """Whether a signed licence says all this, whose signature held when the pack was added."""
    source: Annotated[str, Field(min_length=1)]
    files: dict[str, Sha256]
    detector: DetectorSpec
    frame_detector: DetectorSpec | None = None
    """A quicker one for looks at video; stills and best shots are always the detector's."""
    embedder: EmbedderSpec
    calibration: Calibration = ()
    calibrated_on: str = ""
    """Where the calibration was measured."""
    earlier: tuple[EarlierDerivation, ...] = ()
    """Newest first."""

    @field_validator("files")
    @classmethod
    def _plain_relative_names(cls, files: dict[str, str]) -> dict[str, str]:
        for name in files:
            if not is_safe_name(name):
                raise ValueError(f"{name!r} is not a file name inside the pack")
        return files

    @model_validator(mode="after")
    def _models_are_listed(self) -> Self:
        for name in self.models:
            if name not in self.files:
                raise ValueError(f"{name!r} is used but not listed in files")
        return self

    @model_validator(mode="after")
    def _earlier_ones_are_others(self) -> Self:
        if any(each.embedder.file != self.embedder.file for each in self.earlier):
            raise ValueError("an earlier derivation has another embedder file")
        told = [(each.version, each.identity) for each in self.derivations()]
        if any(len(set(those)) < len(told) for those in zip(*told, strict=True)):
            raise ValueError("two derivations are the same or have the same version")
        return self

    @property
    def models(self) -> tuple[str, ...]:
        """Files of the models."""
        parts = (self.detector, self.frame_detector, self.embedder)
        return tuple(part.file for part in parts if part)

    def differs_in_licence_alone(self, other: PackManifest) -> bool:
        """Or in nothing: the same models, fed and calibrated the same."""
        return self._but_for_its_licence() == other._but_for_its_licence()

    def _but_for_its_licence(self) -> PackManifest:
        models = {file: self.files[file] for file in self.models}
        without = {"licence": "", "permitted_use": "any", "licensed_until_utc": None}
        return self.model_copy(update={**without, "licence_signed": False, "files": models})

    @property
    def pack_id(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def identity(self) -> str:
        """16 hex digits. Templates are comparable exactly if their packs' identities are equal."""
        contract = self.embedder.contract()
        del contract["file"], contract["max_batch"]
        contract["sha256"] = self.files[self.embedder.file]
        text = json.dumps(contract, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def decisive(self) -> dict[str, str]:
        """sha256 of each model by its file, and of how the models are fed: what results hang on."""
        fed = self.model_dump(mode="json", include={"detector", "frame_detector"})
        fed["embedder"] = self.embedder.contract()
        how = hashlib.sha256(json.dumps(fed, sort_keys=True).encode()).hexdigest()
        return {**{file: self.files[file] for file in self.models}, "how they are fed": how}

    def derivations(self) -> tuple[PackManifest, ...]:
        """This pack, and as each earlier version of it made templates; newest first."""
        return (self, *(self._as(each) for each in self.earlier))

    def _as(self, earlier: EarlierDerivation) -> PackManifest:
        told = {key: getattr(earlier, key) for key in EarlierDerivation.model_fields}
        return self.model_copy(update={**told, "earlier": ()})

    def to_json(self) -> str:
        return self.model_dump_json(indent=2) + "\n"


def is_pack_name(name: str) -> bool:
    return re.fullmatch(PACK_NAME, name) is not None


def is_safe_name(name: str) -> bool:
    """Whether ``name`` is a relative POSIX path that stays inside its directory."""
    path = PurePosixPath(name)
    plain = bool(path.parts) and not re.search(r"[\\:\x00-\x1f]", name) and not path.is_absolute()
    return plain and name == str(path) and not {"..", "."} & set(path.parts)
