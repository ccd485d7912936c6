"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from lfr_batch.front.settings import Settings

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
    typer.Option(
        "--authority",
        envvar="LFR_AUTHORITY",
        help="Who authorised it: rank, reference; or AUTH-…, an authorisation of `lfr authorise`.",
    ),
]
PurposeOption = Annotated[
    str | None, typer.Option("--purpose", envvar="LFR_PURPOSE", help="Why the search is made.")
]
OperatorOption = Annotated[
    str | None, typer.Option("--operator", help="Who runs it; your login name unless given.")
]
WhyOption = Annotated[
    str | None,
    typer.Option("--why", help="Why you look, for the audit log; the policy may require it."),
]
PackOption = Annotated[str | None, typer.Option("--pack", help="Model pack to use.")]
LicenceOption = Annotated[
    str | None,
    typer.Option("--licence", help="Licence you hold for a pack that is not free for casework."),
]


class ThresholdGiven(NamedTuple):
    """As it was typed: 0.45, cosine:0.45 or relative:0.33."""

    value: float
    score: str | None = None


def _threshold_given(text: str) -> ThresholdGiven:
    score, colon, number = text.lower().rpartition(":")
    if colon and score not in {"cosine", "relative"}:
        raise typer.BadParameter(f"{score!r} is no score: give cosine:NUMBER or relative:NUMBER.")
    with suppress(ValueError):
        value = float(number)
        if -1.0 <= value <= 1.0:
            return ThresholdGiven(value, score or None)
    raise typer.BadParameter(
        f"{text!r} is no threshold: give a number from -1 to 1, cosine:NUMBER or relative:NUMBER."
    )


ThresholdOption = Annotated[
    ThresholdGiven | None,
    typer.Option(
        "--threshold",
        metavar="[cosine:|relative:]NUMBER",
        parser=_threshold_given,
        help="Score from which a candidate counts; recorded. A number alone is a cosine.",
    ),
]
FpirOption = Annotated[
    float | None,
    typer.Option("--target-fpir", help="Wanted share of unknown people that bring up anybody."),
]
NewOnlyOption = Annotated[
    bool,
    typer.Option(
        "--new-only",
        help="Leave out what the case has searched: same bytes, settings and gallery snapshot.",
    ),
]
WatchOption = Annotated[
    bool, typer.Option("--watch", help="Go on looking for what is new, until it is stopped.")
]
EveryOption = Annotated[
    str | None,
    typer.Option("--every", metavar="TIME", help="With --watch: how often, like 30s, 5m or 1h."),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
RunIdOption = Annotated[
    str | None,
    typer.Option(
        "--run-id",
        help="Call the run that; given again, the same run goes on from where it stands.",
    ),
]
CaseFilterOption = Annotated[
    str | None, typer.Option("--case", help="Of the runs of this case alone.")
]
RunArgument = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="As `lfr runs` shows it, its beginning, or latest: the one that was started last.",
    ),
]
OutOption = Annotated[
    str | None,
    typer.Option("--out", help="Results root, a directory or s3://bucket/prefix."),
]
ResultsOption = Annotated[
    str | None,
    typer.Option("--results", help="Results root, a directory or s3://bucket/prefix."),
]
EngineOption = Annotated[str | None, typer.Option("--engine", help="ray or in_process.")]
AddressOption = Annotated[
    str | None, typer.Option("--address", help="Ray cluster; RAY_ADDRESS unless given.")
]
AllowCpuOption = Annotated[
    bool, typer.Option("--allow-cpu", help="Go on without the GPU that the configuration asks for.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON array of objects on stdout.")]


def settings_of(
    path: Path | None,
    overrides: Sequence[str] | None = None,
    out: str | None = None,
    **changes: object | None,
) -> Settings:
    """What a command's options set: --config, --set, --out, and then its own.

    ``changes`` maps ``section__key`` to a value; None leaves a setting alone.
    """
    own = {key.replace("__", "."): value for key, value in changes.items()}
    return Settings(path, own, results=out, overrides=tuple(overrides or ()))
