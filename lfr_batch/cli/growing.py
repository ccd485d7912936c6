"""`lfr gallery add` and `sync`: what changes in a gallery that is there."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypedDict

import typer

from lfr_batch.cli.enrolment import TO_DECIDE, file_rows, lines_of, names, needs_choice
from lfr_batch.cli.gallery_ages import age_row, asking_ages, grown_age_lines, quality_line
from lfr_batch.cli.gallery_options import (
    AcceptChildrenOption,
    AdultsOption,
    ExcludeOption,
    GalleryArgument,
    ImagesOption,
    PickOption,
    SubjectsOption,
)
from lfr_batch.cli.growth_foreseen import show_foreseen
from lfr_batch.cli.options import (
    AddressOption,
    AllowCpuOption,
    AuthorityOption,
    CaseOption,
    ConfigOption,
    DryRunOption,
    EngineOption,
    JsonOption,
    LicenceOption,
    OperatorOption,
    PackOption,
    SetOption,
    YesOption,
    settings_of,
)
from lfr_batch.cli.output import answer, answer_json, counted, say
from lfr_batch.cli.progress import counting
from lfr_batch.front.growing import Confirm, GrownGallery
from lfr_batch.front.listeners import EnrolListener
from lfr_batch.front.settings import Settings
from lfr_batch.front.verbs import add_to_gallery, foresee_gallery, sync_gallery
from lfr_batch.gallery.records import Pick
from lfr_batch.oversight.authority import require_authority

UNSETTLED = 3
"""Exit code where a subject is left without a template, or somebody has to decide."""


def add(
    name: GalleryArgument,
    images: ImagesOption,
    subjects: SubjectsOption = None,
    exclude: ExcludeOption = None,
    pick: PickOption = None,
    adults: AdultsOption = False,
    accept_children: AcceptChildrenOption = False,
    dry_run: DryRunOption = False,
    case: CaseOption = None,
    authority: AuthorityOption = None,
    operator: OperatorOption = None,
    pack: PackOption = None,
    licence: LicenceOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
    engine: EngineOption = None,
    address: AddressOption = None,
    allow_cpu: AllowCpuOption = False,
    as_json: JsonOption = False,
) -> None:
    """Add pictures of known people to a gallery: a new snapshot of what it has and these.

    Pictures that it has are not looked at again. What --subjects says of somebody takes the place
    of what was said before. Exit code 3: a subject is left without a template, or somebody has to
    decide whose face it is.
    """
    stated = require_authority(case, authority, operator=operator, needs_purpose=False)
    settings = settings_of(
        config,
        overrides,
        pack=pack,
        engine__kind=engine,
        engine__address=address,
        inference__allow_cpu=allow_cpu or None,
    )
    how = _How(
        subjects=subjects,
        exclude=exclude or (),
        pick=pick,
        adults=adults,
        accept_children=accept_children,
        licence=licence,
        settings=settings,
    )
    if dry_run:
        found = foresee_gallery(name, images, stated, is_all=False, **how)
        show_foreseen(found, as_json=as_json)
        return
    grown = add_to_gallery(name, images, stated, **how, ask_ages=asking_ages(), listener=LISTENER)
    _tell(grown, as_json=as_json)


def sync(
    name: GalleryArgument,
    images: ImagesOption,
    subjects: SubjectsOption = None,
    exclude: ExcludeOption = None,
    pick: PickOption = None,
    adults: AdultsOption = False,
    accept_children: AcceptChildrenOption = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    case: CaseOption = None,
    authority: AuthorityOption = None,
    operator: OperatorOption = None,
    pack: PackOption = None,
    licence: LicenceOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
    engine: EngineOption = None,
    address: AddressOption = None,
    allow_cpu: AllowCpuOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make a gallery what the pictures say: adds, changes and removes; a new snapshot.

    Pictures that it has are read, and not looked at again. Before more than half of its pictures
    would go it asks, and refuses where nobody can be asked. Without --subjects what was said of
    people who have a picture stays; who has none leaves, and is named before. A picture that goes
    is in earlier snapshots until `lfr gallery prune`. Exit codes as of `add`.
    """
    stated = require_authority(case, authority, operator=operator, needs_purpose=False)
    settings = settings_of(
        config,
        overrides,
        pack=pack,
        engine__kind=engine,
        engine__address=address,
        inference__allow_cpu=allow_cpu or None,
    )
    how = _How(
        subjects=subjects,
        exclude=exclude or (),
        pick=pick,
        adults=adults,
        accept_children=accept_children,
        licence=licence,
        settings=settings,
    )
    if dry_run:
        found = foresee_gallery(name, images, stated, is_all=True, **how)
        show_foreseen(found, as_json=as_json)
        return
    confirm = confirming(yes=yes)
    grown = sync_gallery(
        name,
        images,
        stated,
        **how,
        confirm=confirm,
        ask_ages=asking_ages(),
        listener=LISTENER,
    )
    _tell(grown, as_json=as_json)


class _How(TypedDict):
    subjects: Path | None
    exclude: Sequence[str]
    pick: Pick | None
    adults: bool
    accept_children: bool
    licence: str | None
    settings: Settings


LISTENER = EnrolListener(partial(counting, "looking at what is new"), say)


def confirming(*, yes: bool) -> Confirm:
    """Asks on a terminal; elsewhere nobody confirms, unless ``yes`` says it beforehand."""
    return lambda question: yes or (sys.stdin.isatty() and typer.confirm(question))


def _tell(grown: GrownGallery, *, as_json: bool) -> None:
    if as_json:
        answer_json([_row(grown)])
    else:
        _say(grown)
    raise typer.Exit(0 if grown.is_settled else UNSETTLED)


def _say(grown: GrownGallery) -> None:
    info, growth = grown.info, grown.growth
    answer(f"{info.name}: {in_words(grown)}, snapshot {info.snapshot_id}")
    for line in lines_of(growth.enrolment.files, info.name, everything=False):
        answer(f"  {line}")
    if grown.listing.without_row:
        without = names(grown.listing.without_row)
        answer(f"  no row in --subjects, so the folder or name counts: {without}")
    for found in growth.enrolment.report.duplicates:
        kind = found.kind.replace("_", " ")
        answer(f"  look at {found.subject_a} and {found.subject_b}: {kind} ({found.score:.2f})")
    if growth.enrolment.report.subjects_without_template:
        without = ", ".join(growth.enrolment.report.subjects_without_template)
        answer(f"  without any template: {without}")
    if needs_choice(growth.enrolment.not_enrolled):
        answer(f"  {TO_DECIDE}")
    ages = grown_age_lines(grown.before, info, grown.listing.ages)
    for line in (quality_line(growth.enrolment.faces, info.name), *ages):
        answer(f"  {line}")
    size = f"{counted(info.templates, 'picture')} of {counted(info.subjects, 'subject')}"
    if grown.before.snapshot_id == info.snapshot_id:
        answer(f"  unchanged: the same snapshot as before, with {size}")
    else:
        answer(f"  now {size}; takes the place of {grown.before.snapshot_id}, which is kept")


def in_words(grown: GrownGallery) -> str:
    growth = grown.growth
    counts = {
        "added": growth.added,
        "changed": growth.changed,
        "removed": growth.removed,
        "unchanged": growth.unchanged,
    }
    pictures = ", ".join(f"{count} {what}" for what, count in counts.items())
    return f"pictures {pictures}; {counted(growth.subjects_changed, 'subject')} changed"


def _row(grown: GrownGallery) -> dict[str, Any]:
    info, growth = grown.info, grown.growth
    return {
        "gallery": info.name,
        "snapshot": info.snapshot_id,
        "before": grown.before.snapshot_id,
        "added": growth.added,
        "changed": growth.changed,
        "removed": growth.removed,
        "unchanged": growth.unchanged,
        "subjects_changed": growth.subjects_changed,
        "subjects_gone": list(growth.subjects.gone),
        "subjects": info.subjects,
        "templates": info.templates,
        "subjects_without_template": list(growth.enrolment.report.subjects_without_template),
        "look_alikes": [
            {"a": d.subject_a, "b": d.subject_b, "kind": d.kind, "score": round(d.score, 4)}
            for d in growth.enrolment.report.duplicates
        ],
        "children": age_row(info),
        "files": file_rows(growth.enrolment.files),
    }
