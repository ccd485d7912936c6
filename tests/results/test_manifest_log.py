"""The manifest when something goes wrong with it: damaged, lost, a full disk, others at once."""

from __future__ import annotations

import errno
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.errors import ResultsError, ResultsTooNew, StoreFull
from lfr_batch.results import layout
from lfr_batch.results.compact import compact
from lfr_batch.results.lake import open_lake
from lfr_batch.results.manifest_log import (
    KEPT,
    commit,
    manifest_path,
    newest_number,
    read_manifest,
)
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from lfr_batch.storage import files
from lfr_batch.storage.local_store import LocalStore
from lfr_batch.storage.store import Store

from .committing import added
from .publishing import publish, published
from .synthetic import RUN_ID

AT_ONCE = 100


@contextmanager
def committing(root: str, name: str, count: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.results.committing", root, name, str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process


def two_at_once(root: str, count: int) -> set[str]:
    """What both have shown by the time they have come to their end."""
    with committing(root, "one", count) as one, committing(root, "two", count) as two:
        said = {*one.communicate()[0].split(), *two.communicate()[0].split()}
        assert (one.returncode, two.returncode) == (0, 0)
        assert len(said) == 2 * count
        return said


def newest(store: Store) -> str:
    return manifest_path(newest_number(store))


@pytest.mark.parametrize("how", [lambda data: data[: len(data) // 2], lambda _: b""])
def test_a_damaged_one_is_named_and_nothing_of_before_is_shown(
    store: Store, root: str, how: Callable[[bytes], bytes]
) -> None:
    published(store)
    path = newest(store)
    store.write_atomic(path, how(store.read(path)))
    says = rf"{path}, which names .* is damaged .*`lfr lake check --rebuild`"
    with pytest.raises(ResultsError, match=says) as told:
        open_lake(root)
    assert not isinstance(told.value, ResultsTooNew)
    with pytest.raises(ResultsError, match="is damaged"):
        compact(store)


def test_one_of_a_newer_form_is_refused(store: Store, root: str) -> None:
    published(store)
    store.write_atomic(manifest_path(newest_number(store) + 1), b'{"form": 99}')
    with pytest.raises(ResultsTooNew, match=r"has form 99, this version knows 1: upgrade"):
        open_lake(root)


def test_numbers_may_be_missing(store: Store, root: str) -> None:
    published(store)
    number = newest_number(store)
    store.write_atomic(manifest_path(number + 40), store.read(manifest_path(number)))
    store.delete(manifest_path(number - 1))
    assert run_query(open_lake(root), "FROM runs").num_rows == 1
    assert commit(store, lambda m: added(m, "another")).number == number + 41
    assert set(read_manifest(store).runs) == {RUN_ID, "another"}


def test_a_lost_one_is_never_taken_for_a_lake_of_before(store: Store, root: str) -> None:
    published(store)
    store.delete(layout.LAKE)
    says = r"has lost its manifest \(_lake/manifest\).*`lfr lake check --rebuild`"
    for use in (lambda: open_lake(root), lambda: compact(store), lambda: publish(store, "R-2")):
        with pytest.raises(ResultsError, match=says):
            use()
    assert not store.list(layout.MANIFESTS)


@pytest.mark.parametrize("killed_at", ["_lake/manifest/000000001.json", layout.LAKE_JSON])
def test_whoever_is_killed_while_a_lake_is_marked_leaves_one_that_the_next_marks(
    disk: Store, killed_at: str
) -> None:
    class Killed(Exception): ...

    class Dying(LocalStore):
        def write_atomic(self, path: str, data: bytes) -> None:
            if path == killed_at:
                raise Killed
            super().write_atomic(path, data)

        def write_new(self, path: str, data: bytes) -> bool:
            if path == killed_at:
                raise Killed
            return super().write_new(path, data)

    with pytest.raises(Killed):
        publish(Dying(Path(disk.uri)))
    publish(disk, "R-2")
    assert run_query(open_lake(disk.uri), "FROM runs").num_rows == 1
    assert b"adopts" not in disk.read(layout.LAKE_JSON)


def test_on_a_full_disk_what_was_shown_stays(disk: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    published(disk)
    before, names = disk.read(newest(disk)), disk.list(layout.MANIFESTS)

    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "no room")

    with monkeypatch.context() as patch:
        patch.setattr(files, "sync", full)
        with pytest.raises(StoreFull, match="is full; free space and try again"):
            commit(disk, lambda m: added(m, "another"))
    folder = Path(disk.uri) / layout.MANIFESTS
    assert not list(folder.glob(f"{files.TEMPORARY}*"))
    assert (disk.read(newest(disk)), disk.list(layout.MANIFESTS)) == (before, names)
    assert "another" in commit(disk, lambda m: added(m, "another")).runs


@pytest.mark.parametrize(
    ("root", "count"),
    [
        ("disk", AT_ONCE),
        ("bucket", 20),
        pytest.param("bucket", AT_ONCE, marks=pytest.mark.long),
    ],
    indirect=["root"],
)
def test_of_two_processes_at_once_no_change_is_lost(store: Store, root: str, count: int) -> None:
    published(store)
    said = two_at_once(root, count)
    assert set(read_manifest(store).runs) == {RUN_ID, *said}
    assert len(store.list(layout.MANIFESTS)) <= KEPT


class Overtaking(LocalStore):
    """Others make more changes than are kept, once, before or after each manifest is written."""

    def write_new(self, path: str, data: bytes) -> bool:
        store, after = LocalStore(Path(self.uri)), self.uri.endswith("after")
        is_first = "others-0" not in read_manifest(store).runs
        written = after and super().write_new(path, data)
        for number in range(KEPT + 5 if is_first else 0):
            commit(store, lambda m, n=number: added(m, f"others-{n}"))  # type: ignore[misc]
        return written if after else super().write_new(path, data)


@pytest.mark.parametrize("when", ["before", "after"])
def test_whoever_is_held_up_while_others_make_more_changes_than_are_kept_loses_none(
    tmp_path: Path, when: str
) -> None:
    """The number that was next for it is free again by then."""
    store = LocalStore(tmp_path / when)
    published(store)
    said = commit(Overtaking(tmp_path / when), lambda m: added(m, "held-up"))
    expected = {RUN_ID, "held-up", *(f"others-{n}" for n in range(KEPT + 5))}
    assert set(read_manifest(store).runs) == set(said.runs) == expected
    assert len(store.list(layout.MANIFESTS)) <= KEPT


@pytest.mark.parametrize("root", ["rclone_bucket"], indirect=True)
def test_on_a_server_without_conditions_two_processes_come_to_their_end(
    store: Store, root: str
) -> None:
    """There one may undo what the other has just shown: the price in decision 89."""
    published(store)
    two_at_once(root, 20)
    assert RUN_ID in read_manifest(store).runs
    assert "later" in commit(store, lambda m: added(m, "later")).runs


def test_a_committer_that_is_killed_stops_nobody(disk: Store) -> None:
    published(disk)
    for attempt in range(3):
        with committing(disk.uri, f"killed-{attempt}", 10_000) as process:
            assert process.stdout is not None
            said = [process.stdout.readline().strip() for _ in range(5)]
            process.kill()
            said += process.stdout.read().split()
        assert process.returncode == -signal.SIGKILL
        runs = commit(disk, lambda m, n=attempt: added(m, f"after-{n}")).runs  # type: ignore[misc]
        assert {*said, RUN_ID, f"after-{attempt}"} <= set(runs)


def tree(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_whoever_may_only_read_reads(disk: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    published(disk)
    before = tree(Path(disk.uri))

    def refuse(*_: Any) -> Any:
        raise OSError(errno.EROFS, "read-only file system")

    for name in ("write_atomic", "write_new", "move", "delete"):
        monkeypatch.setattr(LocalStore, name, refuse)
    assert run_query(open_lake(disk.uri), "FROM sightings").num_rows == 4
    assert RUN_ID in read_manifest(open_store(disk.uri)).runs
    assert tree(Path(disk.uri)) == before


def test_a_change_that_changes_nothing_writes_nothing(disk: Store) -> None:
    published(disk)
    number = newest_number(disk)
    assert commit(disk, lambda manifest: manifest).number == number
    assert re.fullmatch(r"_lake/manifest/\d{9}\.json", newest(disk))
