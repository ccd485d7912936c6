from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import pytest

from lfr_batch.errors import AuditBroken, StoreFull
from lfr_batch.oversight import audit
from lfr_batch.oversight.audit_chain import Chain
from lfr_batch.oversight.audit_line import FIRST
from lfr_batch.oversight.audit_verify import verify
from tests.results.test_store import files_of_at_most


def filled(home: Path, lines: int = 5) -> Path:
    for number in range(lines - 1):
        audit.record(home, "test", [{"alert_id": f"a{number}", "by": "Jörg"}])
    audit.record(home, "test", [{"alert_id": "last"}])
    return audit.audit_log(home)


def rewritten(path: Path, number: int, **changes: object) -> None:
    lines = path.read_text().splitlines()
    lines[number] = json.dumps({**json.loads(lines[number]), **changes})
    path.write_text("\n".join(lines) + "\n")


def test_lines_are_numbered_bound_and_private(tmp_path: Path) -> None:
    audit.record(tmp_path, "deleted", [{"alert_id": "a1"}, {"alert_id": "a2"}])
    audit.record(tmp_path, "deleted", [{"alert_id": "a3"}])
    found = list(audit.entries(tmp_path))
    assert [(line["n"], line["event"], line["alert_id"]) for line in found] == [
        (1, "deleted", "a1"),
        (2, "deleted", "a2"),
        (3, "deleted", "a3"),
    ]
    assert [line["previous"] for line in found] == [FIRST, *(e["sha256"] for e in found[:2])]
    chain = verify(tmp_path)
    assert (chain.entries, chain.head) == (3, found[-1]["sha256"])
    assert (chain.signed_from, chain.signed_to, len(chain.keys)) == (2, 3, 1)
    assert stat.S_IMODE(audit.audit_log(tmp_path).stat().st_mode) == 0o600


def test_where_there_is_no_log_there_is_nothing_to_verify(tmp_path: Path) -> None:
    assert verify(tmp_path) == Chain()


@pytest.mark.parametrize("number", [0, 2, 4])
@pytest.mark.parametrize(
    "change", [{"alert_id": "other"}, {"by": "nobody"}, {"more": 1}, {"n": 9}, {"sha256": "0" * 64}]
)
def test_an_altered_line_is_named(tmp_path: Path, number: int, change: dict[str, object]) -> None:
    rewritten(filled(tmp_path), number, **change)
    with pytest.raises(AuditBroken, match=f"line {number + 1} is not as it was written"):
        verify(tmp_path)


@pytest.mark.parametrize(("removed", "named"), [(0, 1), (2, 3)])
def test_a_removed_line_is_noticed(tmp_path: Path, removed: int, named: int) -> None:
    path = filled(tmp_path)
    lines = path.read_text().splitlines(keepends=True)
    del lines[removed]
    path.write_text("".join(lines))
    with pytest.raises(AuditBroken, match=f"line {named} "):
        verify(tmp_path)


def test_a_home_that_was_put_back_whole_is_noticed_by_who_noted_its_end(tmp_path: Path) -> None:
    home = tmp_path / "home"
    filled(home)
    shutil.copytree(home, tmp_path / "earlier")
    filled(home, 2)
    noted = verify(home).head
    assert verify(home, noted).entries == 7
    with pytest.raises(AuditBroken, match="none of its 5 lines has the sha256 that was noted"):
        verify(tmp_path / "earlier", noted)


@pytest.mark.parametrize("text", ["no json\n", "[]\n", "{}\n"])
def test_what_is_no_line_is_named(tmp_path: Path, text: str) -> None:
    path = filled(tmp_path, 2)
    path.write_text(path.read_text() + text)
    with pytest.raises(AuditBroken, match="line 3 cannot be read"):
        verify(tmp_path)
    with pytest.raises(AuditBroken, match="its last line cannot be read"):
        audit.record(tmp_path, "test", [{}])


def test_half_a_line_of_a_killed_process_was_never_written(tmp_path: Path) -> None:
    path = filled(tmp_path, 2)
    with path.open("a") as file:
        file.write('{"n": 3, "at"')
    assert verify(tmp_path).entries == 2
    audit.record(tmp_path, "test", [{"alert_id": "next"}])
    assert [line["n"] for line in audit.entries(tmp_path)] == [1, 2, 3]
    assert verify(tmp_path).entries == 3


def test_on_a_full_disk_all_of_a_record_is_written_or_nothing(tmp_path: Path) -> None:
    path = filled(tmp_path, 2)
    before = path.read_bytes()
    many = [{"alert_id": f"a{number}"} for number in range(50)]
    with files_of_at_most(len(before) + 1000), pytest.raises(StoreFull):
        audit.record(tmp_path, "test", many)
    assert path.read_bytes() == before
    audit.record(tmp_path, "test", many)
    assert verify(tmp_path).entries == 52


def test_the_last_line_is_found_behind_many(tmp_path: Path) -> None:
    many = [{"alert_id": f"a{number}", "why": "x" * 500} for number in range(300)]
    audit.record(tmp_path, "test", many)
    audit.record(tmp_path, "test", [{"why": "y" * 200_000}])
    audit.record(tmp_path, "test", [{}])
    assert verify(tmp_path).entries == 302
