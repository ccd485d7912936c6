"""An audit log beside what else is on record: what contradicts it is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import lfr_batch as lfr
from lfr_batch.config.schema import S3Config
from lfr_batch.errors import AuditBroken
from lfr_batch.front.audit import compare_with_records
from lfr_batch.live.deployment.folders import deployment_folder, save_record
from lfr_batch.live.deployment.watchlist import destroy_watchlist
from lfr_batch.oversight import audit, intended
from lfr_batch.oversight.audit_key import key_file, note_file
from lfr_batch.oversight.audit_verify import verify
from lfr_batch.oversight.begun import with_log_line
from lfr_batch.oversight.put import lines_on_record
from lfr_batch.results.run_state import create_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store
from tests.live.made import DEPLOYMENT, a_record
from tests.refused import refused
from tests.results.synthetic import assets, request, segments

S3 = S3Config()
KIND = intended.IntentionKind("forget.intended", "forget.done", "audit/forget")
FORGOTTEN = "20261127-101010-forget-subject-1f2e"
RUNS = ("20261127-101010-scan-0001", "20261127-101011-scan-0002")


def began(home: Path, run_id: str, *, with_line: bool = True) -> None:
    now = datetime.now(UTC)
    asked = request(run_id, home=str(home), started_at=now)
    root = open_store(home / "results")
    create_run(
        root, with_log_line(home, asked, root.uri, S3) if with_line else asked, assets(), segments()
    )


def deployed(home: Path) -> None:
    record = a_record(datetime.now(UTC))
    audit.record(home, "deployment.begun", [{"deployment_id": DEPLOYMENT}])
    save_record(deployment_folder(home, DEPLOYMENT), record)
    audit.record(home, "watchlist.copied", [{"deployment_id": DEPLOYMENT}])
    destroy_watchlist(home, DEPLOYMENT, "its time was over", "op-1")
    audit.record(home, "deployment.ended", [{"deployment_id": DEPLOYMENT}])


def forgot(home: Path) -> None:
    now = datetime.now(UTC)
    said = {"id": FORGOTTEN, "what": "subject"}
    intended.intend(home, KIND, said, now, S3)
    intended.done(home, KIND, {"intention": said, "at": now.isoformat()}, now, S3)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    place = tmp_path / "home"
    place.mkdir()
    for run_id in RUNS:
        began(place, run_id)
    deployed(place)
    forgot(place)
    return place


def compared(home: Path, *keys: str) -> tuple[str, ...]:
    settings = lfr.Settings(home=home, results=home / "results")
    return compare_with_records(settings, verify(home, keys=keys), keys)


def test_what_agrees_is_not_talked_about(home: Path) -> None:
    assert compared(home) == ()


def receipt_of(home: Path) -> Path:
    return home / "audit" / "receipts" / f"{FORGOTTEN}.json"


def without_its_receipt(home: Path) -> None:
    receipt_of(home).unlink()


def with_a_receipt_of_nothing(home: Path) -> None:
    shutil.copy(receipt_of(home), receipt_of(home).with_name("another.json"))


def with_a_receipt_of_another_line(home: Path) -> None:
    said = json.loads(receipt_of(home).read_text())
    said["log_line"]["sha256"] = "0" * 64
    receipt_of(home).write_text(json.dumps(said))


def with_a_receipt_that_says_nothing(home: Path) -> None:
    receipt_of(home).write_text("{")


def with_a_receipt_of_half_a_line(home: Path) -> None:
    receipt_of(home).write_text('{"log_line": {"n": 1}}')


def with_a_run_without_a_line(home: Path) -> None:
    began(home, "20261127-101012-scan-0003", with_line=False)


def with_a_deployment_without_a_line(home: Path) -> None:
    name = "20261127-111111-live-0a0b"
    record = a_record(datetime.now(UTC) + timedelta(seconds=1))
    save_record(deployment_folder(home, name), record)


def with_another_log(home: Path) -> None:
    """Of one piece: log, key and note are of a home in which nothing happened."""
    shutil.rmtree(home / "audit")
    note_file(home).unlink()
    audit.record(home, "test", [{}])


def without_a_log(home: Path) -> None:
    shutil.rmtree(home / "audit")
    note_file(home).unlink()


CONTRADICTIONS = {
    without_its_receipt: f"the log says that {FORGOTTEN} was done, and its receipt is gone",
    with_a_receipt_of_nothing: "there is a receipt of another, and the log has no line of it",
    with_a_receipt_of_another_line: r"receipt of .* names line \d+, which is not in the log",
    with_a_receipt_that_says_nothing: f"the receipt of {FORGOTTEN} cannot be read",
    with_a_receipt_of_half_a_line: f"the receipt of {FORGOTTEN} cannot be read",
    with_a_run_without_a_line: "run .*0003 is on record, and the log has no line of it",
    with_a_deployment_without_a_line: "live-0a0b has a folder, and the log has no line of its",
    with_another_log: "run .*0002 began with line 2, which is not in the log",
    without_a_log: f"deployment {DEPLOYMENT} has destroyed its watchlist, and the log has no line",
}


@pytest.mark.parametrize("change", CONTRADICTIONS, ids=lambda change: change.__name__)
def test_what_contradicts_the_log_is_named(home: Path, change: Callable[[Path], None]) -> None:
    change(home)
    with pytest.raises(AuditBroken, match=CONTRADICTIONS[change]):  # type: ignore[index]
        compared(home)


def test_a_deployment_that_was_killed_is_said_and_is_no_contradiction(home: Path) -> None:
    name = "20261127-111111-live-0a0b"
    audit.record(home, "deployment.begun", [{"deployment_id": name}])
    save_record(deployment_folder(home, name), a_record(datetime.now(UTC)))
    (said,) = compared(home)
    assert said.startswith(f"deployment {name} began, and its end is not on record")


def test_what_begins_meanwhile_is_no_contradiction(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*place: Any) -> Iterator[dict[str, Any]]:
        lines = list(lines_on_record(*place))
        began(home, "20261127-101012-scan-0003")
        return iter(lines)

    monkeypatch.setattr("lfr_batch.front.audit.lines_on_record", read)
    assert compared(home) == ()


def test_what_was_asked_for_and_has_no_end_is_said(home: Path) -> None:
    intended.intend(home, KIND, {"id": "20261127-111111-forget-run-2a3b"}, datetime.now(UTC), S3)
    (said,) = compared(home)
    assert said.startswith("20261127-111111-forget-run-2a3b was asked for, and the log has no line")


def test_runs_that_cannot_be_read_are_said(home: Path) -> None:
    run = StoredRun(open_store(home / "results"), RUNS[0])
    run.store.write_atomic(run.state("request.json"), b"{}")
    (said,) = compared(home)
    assert said.endswith(f"damaged: 1, {RUNS[0]} among them")


def test_what_was_lost_before_its_key_was_renewed_is_said_to_who_has_noted_the_next(
    home: Path,
) -> None:
    with_another_log(home)
    (first,) = verify(home).keys
    held = audit.renew_key(home, "op-1", "the disk was lost")
    with pytest.raises(AuditBroken, match="began with line 2, which is not in the log"):
        compare_with_records(
            lfr.Settings(home=home, results=home / "results"),
            verify(home, keys=[held.first]),
            [first],
        )
    said = compared(home, held.first)
    assert [each for each in said if RUNS[0] in each] == [
        f"run {RUNS[0]} began with line 1, which is not in the log: it was before the key was "
        "renewed"
    ]
    began(home, "20261127-101012-scan-0003", with_line=False)
    with pytest.raises(AuditBroken, match="0003 is on record, and the log has no line of it"):
        compared(home, held.first)


def test_lines_of_before_the_key_are_said_to_be_unsigned(tmp_path: Path) -> None:
    path = Path("tests/fixtures/0.1.0/audit/audit.jsonl").absolute()
    (tmp_path / "audit").mkdir()
    shutil.copy(path, audit.audit_log(tmp_path))
    (said,) = compared(tmp_path)
    assert said.startswith("unsigned until line 9: these lines are of an earlier version")
    audit.record(tmp_path, "test", [{}])
    (said,) = compared(tmp_path)
    assert said.startswith("unsigned until line 9: whoever had the disk before line 10 was signed")


def test_a_home_that_may_only_be_read_keeps_no_run_from_beginning(tmp_path: Path) -> None:
    (tmp_path / "audit").mkdir()
    with refused(tmp_path / "audit"):
        asked = with_log_line(tmp_path, request(home=str(tmp_path)), "results", S3)
    assert asked.log_line is None
    assert not key_file(tmp_path).exists()


def test_runs_of_another_home_in_the_same_results_are_its_own(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    root: Store = open_store(home / "results")
    asked = request("20261127-101013-scan-0004", home=str(other), started_at=datetime.now(UTC))
    create_run(root, with_log_line(other, asked, root.uri, S3), assets(), segments())
    assert compared(home) == ()
