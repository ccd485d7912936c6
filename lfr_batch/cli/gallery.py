"""`lfr gallery`: enrol, list, show, verify; what changes one is in modules of its own."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

import typer

from lfr_batch.cli.enrolment import (
    TO_DECIDE,
    file_rows,
    lines_of,
    names,
    needs_choice,
    outcome_counts,
)
from lfr_batch.cli.forgetting import delete, diff, prune, remove
from lfr_batch.cli.gallery_ages import (
    age_lines,
    age_row,
    asking_ages,
    quality_line,
    quality_row,
)
from lfr_batch.cli.gallery_check import check, review_lines
from lfr_batch.cli.gallery_options import (
    AcceptChildrenOption,
    AdultsOption,
    ExcludeOption,
    ImagesOption,
    PickOption,
    SubjectsOption,
)
from lfr_batch.cli.growing import add, sync
from lfr_batch.cli.options import (
    AddressOption,
    AllowCpuOption,
    AuthorityOption,
    CaseOption,
    ConfigOption,
    EngineOption,
    JsonOption,
    LicenceOption,
    OperatorOption,
    PackOption,
    SetOption,
    settings_of,
)
from lfr_batch.cli.output import answer, answer_json, answer_table, counted, say
from lfr_batch.cli.progress import counting
from lfr_batch.front.listeners import EnrolListener
from lfr_batch.front.verbs import enrol
from lfr_batch.gallery.records import Enrolment, Listing, SnapshotInfo
from lfr_batch.gallery.reviews import reviews_of
from lfr_batch.gallery.snapshot_files import read_subject_table
from lfr_batch.gallery.store import (
    list_galleries,
    list_snapshots,
    load_snapshot,
    read_outcomes,
    read_subjects,
    verify_snapshot,
)
from lfr_batch.gallery.warned import warning_of
from lfr_batch.homes.at_hand import gallery_at_hand, manifests_at_hand, snapshot_at_hand
from lfr_batch.oversight.authority import require_authority

gallery_app = typer.Typer(help="Galleries of enrolled people.", no_args_is_help=True)
UNSETTLED = 3
"""Exit code where a subject is left without a template, or somebody has to decide."""


@gallery_app.command("enrol")
def enrol_(
    name: Annotated[str, typer.Argument(help="Gallery to make, or to replace.")],
    images: ImagesOption,
    subjects: SubjectsOption = None,
    exclude: ExcludeOption = None,
    pick: PickOption = None,
    adults: AdultsOption = False,
    accept_children: AcceptChildrenOption = False,
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
    """Enrol pictures of known people: a new immutable snapshot of the gallery.

    Exit code 3: a subject is left without a template, or somebody has to decide whose face it is.
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
    enrolled = enrol(
        name,
        images,
        stated,
        subjects=subjects,
        exclude=exclude or (),
        pick=pick,
        adults=adults,
        accept_children=accept_children,
        ask_ages=asking_ages(),
        licence=licence,
        settings=settings,
        listener=EnrolListener(partial(counting, "enrolling"), say, partial(_tell_if_nobody, name)),
    )
    if as_json:
        answer_json([_enrolled_row(enrolled.info, enrolled.enrolment, enrolled.listing)])
    else:
        _tell(enrolled.info, enrolled.enrolment, enrolled.listing)
        _tell_of_change(enrolled.before, enrolled.info)
    raise typer.Exit(0 if enrolled.is_settled else UNSETTLED)


def _tell_if_nobody(name: str, enrolment: Enrolment) -> None:
    """Every file: there will be no snapshot in which to look it up."""
    if enrolment.faces:
        return
    for line in lines_of(enrolment.files, name, everything=True):
        say(line)
    if needs_choice(enrolment.not_enrolled):
        say(TO_DECIDE)


def _tell(info: SnapshotInfo, enrolment: Enrolment, listing: Listing) -> None:
    report = enrolment.report
    answer(
        f"{info.name}: {_size(report.enrolled, report.subjects)} enrolled, "
        f"snapshot {info.snapshot_id}"
    )
    for line in lines_of(enrolment.files, info.name, everything=False):
        answer(f"  {line}")
    if listing.without_row:
        answer(
            f"  no row in --subjects, so the folder or name counts: {names(listing.without_row)}"
        )
    for found in report.duplicates:
        answer(
            f"  look at {found.subject_a} and {found.subject_b}: "
            f"{found.kind.replace('_', ' ')} (score {found.score:.2f})"
        )
    if report.subjects_without_template:
        answer(f"  without any template: {', '.join(report.subjects_without_template)}")
    if needs_choice(enrolment.not_enrolled):
        answer(f"  {TO_DECIDE}")
    for line in (quality_line(enrolment.faces, info.name), *age_lines(info)):
        answer(f"  {line}")


def _tell_of_change(before: SnapshotInfo | None, now: SnapshotInfo) -> None:
    """A new snapshot takes the place of the old one; nothing is added to that."""
    if before is None or before.damage:
        return
    if before.snapshot_id == now.snapshot_id:
        answer("  unchanged: the same snapshot as before, confirmed today")
    else:
        size = _size(before.templates, before.subjects)
        answer(f"  takes the place of snapshot {before.snapshot_id} with {size}, which is kept")


def _size(pictures: int, subjects: int) -> str:
    return f"{counted(pictures, 'picture')} of {counted(subjects, 'subject')}"


gallery_app.command("add")(add)
gallery_app.command("sync")(sync)


@gallery_app.command("list")
def list_(
    config: ConfigOption = None, overrides: SetOption = None, as_json: JsonOption = False
) -> None:
    """The galleries of the home, as their current snapshots are."""
    place = settings_of(config, overrides).home_and_s3()
    rows = [_row(info) for info in list_galleries(manifests_at_hand(*place))]
    if as_json:
        answer_json(rows)
    else:
        columns = ["gallery", "snapshot", "subjects", "templates", "pack", "created", "case"]
        answer_table(rows, columns)
        for row in rows:
            if row["damage"]:
                say(f"{row['gallery']}: {row['damage']}")


@gallery_app.command()
def show(
    name: str,
    files: Annotated[
        bool, typer.Option("--files", help="Every file it was enrolled from, and its outcome.")
    ] = False,
    config: ConfigOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """A gallery's snapshots and subjects, or the files it was enrolled from."""
    place, s3 = settings_of(config, overrides).home_and_s3()
    folder = gallery_at_hand(place, name, s3)
    snapshot = load_snapshot(folder, name)
    if files:
        rows = file_rows(read_outcomes(snapshot))
        answer_json(rows) if as_json else answer_table(rows, list(rows[0]))
        return
    subjects, templates = read_subjects(snapshot), Counter(snapshot.subject_ids)
    rows = [
        {
            "subject": subject_id,
            "templates": templates[subject_id],
            **dict(subject.attributes),
        }
        for subject_id, subject in sorted(subjects.items())
    ]
    if as_json:
        answer_json(rows)
        return
    for info in list_snapshots(folder, name):
        current = "current" if info.snapshot_id == snapshot.snapshot_id else "earlier"
        templates_of = counted(info.templates, "template")
        say(f"{current} snapshot {info.snapshot_id}: {templates_of}, {info.pack_id}")
    columns = list(dict.fromkeys(key for row in rows for key in row))
    answer_table(rows, columns)
    for line in lines_of(read_outcomes(snapshot), name, everything=False):
        say(line)
    today = datetime.now(UTC).date()
    warning = warning_of(snapshot, today)
    reviews = reviews_of(read_subject_table(snapshot.subjects_path), today)
    for line in (*filter(None, [warning]), *review_lines(reviews)):
        say(line)


@gallery_app.command()
def verify(name: str, config: ConfigOption = None, overrides: SetOption = None) -> None:
    """Compare every file of the current snapshot with the sha256 in its manifest."""
    place, s3 = settings_of(config, overrides).home_and_s3()
    info = verify_snapshot(snapshot_at_hand(place, name, None, s3), name)
    answer(
        f"{name}: snapshot {info.snapshot_id} with {counted(info.templates, 'template')} is intact"
    )


gallery_app.command("check")(check)
gallery_app.command("remove")(remove)
gallery_app.command("prune")(prune)
gallery_app.command("delete")(delete)
gallery_app.command("diff")(diff)


def _enrolled_row(info: SnapshotInfo, enrolment: Enrolment, listing: Listing) -> dict[str, Any]:
    return {
        **_row(info),
        "outcomes": outcome_counts(enrolment.files),
        "refused_by_reason": dict(enrolment.report.refused),
        "subjects_without_template": list(enrolment.report.subjects_without_template),
        "without_row": list(listing.without_row),
        "worth_a_look": quality_row(enrolment.faces),
        "children": age_row(info),
        "files": file_rows(enrolment.files),
    }


def _row(info: SnapshotInfo) -> dict[str, Any]:
    return {
        "gallery": info.name,
        "snapshot": info.snapshot_id,
        "subjects": info.subjects,
        "templates": info.templates,
        "refused": info.refused,
        "pack": info.pack_id,
        "created": info.created_utc,
        "case": info.case_ref,
        "authority": info.authority,
        "damage": info.damage,
    }
