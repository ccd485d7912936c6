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

from lfr_batch.models.calibration import RelativeCalibration

DetectorKind = Literal["centerface", "scrfd", "yunet"]
PermittedUse = Literal["any", "non-commercial"]
ChannelOrder = Literal["rgb", "bgr"]
Layout = Literal["nchw", "nhwc"]

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
PACK_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
PackName = Annotated[str, Field(pattern=PACK_NAME)]
Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
MAX_WEIGHT_GAP = 1e-6
Finite = Annotated[float, Field(allow_inf_nan=False)]


Place = Annotated[float, Field(ge=-0.5, le=1.5, allow_inf_nan=False)]
Point = tuple[Place, Place]
FivePoints = tuple[Point, Point, Point, Point, Point]
ARCFACE_XY = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""Of ArcFace's template in 112 pixels: eyes, nose, corners of the mouth, from the left."""


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
    """The embedder's input contract: ``(pixel - mean) / std`` of aligned faces, pixels 0-255."""

    file: str
    input_px: Annotated[int, Field(ge=32, le=1024)] = 112
    """Side of the square that it takes."""
    mean: Finite = 0.0
    std: Positive = 1.0
    dim: Annotated[int, Field(ge=8)]
    """Length of a template."""
    max_batch: Annotated[int, Field(ge=1)] | None = None
    flip: bool = False
    """A template is the mean of those of the face and of its mirror image."""
    channel_order: ChannelOrder = "rgb"
    layout: Layout = "nchw"
    template: Literal["arcface"] | FivePoints = "arcface"
    """Where eyes, nose and mouth corners come to lie, in units of ``input_px``; "arcface": where
    ArcFace has them in 112 pixels, scaled."""

    def in_words(self) -> str:
        template = self.template if isinstance(self.template, str) else "five points of its own"
        mirrored = ", with its mirror image" if self.flip else ""
        return (
            f"{self.dim} numbers of {self.input_px} pixels, {self.channel_order}, {self.layout}, "
            f"mean {self.mean:g}, std {self.std:g}, template {template}{mirrored}"
        )

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
    relative: RelativeCalibration | None = None


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
    second_embedder: EmbedderSpec | None = None
    """Another, whose templates count beside the first one's."""
    weights: tuple[Positive, Positive] | None = None
    """Of the two embedders' cosines in a score; together 1."""
    calibration: Calibration = ()
    calibrated_on: str = ""
    """Where the calibration was measured."""
    relative: RelativeCalibration | None = None
    """None: thresholds are of the cosine alone, and derived from the calibration alone."""
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
    def _two_embedders_are_weighed(self) -> Self:
        if (self.second_embedder is None) != (self.weights is None):
            raise ValueError("two embedders have weights, and one has none")
        if self.second_embedder is None or self.weights is None:
            return self
        if self.second_embedder.file == self.embedder.file:
            raise ValueError("both embedders are the same file")
        if abs(sum(self.weights) - 1.0) > MAX_WEIGHT_GAP:
            raise ValueError("the weights are not 1 together")
        if self.earlier:
            raise ValueError("a pack with two embedders has no earlier derivations")
        return self

    @model_validator(mode="after")
    def _relative_beside_cosines(self) -> Self:
        if self.relative is not None and len(self.calibration) < 2:
            raise ValueError("relative scores are calibrated, and cosines at two points are not")
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
        detectors = (self.detector, self.frame_detector)
        return tuple(part.file for part in (*detectors, *self.embedders) if part)

    @property
    def embedders(self) -> tuple[EmbedderSpec, ...]:
        """One or two."""
        both = (self.embedder, self.second_embedder)
        return tuple(each for each in both if each)

    @property
    def dim(self) -> int:
        """Length of a template, of all embedders together."""
        return sum(each.dim for each in self.embedders)

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
        contracts = [self._comparable(each) for each in self.embedders]
        told: Any = contracts[0]
        if self.weights is not None:
            told = {"embedders": contracts, "weights": self.weights}
        text = json.dumps(told, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _comparable(self, embedder: EmbedderSpec) -> dict[str, Any]:
        """What templates hang on: not what the file is called, nor how many fit in a call."""
        contract = embedder.contract()
        del contract["file"], contract["max_batch"]
        return {**contract, "sha256": self.files[embedder.file]}

    @property
    def decisive(self) -> dict[str, str]:
        """sha256 of each model by its file, and of how the models are fed: what results hang on."""
        fed = self.model_dump(mode="json", include={"detector", "frame_detector"})
        fed["embedder"] = self.embedder.contract()
        if self.second_embedder is not None:
            fed |= {"second": self.second_embedder.contract(), "weights": self.weights}
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
