"""Who looked: what a line says, and that nobody is kept from looking."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import AuthorityError, ConfigError
from lfr_batch.oversight import audit
from lfr_batch.oversight.audit_key import key_file
from lfr_batch.oversight.audit_verify import verify
from lfr_batch.oversight.looked import (
    CASES_NAMED,
    LETTERS,
    RUNS_NAMED,
    ResultsLook,
    looked,
    require_why,
)
from tests.live.full_disk import filled, small_disk
from tests.refused import refused

LOOK = ResultsLook("sql", "j.doe", ("OP-1",), ("run-1",), " to prepare\nthe case ", "FROM runs")
S3 = S3Config()


def test_a_look_is_a_signed_line(tmp_path: Path) -> None:
    assert looked(tmp_path, S3, LOOK)
    (line,) = audit.entries(tmp_path)
    said = {
        "event": "results.opened", "what": "sql", "by": "j.doe", "cases": ["OP-1"],
        "run_ids": ["run-1"], "runs": 1, "why": "to prepare the case", "detail": "FROM runs",
    }  # fmt: skip
    assert {name: line[name] for name in said} == said
    assert verify(tmp_path).signed_to == 1


def test_a_line_is_bounded_and_says_how_much_there_is() -> None:
    runs = tuple(f"run-{n:04d}" for n in range(RUNS_NAMED + 7))
    cases = tuple(f"OP-{n}" for n in range(CASES_NAMED + 1))
    said = ResultsLook("report", "j.doe", cases, runs, None, "x" * (LETTERS + 1)).said
    assert (said["run_ids"], said["runs"]) == (list(runs[:RUNS_NAMED]), RUNS_NAMED + 7)
    assert said["cases"] == "every case"
    assert said["detail"] == f"{'x' * LETTERS}… ({LETTERS + 1} letters)"
    assert len(json.dumps(said)) < 10_000
    assert ResultsLook("sql", "j.doe", None).said["cases"] == "every case"
    assert ResultsLook("sql", "j.doe", ()).said["cases"] == []


def _cut(home: Path) -> None:
    log = audit.audit_log(home)
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-1]))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda home: key_file(home).unlink(), "audit/key is gone"),
        (_cut, "was cut: it ends with line 1"),
        (lambda home: audit.audit_log(home).write_text("{"), "was emptied"),
        (lambda home: key_file(home).write_text("?"), "is damaged"),
    ],
)
def test_a_broken_log_is_said_and_stops_nobody(
    tmp_path: Path, spoil: Callable[[Path], object], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert looked(tmp_path, S3, LOOK)
    assert looked(tmp_path, S3, LOOK)
    spoil(tmp_path)
    assert not looked(tmp_path, S3, LOOK)
    (line,) = [text for text in caplog.messages if "has no line of this opening" in text]
    assert said in line


def test_neither_does_a_home_that_may_not_be_written_to(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with refused(home):
        assert not looked(home, S3, LOOK)
        require_why(home, S3, "sql", None)
    assert "Permission denied" in caplog.text
    assert "whether a reason is to be given cannot be read" in caplog.text
    assert list(home.iterdir()) == []


def test_nor_does_a_full_disk_which_leaves_nothing_half_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with small_disk(tmp_path / "disk", "64k") as disk:
        assert looked(disk, S3, LOOK)
        before = audit.audit_log(disk).read_bytes()
        long = ResultsLook("sql", "j.doe", None, detail="é" * LETTERS)
        with filled(disk):
            assert not all(looked(disk, S3, long) for _ in range(4))
        assert "is full" in caplog.text
        assert audit.audit_log(disk).read_bytes().startswith(before)
        assert verify(disk).entries == len(list(audit.entries(disk)))


def test_a_reason_is_asked_where_the_house_says_so(tmp_path: Path) -> None:
    require_why(tmp_path, S3, "sql", None)
    (tmp_path / "policy.yaml").write_text("opening: {ask_why: [report, sql]}\n")
    for what in ("sql", "report"):
        with pytest.raises(AuthorityError, match=rf"\({what}\): give --why TEXT"):
            require_why(tmp_path, S3, what, " \u200b")
        require_why(tmp_path, S3, what, "disclosure")
    require_why(tmp_path, S3, "export", None)
    (tmp_path / "policy.yaml").write_text("opening: {ask_why: [everything]}\n")
    with pytest.raises(ConfigError, match=r"opening.ask_why"):
        require_why(tmp_path, S3, "sql", None)
