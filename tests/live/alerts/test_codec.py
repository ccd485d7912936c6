from __future__ import annotations

import json
import math

import pytest

from lfr_batch.live.alerts.codec import (
    decode_alert,
    decode_review,
    encode_alert,
    encode_review,
    message,
)
from lfr_batch.live.records import Alert
from tests.live.made import a_review, an_alert


@pytest.mark.parametrize(
    "alert",
    [
        an_alert(),
        an_alert(margin=None, candidates=(), best_shot_jpeg=b"", gallery_jpeg=bytes(range(256))),
        an_alert(subject_id='Ünsal "O\'Neill"\n', score=1 / 3),
    ],
)
def test_an_alert_comes_back_as_it_was(alert: Alert) -> None:
    assert decode_alert(encode_alert(alert)) == alert


def test_a_value_that_is_no_number_does_not_lose_the_alert() -> None:
    alert = an_alert(quality=math.nan, margin=math.inf)
    back = decode_alert(encode_alert(alert))
    assert math.isnan(back.quality)
    assert back.margin == math.inf
    told = message(alert)
    assert (told["quality"], told["margin"]) == (None, None)


@pytest.mark.parametrize("outcome", [None, "arrested"])
def test_a_review_comes_back_as_it_was(outcome: None) -> None:
    review = a_review("a1", "cannot_tell", outcome, reason='he said "no" – twice')
    assert decode_review(encode_review(review)) == review


@pytest.mark.parametrize("data", [b"", b"\0\0\0\1[", b"\0\0\0\2[]", encode_alert(an_alert())[:90]])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_alert(data)


def test_a_message_has_no_picture_and_says_what_it_is() -> None:
    told = message(an_alert())
    assert told["kind"] == "alert"
    assert told["id"] == told["alert_id"] == "a0000"
    assert told["captured_at"] == "2026-01-31T10:00:00Z"
    assert "CANARY" not in json.dumps(told)
    assert not [name for name in told if "jpeg" in name]
    assert message(a_review("a0000"))["kind"] == "review"
