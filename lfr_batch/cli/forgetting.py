"""`lfr gallery remove`, `prune`, `delete`: what leaves a gallery for good. And `diff`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from lfr_batch.cli.gallery_options import (
    GalleryArgument,
)
from lfr_batch.cli.options import (
    AuthorityOption,
    CaseOption,
    ConfigOption,
    DryRunOption,
    JsonOption,
    OperatorOption,
    OutOption,
    PurposeOption,
    SetOption,
    YesOption,
    settings_of,
)
from lfr_batch.cli.output import answer, answer_json, answer_table, counted, say
from lfr_batch.enrolment.forgetting import (
    carry_out,
    new_intention,
    snapshots_of,
    what_goes,
    what_holds,
)
from lfr_batch.enrolment.intentions import GalleryReceipt, Intention
from lfr_batch.errors import UsageError
from lfr_batch.front.forgetting import HomeToChange, home_to_change, runs_naming
from lfr_batch.gallery.calibrated import not_calibrated_any_more
from lfr_batch.gallery.differ import differ
from lfr_batch.gallery.records import SnapshotInfo
from lfr_batch.gallery.snapshot_files import read_subject_table
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.homes.at_hand import gallery_at_hand
from lfr_batch.oversight.authority import require_authority

SHOWN = 10
"""Snapshots that are named where none is meant."""
NOT_REACHED = (
    "results of runs stand as they are, with their evidence pictures; evidence packs, exports and "
    "backups that left this home are out of reach"
)


def remove(
    name: GalleryArgument,
    subjects: Annotated[list[str], typer.Argument(help="Subjects to forget.")],
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    case: CaseOption = None,
    authority: AuthorityOption = None,
    purpose: PurposeOption = None,
    operator: OperatorOption = None,
    out: OutOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget subjects: a new snapshot without them, and every earlier one that has them goes.

    Templates, pictures, attributes and what was kept of comparisons are removed from the disk. A
    run that names a snapshot which is gone keeps its rows and cannot be resumed. What is intended,
    and what was done, is on record in the audit log; an interruption is finished by the next call.
    """
    stated = require_authority(case, authority, purpose, operator=operator)
    settings = settings_of(config, overrides, out)
    place = _opened(home_to_change(settings))
    found = what_holds(place.home, name, frozenset(subjects), place.s3)
    runs = runs_naming(settings, name)
    rows = [
        {
            "snapshot": each.snapshot_id,
            "subjects": len(each.subjects),
            "templates": each.templates,
            "runs": runs.get(each.snapshot_id, 0),
        }
        for each in found
    ]
    question = (
        f"Forget {counted(len(subjects), 'subject')} of {name}: these snapshots have something of "
        f"{'them' if len(subjects) > 1 else 'it'} and go; {NOT_REACHED}."
    )
    if not _meant(rows, question, dry_run=dry_run, yes=yes, as_json=as_json):
        return
    gone = [each.snapshot_id for each in found]
    intention = new_intention("remove", name, stated, subjects=subjects, snapshots=gone)
    _carry_out(place, intention, as_json=as_json)


def prune(
    name: GalleryArgument,
    keep: Annotated[
        int, typer.Option(min=0, help="Keep so many of the newest snapshots in any case.")
    ] = 1,
    older_than: Annotated[
        int | None,
        typer.Option(min=0, metavar="DAYS", help="Only those last enrolled longer ago than that."),
    ] = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    case: CaseOption = None,
    authority: AuthorityOption = None,
    purpose: PurposeOption = None,
    operator: OperatorOption = None,
    out: OutOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove earlier snapshots that no run names, and templates that no snapshot has any more.

    The current snapshot stays, and every one that a run of the results root (--out) was made with.
    """
    stated = require_authority(case, authority, purpose, operator=operator)
    settings = settings_of(config, overrides, out)
    place = _opened(home_to_change(settings))
    infos, current = snapshots_of(place.home, name, place.s3)
    age = None if older_than is None else timedelta(days=older_than)
    plan = what_goes(infos, current, runs_naming(settings, name), keep, age, datetime.now(UTC))
    whys = {kept.info.snapshot_id: kept.why for kept in plan.kept}
    rows = [
        {
            "snapshot": info.snapshot_id,
            "templates": info.templates,
            "created": info.created_utc,
            "what": "stays" if info.snapshot_id in whys else "goes",
            "why": whys.get(info.snapshot_id, "no run names it"),
        }
        for info in infos
    ]
    question = f"Remove {counted(len(plan.gone), 'snapshot')} of {name}?"
    if not _meant(rows, question, dry_run=dry_run, yes=yes, as_json=as_json):
        return
    gone = [info.snapshot_id for info in plan.gone]
    _carry_out(place, new_intention("prune", name, stated, snapshots=gone), as_json=as_json)


def delete(
    name: GalleryArgument,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    case: CaseOption = None,
    authority: AuthorityOption = None,
    purpose: PurposeOption = None,
    operator: OperatorOption = None,
    out: OutOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove a gallery with all its snapshots: templates and pictures of people, for good.

    Runs keep their rows. Of a home in a bucket other nodes forget it when they next open that home.
    """
    stated = require_authority(case, authority, purpose, operator=operator)
    settings = settings_of(config, overrides, out)
    place = _opened(home_to_change(settings))
    infos, _ = snapshots_of(place.home, name, place.s3)
    runs = runs_naming(settings, name)
    rows = [
        {
            "snapshot": info.snapshot_id,
            "subjects": info.subjects,
            "templates": info.templates,
            "runs": runs.get(info.snapshot_id, 0),
        }
        for info in infos
    ]
    question = f"Remove {name} from {place.home}, all of it; {NOT_REACHED}."
    if not _meant(rows, question, dry_run=dry_run, yes=yes, as_json=as_json):
        return
    gone = [info.snapshot_id for info in infos]
    _carry_out(place, new_intention("delete", name, stated, snapshots=gone), as_json=as_json)


def _opened(place: HomeToChange) -> HomeToChange:
    for receipt in place.finished:
        said = f"{receipt.intention.verb} of gallery {receipt.intention.gallery}"
        say(
            f"finished what was interrupted: {said}, intended {receipt.intention.at:%Y-%m-%d %H:%M}"
        )
        _tell_of_calibration(receipt)
    return place


def _meant(
    rows: Sequence[Mapping[str, Any]], question: str, *, dry_run: bool, yes: bool, as_json: bool
) -> bool:
    """Shows what goes; whether it is to go. Raises UsageError where nobody can be asked."""
    if dry_run and as_json:
        answer_json([dict(row) for row in rows])
    elif not as_json:
        answer_table(rows, list(rows[0]) if rows else [])
    if dry_run:
        return False
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError(f"{question} Nobody can be asked here: give --yes, or --dry-run.")
    return typer.confirm(f"{question} Is that meant?")


def _carry_out(place: HomeToChange, intention: Intention, *, as_json: bool) -> None:
    receipt, where = carry_out(place.home, intention, place.s3)
    _tell_of_calibration(receipt)
    if as_json:
        answer_json([_row(receipt, where)])
        return
    name, size = intention.gallery, f"{receipt.bytes_gone / 1e6:,.1f} MB"
    gone = counted(len(receipt.snapshots_gone), "snapshot")
    if intention.verb == "delete":
        answer(f"{name} is gone from {place.home}: {gone}")
    else:
        answer(f"{name}: {gone} and {size} are gone; snapshot {receipt.snapshot} is current")
    for sentence in receipt.out_of_reach:
        answer(f"  out of reach: {sentence}")
    answer(f"  receipt: {where}")


def _tell_of_calibration(receipt: GalleryReceipt) -> None:
    if receipt.calibration_lost:
        say(not_calibrated_any_more(receipt.intention.gallery))


def _row(receipt: GalleryReceipt, where: str) -> dict[str, Any]:
    said = receipt.model_dump(mode="json")
    return {**said.pop("intention"), **said, "receipt": where}


def diff(
    name: GalleryArgument,
    before: Annotated[str, typer.Argument(help="Id of a snapshot, or how it begins.")] = "",
    after: Annotated[str, typer.Argument(help="Of the other; the current one unless given.")] = "",
    config: ConfigOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """What changed between two snapshots: subjects, pictures, attributes."""
    place, s3 = settings_of(config, overrides).home_and_s3()
    folder = gallery_at_hand(place, name, s3)
    infos, current = snapshots_of(place, name, s3)
    meant = [_meant_by(before, name, infos), _meant_by(after or current, name, infos)]
    one, other = (load_snapshot(folder, name, info.snapshot_id) for info in meant)
    tables = (read_subject_table(each.subjects_path) for each in (one, other))
    rows: list[dict[str, Any]] = [
        {
            "subject": each.subject_id,
            "change": each.change,
            "pictures_added": each.pictures_added,
            "pictures_removed": each.pictures_removed,
            "attributes": {key: list(pair) for key, pair in each.attributes.items()},
        }
        for each in differ(one, other, *tables)
    ]
    if as_json:
        answer_json(rows)
        return
    say(f"{name}: from snapshot {one.snapshot_id} to {other.snapshot_id}")
    shown = [{**row, "attributes": _in_words(row["attributes"])} for row in rows]
    answer_table(shown, ["subject", "change", "pictures_added", "pictures_removed", "attributes"])


def _meant_by(given: str, name: str, infos: Sequence[SnapshotInfo]) -> SnapshotInfo:
    """The snapshot whose id begins so. Raises UsageError, naming those there are."""
    found = [info for info in infos if given and info.snapshot_id.startswith(given)]
    if len(found) == 1:
        return found[0]
    newest = [f"{info.snapshot_id}{_made(info)}" for info in reversed(infos)]
    more = [f"and {len(newest) - SHOWN} earlier ones"] if len(newest) > SHOWN else []
    there = f"gallery {name!r} has {', '.join([*newest[:SHOWN], *more])}"
    if not given:
        raise UsageError(f"Which snapshot is to be compared with the current one? The {there}.")
    many = "No snapshot begins" if not found else f"{len(found)} snapshots begin"
    raise UsageError(f"{many} with {given!r}: give one that is there, or more of its id; {there}.")


def _made(info: SnapshotInfo) -> str:
    return f" (made {info.created_utc:%Y-%m-%d %H:%M} UTC)" if info.created_utc else ""


def _in_words(attributes: Mapping[str, Sequence[str | None]]) -> str:
    return "; ".join(
        f"{name}: {old or '-'} → {new or '-'}" for name, (old, new) in attributes.items()
    )
