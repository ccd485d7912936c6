"""What a store and a network may do to requests, and what becomes of them."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from botocore.exceptions import ClientError

from benchmarks.faulty_proxy import NONE, FaultyProxy
from lfr_batch.errors import StoreAway, StoreUnreachable
from lfr_batch.storage import s3_client, s3_requests
from lfr_batch.storage.s3_retries import FIRST_PAUSE_S, LONGEST_PAUSE_S, asked, longest_pause_s
from lfr_batch.storage.s3_store import S3Store

Behind = tuple[FaultyProxy, S3Store]
DATA = bytes(range(256)) * 8192
LITTLE = DATA[: 64 * 1024]


def test_pauses_double_up_to_the_longest() -> None:
    pauses = [longest_pause_s(attempt) for attempt in range(1, 40)]
    assert pauses[:3] == [FIRST_PAUSE_S, 2 * FIRST_PAUSE_S, 4 * FIRST_PAUSE_S]
    assert pauses[-1] == LONGEST_PAUSE_S


@pytest.mark.parametrize(
    "kind", ["busy", "reset", "answer_lost", "failed_after", "broken_body", "late"]
)
def test_what_passes_is_not_noticed(proxy: Behind, kind: str) -> None:
    between, store = proxy
    between.faults = replace(NONE, most_late_s=0.1, **{kind: 0.4})
    for number in range(8):
        store.write_atomic(f"a/{number}", LITTLE)
        assert store.read(f"a/{number}") == LITTLE
    assert store.list("a") == tuple(f"a/{number}" for number in range(8))
    assert store.exists("a/7")
    between.settle()
    store.delete("a")
    assert store.list("a") == ()
    assert between.met[kind] >= 3


def test_only_the_rest_of_a_range_is_asked_for_again(proxy: Behind) -> None:
    between, store = proxy
    store.write_atomic("big", DATA)
    asked_for: list[str] = []

    def note(params: dict[str, Any], **_: object) -> None:
        asked_for.append(params["Range"])

    s3_client.client(store.s3).meta.events.register("before-parameter-build.s3.GetObject", note)
    between.faults = replace(NONE, broken_body=0.9)
    end = len(DATA) - 5
    place = (store.bucket, store.key("big"))
    got = s3_requests.read_range(store.s3, place, (100, end), lambda answer: None)
    assert got == DATA[100:end]
    assert between.met["broken_body"] >= 1
    starts = [int(each.removeprefix("bytes=").partition("-")[0]) for each in asked_for]
    assert starts == sorted(starts)
    assert starts[0] == 100 < starts[-1]


def test_an_outage_is_said_when_patience_ends(proxy: Behind) -> None:
    between, store = proxy
    impatient = replace(store, patience_s=1.0)
    began_s = monotonic()
    with between.away(), pytest.raises(StoreAway, match=r"does not answer .*: check the network"):
        impatient.read("a")
    assert monotonic() - began_s < 20
    assert between.met["away"] > 2
    between.faults = replace(NONE, busy=1.0)
    with pytest.raises(StoreAway, match=r"the store of s3://.*/lake (has too much to do|fails) \("):
        impatient.write_atomic("a", b"")


def test_a_refusal_is_asked_once(proxy: Behind) -> None:
    between, store = proxy
    elsewhere = replace(store, uri="s3://nobody-has-this-bucket/lake")
    with pytest.raises(StoreUnreachable, match=r"cannot use .* \(NoSuchBucket\)") as raised:
        elsewhere.list("")
    assert not isinstance(raised.value, StoreAway)
    with pytest.raises(FileNotFoundError):
        store.read("nothing")
    assert between.met == {"passed": 2}


def test_attempts_are_limited_as_boto3_users_do(
    proxy: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    between, store = proxy
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")
    with between.away(), pytest.raises(StoreAway):
        store.read("a")
    assert between.met["away"] == 3


@pytest.mark.parametrize("ask", ["read", "exists", "list"])
def test_credentials_that_run_out_are_waited_for(proxy: Behind, ask: str) -> None:
    """The answer to HEAD has no words, and means the same."""
    between, store = proxy
    store.write_atomic("a/b", b"x")
    impatient = replace(store, patience_s=0.2)
    with between.expired(), pytest.raises(StoreAway, match=r"have run out \(ExpiredToken\): renew"):
        getattr(impatient, ask)("a/b")
    with between.expired():
        timer = threading.Timer(0.3, setattr, (between, "trouble", None))
        timer.start()
        getattr(store, ask)("a/b")
        timer.join()


def test_renewed_credentials_are_taken_from_the_file(
    proxy: Behind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, store = proxy
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setattr(s3_client, "READ_JUST_NOW_S", 0.0)
    file = tmp_path / "credentials"
    keys = "[default]\naws_access_key_id = {0}\naws_secret_access_key = {0}\n"
    file.write_text(keys.format("old"))
    used: list[str] = []

    def request(client: Any) -> str:
        key: str = client._request_signer._credentials.access_key
        used.append(key)
        if key == "old":
            file.write_text(keys.format("new"))
            raise ClientError({"Error": {"Code": "ExpiredToken"}}, "GetObject")
        return key

    assert asked(store.s3, request) == "new"
    assert used == ["old", "new"]
    assert asked(store.s3, request) == "new"


def test_an_error_over_which_botocore_trips_is_asked_again(proxy: Behind) -> None:
    """A 5xx with a checksum, which botocore parses as if it were the object."""
    _, store = proxy
    answers = iter(["'StreamingChecksumBody' object has no attribute 'strip'", None])

    def request(_: object) -> str:
        if said := next(answers):
            raise AttributeError(said)
        return "there"

    assert asked(store.s3, request) == "there"


def test_credentials_that_are_wrong_are_read_anew_once(proxy: Behind) -> None:
    _, store = proxy
    tries: list[int] = []

    def request(client: object) -> None:
        tries.append(1)
        raise ClientError({"Error": {"Code": "InvalidAccessKeyId"}}, "GetObject")

    with pytest.raises(ClientError):
        asked(store.s3, request)
    assert len(tries) == 2
