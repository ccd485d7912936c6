"""A watchlist is looked through before a deployment begins: on real snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lfr_batch.config.policy import EntryFault, WatchlistPolicy
from lfr_batch.errors import UsageError
from lfr_batch.gallery.records import SnapshotInfo, Subject
from lfr_batch.gallery.store import delete_gallery, load_snapshot
from lfr_batch.live.deployment.changes import Changes
from lfr_batch.live.deployment.changes_file import (
    delete_changes,
    forget_in_changes,
    load_changes,
    save_changes,
)
from lfr_batch.live.deployment.folders import deployment_folder, save_record
from lfr_batch.live.deployment.listed import (
    Listed,
    deployment_before,
    look_through,
    require_allowed,
    said_of,
)
from tests.gallery.conftest import people_of, publish_in
from tests.live.made import a_record

NOW = datetime(2026, 3, 12, 10, tzinfo=UTC)
SAID = {
    "source": "custody",
    "category": "wanted",
    "reason": "warrant",
    "added_on": "2026-03-01",
    "reviewed_by": "Insp. B",
    "reviewed_on": "2026-03-11",
}


def enrolled(
    home: Path,
    pictures: Mapping[str, int],
    said: Mapping[str, Mapping[str, str]],
    name: str = "list",
) -> SnapshotInfo:
    """``said`` may name people without a picture that gave a template."""
    subjects = {whose: Subject(whose, pairs) for whose, pairs in said.items()}
    return publish_in(home, people_of(pictures), name, subjects=subjects)


def deployed(home: Path, number: int, info: SnapshotInfo, rehearsal: bool = False) -> str:
    """A record of ``number`` days before."""
    started_at = NOW - timedelta(days=number)
    record = replace(
        a_record(started_at),
        deployment_id=f"{started_at:%Y%m%d-%H%M%S}-live-{number:04x}",
        gallery=info.name,
        snapshot_id=info.snapshot_id,
        rehearsal=rehearsal,
    )
    save_record(deployment_folder(home, record.deployment_id), record)
    return record.deployment_id


def looked(home: Path, rules: WatchlistPolicy | None = None, name: str = "list") -> Listed:
    return look_through(home, load_snapshot(home, name), rules or WatchlistPolicy(), NOW)


PEOPLE = {"S1": 1, "S2": 2, "S3": 1}
ALL_WELL = dict.fromkeys(PEOPLE, SAID)


def test_faults_are_said_with_numbers_and_names(tmp_path: Path) -> None:
    old = {**SAID, "added_on": "2020-01-01", "reason": ""}
    enrolled(tmp_path, PEOPLE, {**ALL_WELL, "S2": old, "S3": {**SAID, "reviewed_on": "soon"}})
    listed = looked(tmp_path)
    assert list(said_of(listed)) == [
        "without reason: 1 of 3 entries (S2)",
        "added_on is more than 52 weeks before the start: 1 of 3 entries (S2)",
        "reviewed_on states no day that has come: 1 of 3 entries (S3)",
        "no deployment went before it here with which it could be compared",
    ]
    assert listed.composition.reviewed == 2


def test_whoever_has_no_template_is_no_entry(tmp_path: Path) -> None:
    enrolled(tmp_path, PEOPLE, {**ALL_WELL, "S9": {"reason": "no picture gave a template"}})
    listed = looked(tmp_path)
    assert (listed.faults, listed.composition.entries) == ((), 3)
    said = next(iter(said_of(listed)))
    assert said == "nothing that the policy asks of an entry is missing, old or not reviewed"


def test_a_table_without_these_columns_is_one_sentence(tmp_path: Path) -> None:
    enrolled(tmp_path, PEOPLE, {"S1": {"name": "somebody"}})
    first, *others = said_of(looked(tmp_path))
    assert first == (
        "its entries say nothing of source, category, reason, added_on, reviewed_by and "
        "reviewed_on, which are columns of `lfr gallery enrol --subjects`"
    )
    assert len(others) == 1
    with pytest.raises(UsageError, match="this watchlist: its entries say nothing of source"):
        require_allowed(looked(tmp_path), WatchlistPolicy(refuse=("missing",)))


FAULTS: Mapping[EntryFault, Mapping[str, str]] = {
    "missing": {**SAID, "source": ""},
    "category": {**SAID, "category": "witness"},
    "old": {**SAID, "added_on": "2020-01-01"},
    "not_reviewed": {**SAID, "reviewed_on": "2026-03-04"},
}


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("refused", FAULTS)
def test_the_policy_says_which_fault_refuses_the_start(
    kind: EntryFault, refused: EntryFault, tmp_path: Path
) -> None:
    enrolled(tmp_path, PEOPLE, {**ALL_WELL, "S2": FAULTS[kind]})
    rules = WatchlistPolicy(categories=("wanted",), refuse=(refused,))
    listed = looked(tmp_path, rules)
    assert [each.kind for each in listed.faults] == [kind]
    if kind != refused:
        require_allowed(listed, rules)
        return
    with pytest.raises(UsageError, match=r"refuses this watchlist: .* 1 of 3 entries \(S2\)\. M"):
        require_allowed(listed, rules)


def test_never_more_than_a_screen(tmp_path: Path) -> None:
    many = {f"{'x' * 100}{n:04d}": 1 for n in range(300)}
    before = enrolled(tmp_path, {f"y{n}": 1 for n in range(300)}, {}, "before")
    deployed(tmp_path, 1, before)
    enrolled(tmp_path, many, {next(iter(many)): {"born": "1990"}})
    some = {whose: {"category": "?"} for whose in many}
    enrolled(tmp_path, many, some, "other")
    rules = WatchlistPolicy(categories=("wanted",))
    for name in ("list", "other"):
        lines = list(said_of(looked(tmp_path, rules, name)))
        assert len(lines) <= 15
        assert max(map(len, lines)) < 300


def test_who_is_new_gone_and_changed_since_the_deployment_before(tmp_path: Path) -> None:
    first = enrolled(tmp_path, {**PEOPLE, "S4": 1}, {**ALL_WELL, "S4": SAID, "S5": SAID})
    deployed(tmp_path, 9, enrolled(tmp_path, {"S9": 1}, {}, "earlier"))
    last = deployed(tmp_path, 2, first)
    deployed(tmp_path, 1, enrolled(tmp_path, {"S8": 1}, {}, "rehearsed"), rehearsal=True)
    deployed(tmp_path, -1, enrolled(tmp_path, {"S7": 1}, {}, "later"))
    second = enrolled(
        tmp_path,
        {"S2": 1, "S3": 1, "S4": 1, "S5": 1, "S6": 1},
        {
            "S2": {**SAID, "reviewed_on": "2026-03-12", "reviewed_by": "Insp. C"},  # as ever
            "S3": {**SAID, "reason": "court order", "reviewed_on": "2026-03-12"},
            "S4": SAID,
            "S5": SAID,
        },
        "today",
    )
    listed = looked(tmp_path, name="today")
    assert listed.changes == Changes(
        last,
        ("list", first.snapshot_id),
        ("today", second.snapshot_id),
        new=("S5", "S6"),  # S5 was on the table before, and had no template
        gone=("S1",),
        pictures=("S2",),
        attributes=("S3",),
    )
    assert list(said_of(listed))[-4:] == [
        f"new since deployment {last}: 2 (S5, S6)",
        f"gone since deployment {last}: 1 (S1)",
        f"other pictures since deployment {last}: 1 (S2)",
        f"other attributes since deployment {last}: 1 (S3)",
    ]


def test_the_same_watchlist_again_has_no_changes(tmp_path: Path) -> None:
    last = deployed(tmp_path, 2, enrolled(tmp_path, PEOPLE, ALL_WELL))
    assert list(said_of(looked(tmp_path)))[1:] == [
        f"nobody is new, gone or changed since deployment {last}"
    ]


def test_a_watchlist_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    last = deployed(tmp_path, 2, enrolled(tmp_path, PEOPLE, ALL_WELL, "before"))
    enrolled(tmp_path, PEOPLE, ALL_WELL)
    delete_gallery(tmp_path, "before")
    listed = looked(tmp_path)
    said = list(said_of(listed))[-1]
    assert said.startswith(
        f"what changed since deployment {last} cannot be said: Gallery 'before' has"
    )
    assert listed.composition.changes is not None
    assert not listed.composition.changes.known


def test_a_record_that_cannot_be_read_is_no_deployment_before(tmp_path: Path) -> None:
    folder = deployment_folder(tmp_path, deployed(tmp_path, 1, enrolled(tmp_path, PEOPLE, {})))
    (folder / "deployment.json").write_text("{}")
    assert deployment_before(tmp_path, NOW) is None


CHANGES = Changes("d", ("old", "1"), ("new", "2"), ("S1", "S2"), ("S3",), ("S2",), ("S4",))


@pytest.mark.parametrize(
    ("gallery", "left"),
    [
        (None, ("S1",)),
        ("old", ("S1",)),
        ("new", ("S1",)),
        ("another", ("S1", "S2")),
    ],
)
def test_who_is_forgotten_is_taken_out(
    gallery: str | None, left: tuple[str, ...], tmp_path: Path
) -> None:
    save_changes(tmp_path, CHANGES)
    forget_in_changes(tmp_path, "S2", gallery)
    kept = load_changes(tmp_path)
    assert kept is not None
    assert kept.new == left
    assert ("S2" in (tmp_path / "watchlist-changes.json").read_text()) is (gallery == "another")
    assert (delete_changes(tmp_path), delete_changes(tmp_path)) == (True, False)
    forget_in_changes(tmp_path, "S2", None)
    assert load_changes(tmp_path) is None
