from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import ValidationError

from lfr_batch.config.live import SeedingConfig
from lfr_batch.errors import LiveError, UsageError
from lfr_batch.live.deployment.volunteers import (
    Seeding,
    is_volunteer,
    require_watchlist,
    said_of_volunteers,
    seeding_of,
)
from lfr_batch.live.deployment.volunteers_file import (
    VOLUNTEERS,
    delete_seeding,
    forget_volunteer,
    load_seeding,
    save_seeding,
)
from tests.live.seeded import SEEDING

PEOPLE = {
    "A": {"Blue-List": "Yes", "sex": "F", "age band": "30 to 39"},
    "B": {"blue_list": "1", "sex": " ", "age band": "40 to 49"},
    "C": {"blue_list": "no", "sex": "M"},
    "D": {"sex": "M"},
}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"blue_list": "yes"}, True),
        ({"Blue list": "TRUE"}, True),
        ({"blue-list": "1"}, True),
        ({"blue_list": "no"}, False),
        ({"blue_list": "False"}, False),
        ({"blue_list": "0"}, False),
        ({"blue_list": "  "}, False),
        ({"category": "yes"}, False),
        ({}, False),
    ],
)
def test_the_table_says_who_is_a_volunteer(said: Mapping[str, str], found: bool) -> None:
    assert is_volunteer("S1", said) is found


@pytest.mark.parametrize("word", ["maybe", "no; yes", "2"])
def test_what_is_neither_yes_nor_no_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match=f"Whether S1 is a volunteer is not clear.*{word}"):
        is_volunteer("S1", {"blue_list": word})


def test_groups_are_what_the_table_says_of_volunteers() -> None:
    made = seeding_of("list", SeedingConfig(groups=("sex", "age_band")), PEOPLE)
    assert made.volunteers == {
        "A": {"sex": "F", "age_band": "30 to 39"},
        "B": {"sex": "not stated", "age_band": "40 to 49"},
    }
    assert (made.gallery, made.within_s, made.cool_down_s) == ("list", 30.0, 10.0)


def test_a_group_that_no_volunteer_has_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match=r"seeding\.groups names 'ethnicity'"):
        seeding_of("list", SeedingConfig(groups=("sex", "ethnicity")), PEOPLE)
    nobody = {whose: said for whose, said in PEOPLE.items() if whose in "CD"}
    made = seeding_of("list", SeedingConfig(groups=("ethnicity",)), nobody)
    assert not made.volunteers
    assert list(said_of_volunteers(made)) == [
        "seeding.groups is without effect: nobody says yes in blue_list"
    ]


def test_a_column_that_names_each_of_them_is_no_group() -> None:
    """Its values would be in figures that are kept for good."""
    table = {
        f"V{n}": {"blue_list": "yes", "name": f"Doe {n}", "sex": "FM"[n % 2]} for n in range(4)
    }
    with pytest.raises(UsageError, match=r"'name', in which each volunteer is a group"):
        seeding_of("list", SeedingConfig(groups=("sex", "name")), table)
    assert seeding_of("list", SeedingConfig(groups=("sex",)), table).groups == ("sex",)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, []),
        (1, ["1 volunteer (blue list), who never count as alerts"]),
        (2, ["2 volunteers (blue list), who never count as alerts"]),
    ],
)
def test_how_many_there_are_is_said(number: int, said: list[str]) -> None:
    volunteers: dict[str, dict[str, str]] = {f"S{each}": {} for each in range(number)}
    assert list(said_of_volunteers(Seeding("list", 30.0, 10.0, (), volunteers))) == said


def test_one_column_is_no_two_groups() -> None:
    with pytest.raises(ValidationError, match="two groups are the same column"):
        SeedingConfig(groups=("age_band", "Age band"))


def test_volunteers_alone_are_a_watchlist_for_a_rehearsal_only() -> None:
    require_watchlist(SEEDING, 0, is_rehearsal=True)
    require_watchlist(SEEDING, 1, is_rehearsal=False)
    require_watchlist(Seeding("list", 30.0, 10.0), 0, is_rehearsal=False)
    with pytest.raises(UsageError, match="Everybody on watchlist watchlist is a volunteer"):
        require_watchlist(SEEDING, 0, is_rehearsal=False)


def test_they_are_kept_and_forgotten_by_name(tmp_path: Path) -> None:
    assert load_seeding(tmp_path) is None
    save_seeding(tmp_path, SEEDING)
    assert load_seeding(tmp_path) == SEEDING
    forget_volunteer(tmp_path, "S000", "another gallery")
    forget_volunteer(tmp_path, "S777", "watchlist")
    assert load_seeding(tmp_path) == SEEDING
    forget_volunteer(tmp_path, "S000", None)
    assert "S000" not in (tmp_path / VOLUNTEERS).read_text()
    assert delete_seeding(tmp_path)
    assert not delete_seeding(tmp_path)
    (tmp_path / VOLUNTEERS).write_text("{}")
    with pytest.raises(LiveError, match="is damaged or of another version"):
        load_seeding(tmp_path)
