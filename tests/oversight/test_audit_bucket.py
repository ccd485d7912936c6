"""The audit log of a home in a bucket: one chain, whoever writes, and what was done to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import AuditBroken, StoreUnreachable
from lfr_batch.oversight import intended
from lfr_batch.oversight.audit_bucket import (
    KEY,
    LOG,
    NOTE,
    begin_in,
    entries_in,
    record_in,
    renew_in,
)
from lfr_batch.oversight.audit_verify import verify_in
from lfr_batch.oversight.put import lines_on_record, put, verify_record
from lfr_batch.storage.local_store import LocalStore
from lfr_batch.storage.store import Store
from tests.results.conftest import bucket, endpoint

__all__ = ["bucket", "endpoint"]

KIND = intended.IntentionKind("forget.intended", "forget.done", "audit/forget")


def recorded(root: Path) -> LocalStore:
    """Five lines in four records."""
    store = LocalStore(root)
    for run_id in ("r1", "r2", "r3"):
        record_in(store, "run.begun", [{"run_id": run_id}])
    record_in(store, "test", [{}, {}])
    return store


def test_lines_are_numbered_bound_and_signed(tmp_path: Path) -> None:
    store = recorded(tmp_path)
    chain = verify_in(store)
    assert (chain.entries, chain.signed_from, chain.signed_to, len(chain.keys)) == (5, 1, 5, 1)
    assert [line["n"] for line in entries_in(store)] == [1, 2, 3, 4, 5]
    assert verify_in(store, chain.head, chain.keys) == chain
    assert record_in(store, "test", []) is None


def cut(store: Store) -> None:
    store.delete(store.list(LOG)[-1])


def emptied(store: Store) -> None:
    store.delete(LOG)


def taken_out(store: Store) -> None:
    store.delete(store.list(LOG)[1])


def altered(store: Store) -> None:
    path = store.list(LOG)[2]
    store.write_atomic(path, store.read(path).replace(b"r3", b"r9"))


def swapped(store: Store) -> None:
    one, other = store.list(LOG)[:2]
    kept = store.read(one)
    store.write_atomic(one, store.read(other))
    store.write_atomic(other, kept)


def key_deleted(store: Store) -> None:
    store.delete(KEY)


def all_deleted_but_the_note(store: Store) -> None:
    store.delete("audit")


def note_deleted(store: Store) -> None:
    store.delete(NOTE)


ATTACKS: Mapping[Callable[[Store], None], str] = {
    cut: "was cut: it ends with line 3, and its key has signed line 5",
    emptied: "is gone, and its key has signed line 5",
    taken_out: "line 2 is not as it was written",
    altered: "line 3 is not as it was written",
    swapped: "line 1 is not as it was written",
    key_deleted: "audit/key is gone",
    all_deleted_but_the_note: "is gone, and .*audit.json names its key",
    note_deleted: "audit.json is gone",
}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_what_was_done_to_a_log_is_named(tmp_path: Path, attack: Callable[[Store], None]) -> None:
    store = recorded(tmp_path)
    attack(store)
    with pytest.raises(AuditBroken, match=ATTACKS[attack]):
        verify_in(store)


@pytest.mark.parametrize("attack", [cut, emptied, key_deleted, all_deleted_but_the_note])
def test_the_next_entry_hides_none_of_it(tmp_path: Path, attack: Callable[[Store], None]) -> None:
    store = recorded(tmp_path)
    attack(store)
    try:
        record_in(store, "run.begun", [{"run_id": "r9"}])
    except AuditBroken as error:
        assert "is gone" in str(error)  # noqa: PT017 - whether or not it is refused
    with pytest.raises(AuditBroken):
        verify_in(store)


def test_whoever_was_killed_before_the_key_was_replaced_is_followed(tmp_path: Path) -> None:
    store = recorded(tmp_path)
    key = store.read(KEY)
    record_in(store, "run.begun", [{"run_id": "r4"}])
    record_in(store, "test", [{}, {}])
    store.write_atomic(KEY, key)
    assert verify_in(store).entries == 8
    record_in(store, "run.begun", [{"run_id": "r5"}])
    assert verify_in(store).signed_to == 9


def test_another_key_is_named_until_it_is_noted(tmp_path: Path) -> None:
    store = recorded(tmp_path)
    cut(store)
    held = renew_in(store, "op-1", "the end was lost")
    record_in(store, "run.begun", [{"run_id": "r9"}])
    with pytest.raises(AuditBroken, match="goes on with another key"):
        verify_in(store)
    assert verify_in(store, keys=[held.first]).signed_to == 5
    store.delete(NOTE)
    begin_in(store)
    assert verify_in(store, keys=[held.first]).keys[1] == held.first


def test_many_write_one_chain(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)

    def add() -> None:
        for number in range(5):
            record_in(store, "run.begun", [{"run_id": str(number)}])

    people = [Thread(target=add) for _ in range(3)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert verify_in(store).signed_to == 15


def test_a_home_in_a_bucket_has_the_same_log(bucket: str) -> None:
    home, s3, now = f"s3://{bucket}/home", S3Config(), datetime.now(UTC)
    put(home, s3, "run.begun", {"run_id": "r1"})
    said = {"id": "20261127-101010-forget-run-1f2e"}
    intended.intend(home, KIND, said, now, s3)
    assert [each["id"] for each in intended.unfinished(home, KIND, s3)] == [said["id"]]
    where = intended.done(home, KIND, {"intention": said, "at": now.isoformat()}, now, s3)
    assert where == f"{home}/audit/forget/{said['id']}.done.json"
    assert intended.unfinished(home, KIND, s3) == []
    events = [line["event"] for line in lines_on_record(home, s3)]
    assert events == ["run.begun", "forget.intended", "forget.done"]
    assert verify_record(home, s3, None, ()).signed_to == 3


def test_what_the_log_does_not_say_was_done_is_done_again(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, s3, now = f"s3://{bucket}/another home", S3Config(), datetime.now(UTC)
    said = {"id": "20261127-101010-forget-run-2a3b"}
    receipt = {"intention": said, "at": now.isoformat()}
    intended.intend(home, KIND, said, now, s3)

    def away(*_: object) -> None:
        raise StoreUnreachable("the bucket does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(intended, "put", away)
        with pytest.raises(StoreUnreachable):
            intended.done(home, KIND, receipt, now, s3)
    assert [each["id"] for each in intended.unfinished(home, KIND, s3)] == [said["id"]]
    intended.done(home, KIND, receipt, now, s3)
    assert intended.unfinished(home, KIND, s3) == []
    assert [line["event"] for line in lines_on_record(home, s3)] == [KIND.intended, KIND.done]
