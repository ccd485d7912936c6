"""`lfr gallery check`: which pictures of a gallery are worth a second look, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import PurePath
from typing import Annotated, Any

import pyarrow as pa
import typer

from lfr_batch.cli.gallery_options import GalleryArgument
from lfr_batch.cli.options import (
    AllowCpuOption,
    AuthorityOption,
    CaseOption,
    ConfigOption,
    EngineOption,
    FpirOption,
    JsonOption,
    LicenceOption,
    OperatorOption,
    PackOption,
    SetOption,
    ThresholdOption,
    settings_of,
)
from lfr_batch.cli.output import answer, answer_json, answer_table, counted, say
from lfr_batch.cli.progress import counting
from lfr_batch.faces.quality_components import NOT_MEASURED
from lfr_batch.front.gallery_check import (
    OLD_Y,
    CheckedGallery,
    check_gallery,
    components_of_rows,
)
from lfr_batch.front.listeners import EnrolListener
from lfr_batch.gallery.attraction import ALPHA, SEED
from lfr_batch.gallery.health import FAULTS, NAMED, REPLACE, PictureHealth, components_of
from lfr_batch.gallery.minors import named, row_of_minors, said_of_ages, said_of_minors
from lfr_batch.gallery.reviews import Reviews
from lfr_batch.oversight.authority import require_authority

ASKS = 3
"""Exit code where something asks for a look."""
SHOWN = 20
"""Pictures of the table, unless all are asked for."""
COLUMNS = ("subject", "file", "why", "brings up", "fits own", "fits other", "of", "years")


def check(
    name: GalleryArgument,
    cohort: Annotated[
        str | None,
        typer.Option(help="People who are not in it: another gallery, or a folder of pictures."),
    ] = None,
    older_than: Annotated[
        float, typer.Option(min=0, help="Years from which on a picture is called old.")
    ] = OLD_Y,
    everything: Annotated[
        bool, typer.Option("--all", help="Every picture that is worth a look, not the first 20.")
    ] = False,
    case: CaseOption = None,
    authority: AuthorityOption = None,
    operator: OperatorOption = None,
    pack: PackOption = None,
    licence: LicenceOption = None,
    threshold: ThresholdOption = None,
    target_fpir: FpirOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
    engine: EngineOption = None,
    allow_cpu: AllowCpuOption = False,
    as_json: JsonOption = False,
) -> None:
    """Look a gallery through: quality and age of its pictures, fit, look-alikes, false candidates,
    children, reviews.

    Nothing is written, and pictures of --cohort are kept nowhere; a folder of them needs --case and
    --authority. Exit code 3: something asks for a look.
    """
    settings = settings_of(
        config,
        overrides,
        pack=pack,
        decide__threshold=threshold,
        decide__target_fpir=target_fpir,
        engine__kind=engine,
        inference__allow_cpu=allow_cpu or None,
    )
    stated = None
    if case or authority:
        stated = require_authority(case, authority, operator=operator, needs_purpose=False)
    found = check_gallery(
        name,
        cohort=cohort,
        stated=stated,
        licence=licence,
        older_than_y=older_than,
        settings=settings,
        listener=EnrolListener(partial(counting, "looking at the cohort"), say),
    )
    if as_json:
        answer_json([_row(found)])
    else:
        for line in _lines(found):
            answer(line)
        _table(found, everything=everything)
    raise typer.Exit(ASKS if found.asks_for_a_look else 0)


def _lines(found: CheckedGallery) -> Iterator[str]:
    """One screen: what is worth doing, then what was looked at."""
    health, limits = found.health, found.health.limits
    yield (
        f"{health.gallery}, snapshot {health.snapshot_id}: {counted(health.pictures, 'picture')} "
        f"of {counted(health.subjects, 'subject')}"
    )
    yield from (f"  {line}" for line in _to_do(found))
    whole = f"a sample (seed {SEED}) of " if health.sampled else ""
    yield (
        f"  compared with {whole}{counted(health.cohort_pictures, 'picture')}, "
        f"{health.cohort}, {health.cohort_people} each, at threshold {limits.threshold:.3f}: "
        f"{counted(health.brought_up, 'false candidate')} in all"
    )
    if not limits.is_calibrated:
        yield (
            f"  {found.snapshot.pack_id} is not calibrated: the threshold is enrol.duplicate_score"
        )
    if health.not_measured:
        yield f"  {health.not_measured} not measured when they were enrolled; enrol them anew"


def _to_do(found: CheckedGallery) -> Iterator[str]:
    health = found.health
    replace = [each for each in health.worth if set(REPLACE) & set(each.faults)]
    if not found.asks_for_a_look:
        yield "nothing asks for a look"
    if replace:
        shown = ", ".join(_file(found, each) for each in replace[:5])
        more = f" and {len(replace) - 5} more" if len(replace) > 5 else ""
        yield f"replace {counted(len(replace), 'picture')}: {shown}{more}"
    for fault, words in FAULTS.items():
        count = health.count(fault)
        if count and fault != "quality":
            yield f"{counted(count, 'picture')}: {_said(found, fault, words)}"
    if counts := health.quality_counts:
        what = ", ".join(f"{number} {words}" for words, number in counts.items())
        yield f"{counted(health.count('quality'), 'picture')}: quality ({what})"
    yield from _of_people(found)


def _said(found: CheckedGallery, fault: str, words: str) -> str:
    limits = found.health.limits
    return {
        "lamb": f"{words}, more than chance has it (binomial, Holm over all pictures, {ALPHA:.0%})",
        "misfit": f"{words}: no other picture of it reaches the threshold",
        "rival": f"{words} (from {limits.duplicate_score:.2f})",
        "old": f"taken more than {limits.older_than_y:g} years ago",
    }.get(fault, words)


def _of_people(found: CheckedGallery) -> Iterator[str]:
    ages = found.snapshot.ages
    if said := said_of_minors(found.minors, ages):
        yield said
        if found.minors.under_18:
            yield f"under 18: {named(found.minors.under_18, NAMED)}"
    if said := said_of_ages(ages, found.minors):
        yield said
    yield from review_lines(found.reviews)
    for what, groups in (
        ("sources", found.reviews.sources),
        ("categories", found.reviews.categories),
    ):
        if any(groups.keys()):
            yield f"{what}: " + ", ".join(f"{n or 'not stated'} {k}" for n, k in groups.items())


def review_lines(reviews: Reviews) -> Iterator[str]:
    late = reviews.overdue
    if late:
        first = ", ".join(f"{whose} ({day})" for whose, day in late[:NAMED])
        more = f" and {len(late) - NAMED} more" if len(late) > NAMED else ""
        yield f"review overdue of {counted(len(late), 'subject')}: {first}{more}"


def _table(found: CheckedGallery, *, everything: bool) -> None:
    worth = found.health.worth
    shown = worth if everything else worth[:SHOWN]
    if shown:
        answer("")
        answer("worth a second look:")
        answer_table([_cells(found, each) for each in shown], COLUMNS)
        if len(worth) > len(shown):
            answer(f"… and {len(worth) - len(shown)} more; --all lists them")
    _list("brings up most people of the cohort:", found, found.health.attracting)
    _list("fits its subject worst:", found, found.health.worst_fits)


def _list(head: str, found: CheckedGallery, pictures: Sequence[PictureHealth]) -> None:
    if pictures:
        answer("")
        answer(head)
        columns = ("subject", "file", "brings up", "fits own", "fits other", "of")
        answer_table([_cells(found, each) for each in pictures], columns)


def _cells(found: CheckedGallery, each: PictureHealth) -> dict[str, Any]:
    why = [FAULTS[fault] for fault in each.faults if fault != "quality"]
    return {
        "subject": each.subject_id,
        "file": PurePath(found.files[each.row]).name,
        "why": ", ".join([*why, *each.looks]),
        "brings up": _brought_up(found, each),
        "fits own": each.own_mean,
        "fits other": each.best_other,
        "of": each.other_subject,
        "years": each.years,
    }


def _brought_up(found: CheckedGallery, each: PictureHealth) -> str:
    strangers = [name for name, _ in found.health.strangers.get(each.row, ())[:NAMED]]
    return f"{each.people} ({', '.join(strangers)})" if strangers else str(each.people)


def _file(found: CheckedGallery, each: PictureHealth) -> str:
    return f"{each.subject_id}/{PurePath(found.files[each.row]).name}"


def _row(found: CheckedGallery) -> dict[str, Any]:
    health, limits, reviews = found.health, found.health.limits, found.reviews
    measured = components_of_rows(found.snapshot)
    return {
        "gallery": health.gallery,
        "snapshot": health.snapshot_id,
        "pictures": health.pictures,
        "subjects": health.subjects,
        "threshold": limits.threshold,
        "calibrated": limits.is_calibrated,
        "fmr": health.fmr,
        "cohort": health.cohort,
        "cohort_people": health.cohort_people,
        "cohort_pictures": health.cohort_pictures,
        "sampled": health.sampled,
        "false_candidates": health.brought_up,
        "worth_a_look": len(health.worth),
        "by_reason": {fault: health.count(fault) for fault in FAULTS},
        "by_component": health.quality_counts,
        "not_measured": health.not_measured,
        "never_measured": dict(NOT_MEASURED),
        "children": row_of_minors(
            found.minors,
            found.snapshot.ages,
            accepts_children=found.snapshot.accepts_children,
        ),
        "review_overdue": [
            {"subject": whose, "review_by": str(day)} for whose, day in reviews.overdue
        ],
        "sources": reviews.sources,
        "categories": reviews.categories,
        **{
            name: [_picture(found, each, _row_of(measured, each)) for each in pictures]
            for name, pictures in (
                ("worth", health.worth),
                ("attracting", health.attracting),
                ("worst_fits", health.worst_fits),
            )
        },
    }


def _row_of(measured: pa.Table, each: PictureHealth) -> dict[str, Any]:
    row: dict[str, Any] = measured.slice(each.row, 1).to_pylist()[0]
    return row


def _picture(found: CheckedGallery, each: PictureHealth, row: dict[str, Any]) -> dict[str, Any]:
    strangers = found.health.strangers.get(each.row, ())
    return {
        "subject": each.subject_id,
        "image": each.image_id,
        "file": found.files[each.row],
        "faults": list(each.faults),
        "brings_up": each.people,
        "whom": [{"subject": name, "score": round(score, 4)} for name, score in strangers],
        "fits_own": each.own_mean,
        "fits_other": each.best_other,
        "other_subject": each.other_subject,
        "taken": row["taken"] or None,
        "years": each.years,
        "worth_a_look_for": list(each.looks),
        "quality": components_of(row) if each.is_measured else None,
    }
