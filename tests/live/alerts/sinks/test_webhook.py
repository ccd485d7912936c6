from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

import pytest

from lfr_batch.errors import ConfigError
from tests.live.conftest import Restarts
from tests.live.made import a_review, an_alert
from tests.live.receiver import Receiver, eventually

pytestmark = pytest.mark.usefixtures("impatient")


def hooked(receiver: Receiver, timeout_s: float = 5.0) -> dict[str, Any]:
    hook = {"url": receiver.url, "secret_env": "HOOK_SECRET", "timeout_s": timeout_s}
    return {"alerts": {"webhook": hook}}


def test_requests_are_signed_in_order_and_without_pictures(
    start: Restarts, receiver: Receiver
) -> None:
    router = start(**hooked(receiver))
    for number in range(3):
        router.raise_alert(an_alert(number))
    router.review(a_review("a0001"))
    assert eventually(lambda: len(receiver.taken) == 4)
    assert receiver.taken == ["alert:a0000", "alert:a0001", "alert:a0002", "review:r0-a0001"]
    for headers, body in receiver.requests:
        timestamp = headers["LFR-Timestamp"]
        signed = hmac.new(b"not for everybody", f"{timestamp}.".encode() + body, hashlib.sha256)
        assert headers["LFR-Signature"] == f"v1={signed.hexdigest()}"
        assert abs(int(timestamp) - time.time()) < 30
        assert b"CANARY" not in body
    assert json.loads(receiver.requests[0][1])["subject_id"] == "S000"


@pytest.mark.parametrize(
    "answer", [(500, {}), (503, {"Retry-After": "0"}), (429, {"Retry-After": "0"}), (408, {})]
)
def test_a_receiver_that_fails_and_recovers_gets_everything_in_order(
    start: Restarts, receiver: Receiver, answer: tuple[int, dict[str, str]]
) -> None:
    receiver.answers.extend([answer] * 3)
    router = start(**hooked(receiver))
    for number in range(3):
        router.raise_alert(an_alert(number))
    assert eventually(lambda: len(receiver.taken) == 3)
    assert receiver.taken == ["alert:a0000", "alert:a0001", "alert:a0002"]
    assert [headers["LFR-Delivery"] for headers, _ in receiver.requests[:4]] == ["alert:a0000"] * 4
    assert eventually(lambda: router.sink_states()[0].last_error is None)


def test_a_receiver_that_refuses_is_told_of_and_not_pestered(
    start: Restarts, receiver: Receiver
) -> None:
    receiver.answers.extend([(400, {})] * 50)
    router = start(**hooked(receiver))
    router.raise_alert(an_alert())
    assert eventually(lambda: router.sink_states()[0].last_error)
    state = router.sink_states()[0]
    assert (state.name, state.delivered, state.waiting) == ("webhook", 0, 1)
    assert state.last_error == "the webhook answered 400: it refuses what it is sent"
    assert ("sink", "webhook") in {(e.kind, e.id) for e in router.events(0, 0.0)}
    time.sleep(0.3)
    assert len(receiver.requests) == 1


def test_a_receiver_that_is_too_slow_or_not_there_is_no_obstacle(
    start: Restarts, receiver: Receiver
) -> None:
    receiver.answer_after_s = 0.5
    router = start(**hooked(receiver, timeout_s=0.1))
    router.raise_alert(an_alert())
    assert eventually(lambda: router.sink_states()[0].last_error)
    assert router.sink_states()[0].last_error == "the webhook does not answer (ReadTimeoutError)"
    assert eventually(lambda: router.sink_states()[1].waiting == 0)
    receiver.answer_after_s = 0.0
    assert eventually(lambda: router.sink_states()[0].waiting == 0)


def test_a_redirection_is_not_followed(start: Restarts, receiver: Receiver) -> None:
    receiver.answers.append((307, {"Location": receiver.url}))
    router = start(**hooked(receiver))
    router.raise_alert(an_alert())
    assert eventually(lambda: router.sink_states()[0].last_error)
    assert len(receiver.requests) == 1


def test_what_was_not_delivered_is_delivered_by_the_next_router(
    start: Restarts, receiver: Receiver
) -> None:
    receiver.answers.extend([(500, {})] * 200)
    first = start(**hooked(receiver))
    for number in range(3):
        first.raise_alert(an_alert(number))
    assert eventually(lambda: first.sink_states()[0].last_error)
    start.close()
    assert receiver.taken == []
    receiver.answers.clear()
    second = start(**hooked(receiver))
    assert eventually(lambda: len(receiver.taken) == 3)
    second.raise_alert(an_alert(3))
    assert eventually(lambda: len(receiver.taken) == 4)
    assert receiver.taken == [f"alert:a000{number}" for number in range(4)]
    assert eventually(lambda: second.sink_states()[0].delivered == 4)


def test_a_webhook_without_its_secret_is_refused_at_once(
    start: Restarts, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOOK_SECRET")
    with pytest.raises(ConfigError, match="set the environment variable HOOK_SECRET"):
        start(**hooked(receiver))
