"""`lfr report`: what was found, for the officer who decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from lfr_batch.cli.options import ConfigOption, settings_of
from lfr_batch.cli.output import answer, say
from lfr_batch.config.schema import S3Config
from lfr_batch.errors import GalleryError, StoreError
from lfr_batch.front.places import home
from lfr_batch.homes.at_hand import folder_here, snapshot_at_hand
from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import Lake, run_query
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun


def report(
    run_id: Annotated[str, typer.Argument(metavar="RUN")],
    out: Annotated[Path | None, typer.Option("--out", help="HTML file to write.")] = None,
    results: Annotated[str | None, typer.Option("--results", help="Results root.")] = None,
    config: ConfigOption = None,
) -> None:
    """Write the report of a run: one HTML file with the evidence pictures.

    Of a deployment: its figures, as forces publish them, and beside the HTML as CSV. No pictures.
    """
    root, s3 = settings_of(config, out=results).results_place()
    run, lake = StoredRun(open_store(root, s3), run_id), open_lake(root, s3)
    path = out or Path(f"report-{run_id}.html")
    if _kind(lake, run_id) == "live":
        from lfr_batch.live.afterwards.report import write_live_report  # noqa: PLC0415
        from lfr_batch.live.deployment.folders import deployment_folder  # noqa: PLC0415
        from lfr_batch.live.deployment.watchlist_receipt import load_receipt  # noqa: PLC0415

        receipt = load_receipt(deployment_folder(folder_here(home()), run_id))
        csv_path = write_live_report(lake, run, path, receipt)
        say(f"its figures: {csv_path.absolute()}")
    else:
        from lfr_batch.results.report import write_report  # noqa: PLC0415

        write_report(lake, run, path, partial(reference_pictures, s3))
    answer(str(path.absolute()))


def _kind(lake: Lake, run_id: str) -> str | None:
    """None for a run that is not there."""
    found = run_query(lake, "SELECT kind FROM runs WHERE run_id = $id", {"id": run_id})
    kinds: list[str] = found.column(0).to_pylist()
    return kinds[0] if kinds else None


def reference_pictures(
    s3: S3Config, gallery: str, snapshot_id: str, image_ids: Sequence[str]
) -> Mapping[str, bytes]:
    """The enrolled pictures beside which evidence is shown; none if the snapshot is gone."""
    from lfr_batch.gallery.store import load_snapshot, read_thumbnails  # noqa: PLC0415

    try:
        folder = snapshot_at_hand(home(), gallery, snapshot_id, s3)
        return read_thumbnails(load_snapshot(folder, gallery, snapshot_id), image_ids)
    except (GalleryError, StoreError) as error:
        say(f"The report is without enrolled pictures: {error}")
        return {}
