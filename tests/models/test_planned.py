from __future__ import annotations

import pytest

from lfr_batch.models.planned import PlannedWith, differing, models_digest


@pytest.mark.parametrize(
    ("planned", "here", "names"),
    [
        ({}, {}, []),
        ({"a": "1", "b": "2"}, {"b": "2", "a": "1"}, []),
        ({"a": "1", "b": "2"}, {"a": "1", "b": "3"}, ["b"]),
        ({"b": "1"}, {"a": "1"}, ["a", "b"]),
    ],
)
def test_what_differs_is_named(
    planned: dict[str, str], here: dict[str, str], names: list[str]
) -> None:
    assert differing(planned, here) == names


def test_the_digest_of_models_is_of_models_alone() -> None:
    digests = [
        models_digest(PlannedWith(software, models, gallery))
        for software, models, gallery in (
            ("1", {"a": "1", "b": "2"}, {"t": "1"}),
            ("2", {"b": "2", "a": "1"}, {}),
            ("1", {"a": "1", "b": "3"}, {"t": "1"}),
        )
    ]
    assert digests[0] == digests[1] != digests[2]
    assert len(digests[0]) == 16
