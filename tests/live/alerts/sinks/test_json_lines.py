from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from lfr_batch.errors import ConfigError
from lfr_batch.live.alerts.sinks.json_lines import (
    JsonLines,
    read_lines,
    remove_lines,
    require_own_file,
)
from tests.live.made import a_config, a_review, an_alert
from tests.results.test_store import files_of_at_most
from tests.storage.test_files import killed
from tests.synced import synced


def ids(path: Path) -> list[str]:
    return [json.loads(line)["id"] for line in path.read_text().splitlines()]


def test_one_line_per_alert_and_review_without_pictures(tmp_path: Path) -> None:
    path = tmp_path / "new" / "feed.jsonl"
    sink = JsonLines(path)
    for record in (an_alert(0), an_alert(1), a_review("a0000")):
        assert sink(record) is None
    assert ids(path) == ["a0000", "a0001", "r0-a0000"]
    assert "CANARY" not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_line_that_a_killed_process_had_written_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    JsonLines(path)(an_alert(0))
    again = JsonLines(path)
    for number in (0, 1):
        again(an_alert(number, raised_at=an_alert(7).raised_at))
    assert ids(path) == ["a0000", "a0001"]


@pytest.mark.parametrize("written", [1, 10, 30, 200])
def test_half_a_line_is_written_anew(tmp_path: Path, written: int) -> None:
    path = tmp_path / "feed.jsonl"
    JsonLines(path)(an_alert(0))
    whole = path.read_bytes()
    JsonLines(path)(an_alert(1))
    path.write_bytes(path.read_bytes()[: len(whole) + written])
    JsonLines(path)(an_alert(1))
    assert ids(path) == ["a0000", "a0001"]


def test_somebody_elses_last_line_stays(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    path.write_text('{"id": "theirs"}')
    JsonLines(path)(an_alert(0))
    assert ids(path) == ["theirs", "a0000"]


def test_on_a_full_disk_no_half_line_is_left(tmp_path: Path) -> None:
    path, sink = tmp_path / "feed.jsonl", JsonLines(tmp_path / "feed.jsonl")
    sink(an_alert(0))
    before = path.read_bytes()
    with files_of_at_most(len(before) + 100), pytest.raises(OSError, match="too large"):
        sink(an_alert(1))
    assert path.read_bytes() == before
    sink(an_alert(1))
    assert ids(path) == ["a0000", "a0001"]


def test_lines_are_removed_and_the_sink_goes_on(tmp_path: Path) -> None:
    path, sink = tmp_path / "feed.jsonl", JsonLines(tmp_path / "feed.jsonl")
    for number in range(3):
        sink(an_alert(number))
    with path.open("a") as file:
        file.write("not JSON\n")
    assert remove_lines(path, lambda line: line.get("id") == "a0001") == 1
    assert remove_lines(path, lambda line: False) == 0
    sink(an_alert(3))
    kept = path.read_text().splitlines()
    assert kept.pop(2) == "not JSON"
    assert [json.loads(line)["id"] for line in kept] == ["a0000", "a0002", "a0003"]
    assert [line["id"] for line in read_lines(path, lambda line: "score" in line)] == [
        "a0000",
        "a0002",
        "a0003",
    ]
    assert [p.name for p in tmp_path.iterdir()] == ["feed.jsonl"]


def test_lines_that_a_killed_sweep_left_go_with_the_next(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    JsonLines(path)(an_alert(0))
    killed("file", path)
    assert len(list(tmp_path.iterdir())) == 2
    remove_lines(path, lambda line: False)
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_is_there_after_a_power_cut_too(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    with synced() as order:
        JsonLines(path)(an_alert(0))
    assert order == [tmp_path, path]


def test_a_file_that_is_not_there_has_no_lines(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    assert remove_lines(path, lambda line: True) == 0
    assert list(read_lines(path, lambda line: True)) == []
    assert not path.exists()


def symlinked(path: Path) -> None:
    path.symlink_to("hidden.jsonl")


def linked_later(path: Path) -> None:
    path.rename(path.with_name("hidden.jsonl"))
    path.symlink_to("hidden.jsonl")


def with_another_name(path: Path) -> None:
    path.with_name("hidden.jsonl").hardlink_to(path)


def folder_linked_later(path: Path) -> None:
    path.parent.rename(path.parent.with_name("moved"))
    path.parent.symlink_to("moved")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (linked_later, "is a link to"),
        (with_another_name, "has another name"),
        (folder_linked_later, "is below a link to"),
    ],
)
def test_a_file_that_gets_another_name_gets_no_more_alerts(
    tmp_path: Path, change: Callable[[Path], None], why: str
) -> None:
    path = tmp_path / "folder" / "feed.jsonl"
    sink = JsonLines(path)
    assert sink(an_alert(0)) is None
    change(path)
    trouble = sink(an_alert(1))
    assert trouble is not None
    assert f"feed.jsonl {why}" in trouble.said
    assert ids(path) == ["a0000"]


@pytest.mark.parametrize("kind", ["link", "names", "pipe"])
def test_a_file_with_other_names_is_none_to_begin_with(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "feed.jsonl"
    if kind == "link":
        symlinked(path)
    elif kind == "names":
        path.touch()
        with_another_name(path)
    else:
        os.mkfifo(path)
    config = a_config(alerts={"json_lines": str(path)})
    with pytest.raises(ConfigError, match="name a file of its own"):
        require_own_file(config)
