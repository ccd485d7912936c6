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
from lfr_batch.live.records import Alert, GalleryPicture
from tests.live.made import a_review, an_alert, with_further


@pytest.mark.parametrize(
    "alert",
    [
        an_alert(),
        an_alert(margin=None, candidates=(), best_shot_jpeg=b"", gallery_jpeg=bytes(range(256))),
        an_alert(subject_id='Ünsal "O\'Neill"\n', score=1 / 3),
        with_further(an_alert()),
        with_further(an_alert(), scene_jpeg=None, heading=None),
        an_alert(scene_jpeg=b""),
        an_alert(further_gallery=(GalleryPicture("S000-02", b"two"),)),
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


def test_an_alert_of_before_there_were_further_pictures_is_read() -> None:
    """Byte for byte as it was written then."""
    alert = an_alert(best_shot_jpeg=b"one", gallery_jpeg=b"two")
    told = message(alert)
    plain = {name: told[name] for name in told if name not in {"kind", "id", "heading"}}
    pieces = (json.dumps(plain).encode(), b"one", b"two")
    written = b"".join(len(piece).to_bytes(4, "big") + piece for piece in pieces)
    assert decode_alert(written) == alert


def test_an_alert_that_names_pictures_which_are_not_there_is_refused() -> None:
    written = encode_alert(with_further(an_alert(), further_shots_jpeg=(), scene_jpeg=None))
    with pytest.raises(ValueError, match="lacks pictures that it names"):
        decode_alert(written[: -4 - len(with_further(an_alert()).further_gallery[-1].jpeg)])


WHOLE = encode_alert(with_further(an_alert()))


@pytest.mark.parametrize("kept_bytes", [*range(0, len(WHOLE), 97), *range(-9, 0)])
def test_of_an_alert_that_is_cut_off_nothing_is_read(kept_bytes: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_alert(WHOLE[:kept_bytes])


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        (b'"further_image_ids": ["S000-02", "S000-03"]', b'"further_image_ids": null'),
        (b'"further_image_ids": ["S000-02", "S000-03"]', b'"further_image_ids": 7'),
        (b'"further_image_ids": ["S000-02", "S000-03"]', b'"further_image_ids": [{}, {}]'),
    ],
)
def test_an_alert_that_says_nonsense_of_its_pictures_is_refused(
    said: bytes, instead: bytes
) -> None:
    length = int.from_bytes(WHOLE[:4], "big")
    head = WHOLE[4 : 4 + length].replace(said, instead)
    assert len(head) != length
    with pytest.raises(ValueError, match=r"."):
        decode_alert(len(head).to_bytes(4, "big") + head + WHOLE[4 + length :])


def test_an_alert_without_the_scene_that_it_says_it_has_is_refused() -> None:
    whole = encode_alert(an_alert(scene_jpeg=b"scene"))
    with pytest.raises(ValueError, match="does not say which pictures it has"):
        decode_alert(whole[: -4 - len(b"scene")])


@pytest.mark.parametrize("outcome", [None, "arrested"])
def test_a_review_comes_back_as_it_was(outcome: None) -> None:
    review = a_review("a1", "cannot_tell", outcome, reason='he said "no" – twice')
    assert decode_review(encode_review(review)) == review


@pytest.mark.parametrize("data", [b"", b"\0\0\0\1[", b"\0\0\0\2[]", encode_alert(an_alert())[:90]])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_alert(data)


def test_a_message_has_no_picture_and_says_what_it_is() -> None:
    told = message(with_further(an_alert()))
    assert told["heading"] == "left"
    assert told["kind"] == "alert"
    assert told["id"] == told["alert_id"] == "a0000"
    assert told["captured_at"] == "2026-01-31T10:00:00Z"
    assert "CANARY" not in json.dumps(told)
    assert not [name for name in told if "jpeg" in name or "further" in name]
    assert message(a_review("a0000"))["kind"] == "review"
