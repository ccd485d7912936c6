from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lfr_batch.errors import UsageError
from lfr_batch.live.afterwards.own_sinks import SinkChoice, check_choice

SAME = SinkChoice(
    deployment_id="d-1",
    given=("json_lines", "parquet"),
    own=("json_lines", "parquet"),
    needed=("json_lines",),
    lines="/b/feed.jsonl",
    own_lines=("/a/feed.jsonl", "/b/feed.jsonl"),
)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"needed": ()},
        {"lines": "/a/feed.jsonl"},
        {"own": ("json_lines", "parquet", "webhook")},
        {"given": ("parquet",), "needed": ("parquet",), "lines": "None"},
        {"needed": ("parquet",), "lines": "/c/feed.jsonl"},
    ],
)
def test_its_own_sinks_are_enough(changes: dict[str, Any]) -> None:
    check_choice(replace(SAME, **changes))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"needed": ("webhook",)},
            "webhook of d-1 still waits for alerts, and the configuration has no such sink: give "
            "the one the deployment ran with.",
        ),
        (
            {"given": (), "needed": ("json_lines", "parquet")},
            "json_lines and parquet of d-1 still waits for alerts, and the configuration has no "
            "such sink: give the one the deployment ran with.",
        ),
        (
            {"given": ("webhook", "parquet", "json_lines"), "own": ("parquet",)},
            "d-1 had no json_lines and no webhook, to which all of its alerts would be sent: give "
            "the configuration the deployment ran with.",
        ),
        (
            {"lines": "/c/feed.jsonl"},
            "alerts.json_lines is /c/feed.jsonl and was /b/feed.jsonl when d-1 ran: give the "
            "configuration it ran with, from the same folder.",
        ),
    ],
)
def test_others_are_refused_in_one_sentence(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_choice(replace(SAME, **changes))
    assert str(caught.value) == says
