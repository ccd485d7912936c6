from __future__ import annotations

import pytest

from lfr_batch.live.alerts.sinks.delivery import Trouble, wait_s
from lfr_batch.live.alerts.sinks.webhook import trouble_of

ITS_OWN = Trouble("")


@pytest.mark.parametrize(
    ("failures", "trouble", "chance", "expected"),
    [
        (1, ITS_OWN, 1.0, 0.5),
        (1, ITS_OWN, 0.0, 0.25),
        (2, ITS_OWN, 1.0, 1.0),
        (5, ITS_OWN, 1.0, 8.0),
        (8, ITS_OWN, 1.0, 60.0),
        (8, ITS_OWN, 0.0, 30.0),
        (100_000, ITS_OWN, 1.0, 60.0),
        (1, Trouble("", 120.0), 1.0, 120.0),
        (8, Trouble("", 2.0), 1.0, 60.0),
        (1, Trouble("", 1e9), 1.0, 3600.0),
    ],
)
def test_waiting_grows_to_a_minute_and_follows_who_asks_for_more(
    failures: int, trouble: Trouble, chance: float, expected: float
) -> None:
    assert wait_s(failures, trouble, chance) == expected


@pytest.mark.parametrize(
    ("status", "retry_after", "wait"),
    [
        (500, None, None),
        (503, "7", 7.0),
        (429, "120", 120.0),
        (429, "soon", None),
        (429, "Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        (408, None, None),
        (400, None, 300.0),
        (404, "1", 300.0),
        (301, None, 300.0),
    ],
)
def test_what_an_answer_means(status: int, retry_after: str | None, wait: float | None) -> None:
    trouble = trouble_of(status, retry_after)
    assert trouble is not None
    assert str(status) in trouble.said
    assert trouble.wait_s == wait


@pytest.mark.parametrize("status", [200, 202, 204])
def test_what_is_delivered_is_no_trouble(status: int) -> None:
    assert trouble_of(status, "10") is None
