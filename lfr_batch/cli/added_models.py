"""`lfr models add`: a directory of models, or embedders of one's own, as a pack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, cast, get_args

import typer

from lfr_batch.cli.options import ConfigOption, SetOption, settings_of
from lfr_batch.cli.output import answer
from lfr_batch.errors import UsageError
from lfr_batch.homes.at_hand import Home, pack_at_hand
from lfr_batch.homes.change import changed_pack
from lfr_batch.models.embedder_sheet import (
    EmbedderSheet,
    joined,
    read_sheet,
    read_template,
    sheet_of,
)
from lfr_batch.models.manifest import PermittedUse
from lfr_batch.models.open_pack import NAME as OPEN_PACK
from lfr_batch.models.own_pack import OwnEmbedder, OwnPack, add_own_pack, weights_of
from lfr_batch.models.store import Pack, add_pack, load_pack
from lfr_batch.storage.store import S3Settings


def add(
    directory: Annotated[
        Path | None, typer.Argument(help="A pack, or an InsightFace model directory.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name to give it.")] = None,
    embedder: Annotated[
        list[Path] | None,
        typer.Option(help="An ONNX embedder, in place of a directory; twice: scores are weighed."),
    ] = None,
    manifest: Annotated[
        list[Path] | None,
        typer.Option(help="YAML or JSON of an embedder's input contract; one for each."),
    ] = None,
    weights: Annotated[
        str | None, typer.Option(help="Of two embedders in a score, like 0.6,0.4.")
    ] = None,
    detector_pack: Annotated[
        str, typer.Option(help="Pack whose detectors it gets with --embedder.")
    ] = OPEN_PACK,
    licence: Annotated[str | None, typer.Option(help="Licence of the embedder.")] = None,
    permitted_use: Annotated[
        str | None, typer.Option(help="What that permits: any, or non-commercial.")
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(help="arcface (the default), or a file with five points from 0 to 1."),
    ] = None,
    size: Annotated[int | None, typer.Option(help="Side of its input in pixels.")] = None,
    colour: Annotated[str | None, typer.Option(help="rgb or bgr.")] = None,
    mean: Annotated[
        float | None, typer.Option(help="What is subtracted from a pixel of 0 to 255.")
    ] = None,
    std: Annotated[float | None, typer.Option(help="What that is divided by.")] = None,
    flip: Annotated[
        bool | None, typer.Option("--flip/--no-flip", help="Count the mirror image, too.")
    ] = None,
    layout: Annotated[str | None, typer.Option(help="nchw or nhwc.")] = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> None:
    """Take a directory of models, or an ONNX embedder, as a pack.

    What an embedder's graph tells of its input need not be said; the rest is said by options or by
    --manifest (template, size, colour, mean, std, flip, layout). It is tried out, and refused
    where that does not hold.
    """
    home, s3 = settings_of(config, overrides).home_and_s3()
    said = {"template": template and read_template(template), "size": size, "colour": colour}
    said |= {"mean": mean, "std": std, "flip": flip, "layout": layout}
    of_embedders = {"manifest": manifest, "weights": weights, "licence": licence, **said}
    if embedder:
        _require_alone(directory)
        given = _embedders(embedder, manifest or (), said)
        asked = OwnPack(
            _stated(name, "--name, how the pack is called"),
            given,
            weights_of(weights, len(given)),
            _stated(licence, "--licence, under which you have it"),
            _use(_stated(permitted_use, "--permitted-use, any or non-commercial")),
        )
        pack = _add_own(home, s3, asked, detector_pack)
    else:
        _require_directory(directory, {**of_embedders, "permitted-use": permitted_use})
        with changed_pack(home, name, s3) as folder:
            pack = add_pack(folder, cast("Path", directory), name)
    _tell(home, pack)


def _add_own(home: Home, s3: S3Settings, asked: OwnPack, detector_pack: str) -> Pack:
    detectors = load_pack(pack_at_hand(home, detector_pack, s3), detector_pack)
    with changed_pack(home, asked.name, s3) as folder:
        return add_own_pack(folder, asked, detectors)


def _embedders(
    files: Sequence[Path], manifests: Sequence[Path], said: Mapping[str, object]
) -> tuple[OwnEmbedder, ...]:
    if manifests and len(manifests) != len(files):
        raise UsageError(
            f"{len(manifests)} x --manifest is given for {len(files)} x --embedder: give one for "
            "each, in their order."
        )
    over = sheet_of(said, "What is said")
    sheets = [read_sheet(path) for path in manifests] or [EmbedderSheet()] * len(files)
    return tuple(
        OwnEmbedder(path, joined(sheet, over)) for path, sheet in zip(files, sheets, strict=True)
    )


def _require_alone(directory: Path | None) -> None:
    if directory is not None:
        raise UsageError(f"{directory} and --embedder are given: give one of them.")


def _require_directory(directory: Path | None, others: Mapping[str, object]) -> None:
    if directory is None:
        raise UsageError("Nothing to add is given: give a directory, or --embedder FILE.")
    given = [option for option, value in others.items() if value is not None]
    if given:
        raise UsageError(f"--{given[0]} is about an --embedder, and a directory says it itself.")


def _stated(value: str | None, what: str) -> str:
    if not value or not value.strip():
        raise UsageError(f"A pack of one's own has to be told more: give {what}.")
    return value.strip()


def _use(text: str) -> PermittedUse:
    if text not in get_args(PermittedUse):
        raise UsageError(f"--permitted-use {text} is not known: give any or non-commercial.")
    return cast("PermittedUse", text)


def _tell(home: Home, pack: Pack) -> None:
    manifest = pack.manifest
    place = f"{home}/models/{manifest.name}"
    answer(f"{manifest.pack_id} is in {place}: permitted use {manifest.permitted_use}")
    for spec in manifest.embedders:
        answer(f"  {spec.file}: {spec.in_words()}")
    if not manifest.calibration:
        answer("  not calibrated: its galleries need `lfr calibrate`, or searches --threshold")
