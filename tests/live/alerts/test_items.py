from __future__ import annotations

from typing import Any

import pytest

from lfr_batch.errors import UsageError
from lfr_batch.live.alerts.items import (
    Item,
    bare_alert,
    bare_item,
    check_own,
    file_name,
    listed_alert,
    subject_of,
)
from lfr_batch.live.records import Alert, Review
from tests.live.made import DEPLOYMENT, a_review, an_alert, with_further


@pytest.mark.parametrize(
    ("record", "name", "subject"),
    [
        (an_alert(7), "alerts/a0007", ("alert", "a0007")),
        (a_review("a0007"), "reviews/a0007.r0-a0007", ("review", "r0-a0007")),
    ],
)
def test_names_of_files_and_of_events(
    record: Alert | Review, name: str, subject: tuple[str, str]
) -> None:
    assert file_name(record) == name
    assert subject_of(record) == subject
    check_own(record, DEPLOYMENT)


@pytest.mark.parametrize("alert_id", ["", "../key", "a.b", "a/b", ".hidden"])
def test_an_id_that_must_not_become_part_of_a_path_is_refused(alert_id: str) -> None:
    for record in (an_alert(alert_id=alert_id), a_review(alert_id, review_id="r1")):
        with pytest.raises(UsageError, match="cannot be an id: use letters, digits, - and _"):
            file_name(record)
    with pytest.raises(UsageError, match="cannot be an id"):
        file_name(a_review("a0000", review_id=alert_id))


@pytest.mark.parametrize("changes", [{"deployment_id": "another"}, {"alert_id": "../key"}])
def test_what_is_of_another_deployment_is_refused(changes: dict[str, Any]) -> None:
    for record in (an_alert(**changes), a_review(**{"alert_id": "a0000", **changes})):
        with pytest.raises(UsageError):
            check_own(record, DEPLOYMENT)


def test_in_memory_nothing_has_a_picture() -> None:
    bare = bare_alert(with_further(an_alert()))
    assert b"CANARY" not in repr(bare).encode()
    bare = bare_alert(an_alert())
    assert (bare.best_shot_jpeg, bare.gallery_jpeg) == (b"", b"")
    assert bare.candidates == an_alert().candidates
    assert bare_item(Item(3, an_alert())) == Item(3, bare)
    assert bare_item(Item(4, a_review("a0000"))) == Item(4, a_review("a0000"))


def test_a_list_has_the_two_main_pictures_and_how_many_further_ones_there_are() -> None:
    whole = with_further(an_alert())
    listed = listed_alert(whole)
    assert (listed.best_shot_jpeg, listed.gallery_jpeg) == (
        whole.best_shot_jpeg,
        whole.gallery_jpeg,
    )
    assert (listed.scene_jpeg, listed.further_shots_jpeg) == (b"", (b"", b""))
    assert [(each.image_id, each.jpeg) for each in listed.further_gallery] == [
        ("S000-02", b""),
        ("S000-03", b""),
    ]
    assert listed_alert(an_alert()) == an_alert()
