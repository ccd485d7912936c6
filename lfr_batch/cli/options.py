"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from lfr_batch.config.load import NOTHING, load_config, override
from lfr_batch.config.schema import Config

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="YAML file; conf/default.yaml lists every key.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override one setting; may be repeated."),
]
GalleryOption = Annotated[str | None, typer.Option("--gallery", help="Gallery to search.")]
CaseOption = Annotated[
    str | None, typer.Option("--case", envvar="LFR_CASE", help="Case reference.")
]
AuthorityOption = Annotated[
    str | None,
    typer.Option("--authority", envvar="LFR_AUTHORITY", help="Who authorised it: rank, reference."),
]
PurposeOption = Annotated[
    str | None, typer.Option("--purpose", envvar="LFR_PURPOSE", help="Why the search is made.")
]
OperatorOption = Annotated[
    str | None, typer.Option("--operator", help="Who runs it; your login name unless given.")
]
PackOption = Annotated[str | None, typer.Option("--pack", help="Model pack to use.")]
LicenceOption = Annotated[
    str | None,
    typer.Option("--licence", help="Licence you hold for a pack that is not free for casework."),
]
ThresholdOption = Annotated[
    float | None,
    typer.Option("--threshold", help="Score from which a candidate counts; recorded."),
]
FpirOption = Annotated[
    float | None,
    typer.Option("--target-fpir", help="Wanted share of unknown people that bring up anybody."),
]
OutOption = Annotated[
    str | None,
    typer.Option("--out", help="Results root, a directory or s3://bucket/prefix."),
]
EngineOption = Annotated[str | None, typer.Option("--engine", help="ray or in_process.")]
AddressOption = Annotated[
    str | None, typer.Option("--address", help="Ray cluster; RAY_ADDRESS unless given.")
]
AllowCpuOption = Annotated[
    bool, typer.Option("--allow-cpu", help="Go on without the GPU that the configuration asks for.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON array of objects on stdout.")]


def home() -> Path:
    """Where models, galleries and results live: LFR_HOME, or lfr-data in this directory."""
    return Path(os.environ.get("LFR_HOME") or "lfr-data").absolute()


def results_root(out: str | None, config: Config | None = None) -> str:
    """--out, the configuration's job.out, LFR_RESULTS, or HOME/results."""
    configured = config.job.out if config else None
    root = out or configured or os.environ.get("LFR_RESULTS") or str(home() / "results")
    return absolute(root)


def absolute(root: str) -> str:
    """A results root as other processes find it: a path from here, or a URI as it is."""
    return root if "://" in root else str(Path(root).absolute())


def read_config(
    path: Path | None,
    overrides: Sequence[str] | None,
    unless_said: Mapping[str, Any] = NOTHING,
    **settings: object | None,
) -> Config:
    """The configuration with ``--set`` and then the command's own options applied.

    ``unless_said``: the command's own defaults, ``section.key`` to value. ``settings`` maps
    ``section__key`` to a value; None leaves a setting alone.
    """
    own = {key.replace("__", "."): value for key, value in settings.items()}
    return override(load_config(path, overrides or (), unless_said), own)
