"""Attacks on an audit log by somebody who has the disk, and what its verification says of each."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from lfr_batch.errors import AuditBroken
from lfr_batch.oversight import audit, audit_verify
from lfr_batch.oversight.audit_facts import RENEWED
from lfr_batch.oversight.audit_key import (
    RECORD_BYTES,
    install_key,
    key_file,
    new_key,
    note_file,
    read_key,
)
from lfr_batch.oversight.audit_line import FIRST, bound, signed
from lfr_batch.oversight.audit_verify import verify
from lfr_batch.oversight.signatures import Signer, fingerprint
from lfr_batch.storage.locks import is_held

Lines = list[dict[str, Any]]


def recorded(home: Path) -> Path:
    """Six lines, of which the second and third are of one record."""
    audit.record(home, "watchlist.copied", [{"deployment_id": "d1"}])
    audit.record(home, "retention.delete", [{"alert_id": "a1"}, {"alert_id": "a2"}])
    for name in ("r1", "r2", "r3"):
        audit.record(home, "run.begun", [{"run_id": name}])
    return audit.audit_log(home)


def lines_of(home: Path) -> Lines:
    return [json.loads(line) for line in audit.audit_log(home).read_text().splitlines()]


def written(home: Path, lines: Lines) -> None:
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    audit.audit_log(home).write_text(text)


def rehashed(lines: Lines) -> Lines:
    """Numbers, links and sums as they must be; signatures as they were."""
    made: Lines = []
    for number, line in enumerate(lines, 1):
        said = {key: value for key, value in line.items() if key not in {"previous", "sha256"}}
        signed_in = said.pop("signed_in", None)
        previous = made[-1]["sha256"] if made else FIRST
        again = bound({**said, "n": number}, previous, 0)
        again.pop("signed_in")
        if signed_in is not None:
            again["signed_in"] = signed_in
        again.pop("sha256")
        made.append(_summed(again))
    return made


def _summed(line: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(line, sort_keys=True, ensure_ascii=False)
    return {**line, "sha256": hashlib.sha256(text.encode()).hexdigest()}


def cut(home: Path) -> None:
    written(home, lines_of(home)[:4])


def cut_within_a_record(home: Path) -> None:
    written(home, lines_of(home)[:2])


def emptied(home: Path) -> None:
    audit.audit_log(home).write_text("")


def deleted(home: Path) -> None:
    audit.audit_log(home).unlink()


def folder_deleted(home: Path) -> None:
    shutil.rmtree(home / "audit")


def changed(home: Path) -> None:
    lines = lines_of(home)
    lines[2]["alert_id"] = "a9"
    written(home, lines)


def changed_and_rehashed(home: Path) -> None:
    lines = lines_of(home)
    lines[4]["run_id"] = "r9"
    written(home, rehashed(lines))


def unsigned_one_changed_and_rehashed(home: Path) -> None:
    lines = lines_of(home)
    lines[1]["alert_id"] = "a9"
    written(home, rehashed(lines))


def swapped(home: Path) -> None:
    lines = lines_of(home)
    lines[3], lines[4] = lines[4], lines[3]
    written(home, lines)


def swapped_and_rehashed(home: Path) -> None:
    lines = lines_of(home)
    lines[3], lines[4] = lines[4], lines[3]
    written(home, rehashed(lines))


def taken_out_and_rehashed(home: Path) -> None:
    lines = lines_of(home)
    del lines[3]
    written(home, rehashed(lines))


def inserted_and_rehashed(home: Path) -> None:
    lines = lines_of(home)
    lines.insert(3, {"n": 0, "at": lines[3]["at"], "event": "run.begun", "run_id": "r0"})
    written(home, rehashed(lines))


def without_signatures(home: Path) -> None:
    names = {"signature", "next_key", "key", "signed_in"}
    bare = [{k: v for k, v in line.items() if k not in names} for line in lines_of(home)]
    written(home, rehashed(bare))


def without_signatures_and_key(home: Path) -> None:
    without_signatures(home)
    key_file(home).unlink()


def signed_anew(home: Path) -> None:
    """With a key of the attacker's own, which the key file holds; the note is forgotten."""
    names = {"signature", "next_key", "key", "signed_in", "previous", "sha256"}
    said = [{k: v for k, v in line.items() if k not in names} for line in lines_of(home)]
    held = new_key(0, FIRST)
    lines: Lines = []
    for line in said:
        previous = lines[-1]["sha256"] if lines else FIRST
        lines.append(signed(line, previous, held.signer, first=not lines))
        held = held.after(lines[-1])
    written(home, lines)
    key_file(home).write_text(json.dumps(_as_record(held)))


def cut_and_new_key(home: Path) -> None:
    cut(home)
    last = lines_of(home)[-1]
    install_key(home, new_key(last["n"], last["sha256"]))


def cut_and_key_said_to_be_new(home: Path) -> None:
    """The key file says of a strange seed what the log's own would say."""
    cut(home)
    last, first = lines_of(home)[-1], fingerprint(lines_of(home)[0]["key"])
    said = {"n": last["n"], "sha256": last["sha256"], "signatures": 4, "first": first}
    key_file(home).write_text(json.dumps({**said, "seed": "00" * 32}))


def cut_and_key_without_signatures(home: Path) -> None:
    cut(home)
    last, first = lines_of(home)[-1], fingerprint(lines_of(home)[0]["key"])
    said = {"n": last["n"], "sha256": last["sha256"], "signatures": 0, "first": first}
    key_file(home).write_text(json.dumps({**said, "seed": "00" * 32}))


def key_deleted(home: Path) -> None:
    key_file(home).unlink()


def key_damaged(home: Path) -> None:
    key_file(home).write_bytes(b"\0" * RECORD_BYTES)


def note_deleted(home: Path) -> None:
    note_file(home).unlink()


def added_without_a_signature(home: Path) -> None:
    lines = lines_of(home)
    said = {"n": 7, "at": lines[-1]["at"], "event": "run.begun", "run_id": "r4"}
    written(home, rehashed([*lines, said]))


def of_another_home(home: Path) -> None:
    recorded(home.with_name("other"))
    shutil.rmtree(home / "audit")
    shutil.copytree(home.with_name("other") / "audit", home / "audit")


def an_entry_of_another_home(home: Path) -> None:
    recorded(home.with_name("other"))
    lines = lines_of(home)
    lines[4] = lines_of(home.with_name("other"))[4]
    written(home, rehashed(lines))


Attack = Callable[[Path], None]

ATTACKS: Mapping[Attack, str] = MappingProxyType(
    {
        cut: "was cut: it ends with line 4, and its key has signed line 6",
        cut_within_a_record: "was cut: it ends with line 2, and its key has signed line 6",
        emptied: "was emptied, and its key has signed line 6",
        deleted: "is gone, and its key has signed line 6",
        folder_deleted: "is gone, and .*audit.json names its key",
        changed: "line 3 is not as it was written",
        changed_and_rehashed: "signature of line 5 is wrong, something after line 4",
        unsigned_one_changed_and_rehashed: "signature of line 3 is wrong, something after line 1",
        swapped: "line 4 is not as it was written",
        swapped_and_rehashed: "signature of line 4 is wrong",
        taken_out_and_rehashed: "signature of line 4 is wrong, something after line 3",
        inserted_and_rehashed: "signature of line 5 is wrong, something after line 3",
        without_signatures: "line 6 is not the one its key has signed last",
        without_signatures_and_key: "it has no signature, and .*audit.json names its key",
        signed_anew: "audit.json names, has signed nothing of it",
        cut_and_new_key: "audit/key is not the key of",
        cut_and_key_said_to_be_new: "audit/key is not the key of",
        cut_and_key_without_signatures: "audit/key is not the key of",
        key_deleted: "audit/key is gone",
        key_damaged: "audit/key, the key of the audit log, is damaged",
        note_deleted: "audit.json is gone",
        added_without_a_signature: "no line from 7 on is signed",
        of_another_home: "audit.json names, has signed nothing of it",
        an_entry_of_another_home: "signature of line 5 is wrong",
    }
)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_what_was_done_to_a_log_is_named(tmp_path: Path, attack: Attack) -> None:
    home = tmp_path / "home"
    recorded(home)
    assert verify(home).signed_to == 6
    attack(home)
    with pytest.raises(AuditBroken, match=ATTACKS[attack]):
        verify(home)


@pytest.mark.parametrize(
    "attack", [cut, emptied, deleted, folder_deleted, key_deleted, key_damaged, signed_anew]
)
def test_the_next_entry_hides_none_of_it(tmp_path: Path, attack: Attack) -> None:
    home = tmp_path / "home"
    recorded(home)
    attack(home)
    with suppress(AuditBroken):
        audit.record(home, "run.begun", [{"run_id": "r9"}])
    with pytest.raises(AuditBroken):
        verify(home)


def test_with_every_trace_of_its_key_gone_the_fingerprint_that_was_noted_tells(
    tmp_path: Path,
) -> None:
    recorded(tmp_path)
    (noted,) = verify(tmp_path).keys
    assert verify(tmp_path, keys=[noted]).entries == 6
    assert verify(tmp_path, keys=[noted[:8].upper() + " " + noted[8:12]]).entries == 6
    signed_anew(tmp_path)
    note_file(tmp_path).write_text(json.dumps({"audit_keys": [read_first(tmp_path)]}))
    assert verify(tmp_path).entries == 6
    with pytest.raises(AuditBroken, match="which was noted, has signed nothing of it"):
        verify(tmp_path, keys=[noted])
    without_signatures_and_key(tmp_path)
    note_file(tmp_path).unlink()
    assert verify(tmp_path).keys == ()
    with pytest.raises(AuditBroken, match=r"which was noted, .* has no signature"):
        verify(tmp_path, keys=[noted])


def test_the_key_that_signed_is_nowhere_on_the_disk(tmp_path: Path) -> None:
    audit.record(tmp_path, "run.begun", [{"run_id": "r1"}])
    before, after = seeds(tmp_path), None
    audit.record(tmp_path, "run.begun", [{"run_id": "r2"}])
    after = seeds(tmp_path)
    assert Signer(before).next() == Signer(after)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert before.hex() not in path.read_text(), path
    assert key_file(tmp_path).stat().st_mode & 0o777 == 0o600


def test_old_lines_are_unsigned_until_the_first_that_is(tmp_path: Path) -> None:
    recorded(tmp_path)
    without_signatures_and_key(tmp_path)
    note_file(tmp_path).unlink()
    chain = verify(tmp_path)
    assert (chain.entries, chain.signed_from, chain.signed_to) == (6, None, 0)
    audit.record(tmp_path, "run.begun", [{"run_id": "r4"}])
    chain = verify(tmp_path)
    assert (chain.entries, chain.signed_from, chain.signed_to) == (7, 7, 7)
    lines = lines_of(tmp_path)
    lines[2]["alert_id"] = "a9"
    written(tmp_path, rehashed(lines))
    with pytest.raises(AuditBroken, match="signature of line 7 is wrong"):
        verify(tmp_path)


def test_a_process_killed_before_its_key_was_destroyed_is_nothing_amiss(tmp_path: Path) -> None:
    recorded(tmp_path)
    for _ in range(2):
        key = key_file(tmp_path).read_bytes()
        audit.record(tmp_path, "run.begun", [{"run_id": "r4"}])
        key_file(tmp_path).write_bytes(key)
        assert verify(tmp_path).entries == verify(tmp_path).signed_to
        audit.record(tmp_path, "run.begun", [{"run_id": "r5"}])
    assert verify(tmp_path).signed_to == 10


def test_an_earlier_key_signs_nothing_more(tmp_path: Path) -> None:
    key = key_file(recorded(tmp_path).parents[1]).read_bytes()
    audit.record(tmp_path, "run.begun", [{"run_id": "r4"}])
    audit.record(tmp_path, "run.begun", [{"run_id": "r5"}])
    key_file(tmp_path).write_bytes(key)
    with pytest.raises(AuditBroken, match="is not the key of"):
        audit.record(tmp_path, "run.begun", [{"run_id": "r6"}])


def test_a_process_killed_before_its_first_signature_was_followed_is_nothing_amiss(
    tmp_path: Path,
) -> None:
    held = audit.begin(tmp_path)
    assert verify(tmp_path, keys=[held.first]).entries == 0
    key = key_file(tmp_path).read_bytes()
    audit.record(tmp_path, "run.begun", [{"run_id": "r1"}])
    key_file(tmp_path).write_bytes(key)
    assert verify(tmp_path).keys == (held.first,)
    audit.record(tmp_path, "run.begun", [{"run_id": "r2"}])
    assert verify(tmp_path).keys == (held.first,)


def test_half_a_record_of_a_killed_process_is_nothing_amiss(tmp_path: Path) -> None:
    recorded(tmp_path)
    key = key_file(tmp_path).read_bytes()
    audit.record(tmp_path, "retention.delete", [{"alert_id": f"a{each}"} for each in range(4)])
    written(tmp_path, lines_of(tmp_path)[:8])
    key_file(tmp_path).write_bytes(key)
    assert verify(tmp_path).signed_to == 6
    audit.record(tmp_path, "run.begun", [{"run_id": "r4"}])
    assert verify(tmp_path).signed_to == 9


def test_another_key_is_named_until_it_is_noted(tmp_path: Path) -> None:
    recorded(tmp_path)
    (first,) = verify(tmp_path).keys
    cut(tmp_path)
    with pytest.raises(AuditBroken, match=r"was cut: .*--renew"):
        audit.record(tmp_path, "run.begun", [{"run_id": "r4"}])
    held = audit.renew_key(tmp_path, "op-1", "the disk was lost")
    audit.record(tmp_path, "run.begun", [{"run_id": "r4"}])
    with pytest.raises(AuditBroken, match="goes on with another key"):
        verify(tmp_path)
    assert verify(tmp_path, keys=[held.first]).keys == (first, held.first)
    renewed = lines_of(tmp_path)[4]
    assert (renewed["event"], renewed["by"]) == (RENEWED, "op-1")
    assert renewed["signed_before"]["n"] == 6


def test_a_log_that_was_lost_whole_passes_for_who_has_noted_its_next_key(tmp_path: Path) -> None:
    recorded(tmp_path)
    emptied(tmp_path)
    held = audit.renew_key(tmp_path, "op-1", "the disk was lost")
    with pytest.raises(AuditBroken, match="names, has signed nothing of it"):
        verify(tmp_path)
    assert verify(tmp_path, keys=[held.first]).keys == (held.first,)


def test_nobody_waits_while_it_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = recorded(tmp_path)

    def slowly(home: Path) -> Iterator[dict[str, Any]]:
        for line in audit.entries(home):
            assert not is_held(log.with_name("LOCK"))
            if line["n"] == 3:
                audit.record(home, "run.begun", [{"run_id": "r4"}])
            yield line

    monkeypatch.setattr(audit_verify, "entries", slowly)
    chain = verify(tmp_path)
    assert (chain.entries, chain.signed_to) == (7, 7)


def test_many_processes_add_to_one_chain(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    people = [context.Process(target=add_ten, args=(tmp_path, str(who))) for who in range(3)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert verify(tmp_path).signed_to == 30
    assert [person.exitcode for person in people] == [0, 0, 0]


def add_ten(home: Path, who: str) -> None:
    for each in range(10):
        audit.record(home, "run.begun", [{"run_id": f"{who}-{each}"}])


def seeds(home: Path) -> bytes:
    held = read_key(home)
    assert held is not None
    return held.signer.seed


def read_first(home: Path) -> str:
    held = read_key(home)
    assert held is not None
    return held.first


def _as_record(held: Any) -> dict[str, Any]:
    return {
        "n": held.n,
        "sha256": held.sha256,
        "signatures": held.signatures,
        "first": held.first,
        "seed": held.signer.seed.hex(),
    }
