"""Folders that are their process's alone, and go with it."""

from __future__ import annotations

import logging
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

import pytest

from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.session_folder import (
    BASE_BYTES,
    RAYS,
    SOCKET_BYTES,
    TOKEN,
    base_folder,
    is_open,
    session_folder,
    sweep,
    trouble_with,
)
from lfr_batch.engine.table import joined
from lfr_batch.errors import EngineError
from tests.patience import PATIENCE_S
from tests.permissions import NOBODY

KILLED = """
import os, signal
from lfr_batch.engine.session_folder import session_folder
with session_folder() as folder:
    (folder / "r" / "logs").mkdir(parents=True)
    print(folder, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Short, and this user's alone."""
    folder = Path(mkdtemp(prefix="b"))
    monkeypatch.setenv("RAY_TMPDIR", str(folder))
    yield folder
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def test_it_is_private_whatever_the_umask_and_holds_a_token(base: Path) -> None:
    os.umask(0)
    with session_folder() as folder:
        assert folder.parent == base
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / TOKEN).stat().st_mode) == 0o600
        assert len((folder / TOKEN).read_text()) == 64
        (folder / RAYS).mkdir()
        (folder / RAYS).chmod(0o777)  # as Ray does
        assert not is_open(folder / RAYS)
    assert list(base.iterdir()) == []


def test_it_goes_when_what_is_done_in_it_fails(base: Path) -> None:
    with suppress(RuntimeError), session_folder() as folder:
        (folder / RAYS).mkdir()
        raise RuntimeError
    assert list(base.iterdir()) == []


def test_it_stays_for_whoever_asks_for_rays_logs_until_the_next(
    base: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), session_folder() as kept:
        (kept / RAYS).mkdir()
    assert kept.is_dir()
    assert str(kept) in caplog.text
    with session_folder() as folder:
        assert list(base.iterdir()) == [folder]


def test_each_has_its_own_and_what_a_killed_process_left_is_removed(base: Path) -> None:
    with session_folder() as first:
        killed = subprocess.run([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, check=False)
        assert killed.returncode == -signal.SIGKILL
        left = Path(killed.stdout.decode().strip())
        assert left.is_dir()
        with session_folder() as second:
            assert set(base.iterdir()) == {first, second}
            assert (first / TOKEN).read_text() != (second / TOKEN).read_text()


def test_what_still_writes_there_ends_before_it_goes(base: Path) -> None:
    """As Ray's agents do, which outlive their cluster."""
    with session_folder() as folder:
        (folder / RAYS).mkdir()
        log = folder / RAYS / "agent.log"
        with log.open("w") as written:
            agent = subprocess.Popen(["sleep", "600"], stdout=written)
        with log.open() as read:
            reader = subprocess.Popen(["sleep", "600"], stdin=read)
    assert agent.wait(PATIENCE_S) == -signal.SIGKILL
    assert reader.poll() is None
    reader.kill()
    reader.wait()
    assert list(base.iterdir()) == []


def test_while_something_writes_there_it_stays(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lfr_batch.engine.session_folder.end_processes", lambda _: False)
    with session_folder() as folder:
        pass
    sweep(base)
    assert folder.is_dir()


@pytest.mark.parametrize(
    ("name", "holds", "mode"),
    [
        ("lfr-ray-mine", "", 0o700),
        ("lfr-ray-abcdefgh", "evidence.jpg", 0o700),
        ("lfr-ray-abcdefgh", "", 0o755),
        ("ray-abcdefgh", "", 0o700),
    ],
)
def test_what_is_not_surely_a_dead_session_is_left(
    name: str, holds: str, mode: int, base: Path
) -> None:
    folder = base / name
    folder.mkdir()
    folder.chmod(mode)
    if holds:
        (folder / holds).touch()
    sweep(base)
    assert folder.is_dir()


def test_a_link_of_that_name_is_not_followed(base: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    (target / RAYS).mkdir(parents=True)
    target.chmod(0o700)
    (base / "lfr-ray-abcdefgh").symlink_to(target)
    sweep(base)
    assert (target / RAYS).is_dir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's folder")
def test_the_folder_of_another_user_is_left(base: Path) -> None:
    folder = base / "lfr-ray-abcdefgh"
    folder.mkdir(0o700)
    os.chown(folder, NOBODY, NOBODY)
    sweep(base)
    assert folder.is_dir()


def test_a_base_is_as_long_as_its_sockets_leave_room_for() -> None:
    longest = "/lfr-ray-abcdefgh/r/session_2026-01-31_10-45-02_123456_4194304/sockets/plasma_store"
    assert BASE_BYTES + len(longest) == SOCKET_BYTES == 107
    assert trouble_with(Path("/tmp")) is None


@pytest.mark.parametrize(
    ("mode", "says"),
    [(0o777, "Other users can change"), (0o770, "Other users can change"), (0o1777, None)],
)
def test_a_base_that_others_can_change_is_refused(mode: int, says: str | None, base: Path) -> None:
    base.chmod(mode)
    if says is None:
        with session_folder() as folder:
            assert folder.is_dir()
        return
    with pytest.raises(EngineError, match=says) as refused, session_folder():
        pass
    assert "set RAY_TMPDIR to a folder" in str(refused.value)
    assert list(base.iterdir()) == []


@pytest.mark.parametrize(
    ("below", "says"),
    [("n" * 30, "too long a path"), ("gone", "is no folder in which you can make one")],
)
def test_a_base_that_cannot_hold_it_is_refused(
    below: str, says: str, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if below != "gone":
        (base / below).mkdir()
    monkeypatch.setenv("RAY_TMPDIR", str(base / below))
    with pytest.raises(EngineError, match=says), joined(EngineConfig(kind="ray")):
        pass
    with joined(EngineConfig(kind="in_process")):
        pass
    with pytest.raises(EngineError, match=says), session_folder():
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's folder")
def test_a_base_of_another_user_is_refused(base: Path) -> None:
    os.chown(base, NOBODY, NOBODY)
    assert "Other users can change" in (trouble_with(base) or "")


def test_links_to_a_base_are_resolved_once(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (base / "link").symlink_to(base)
    monkeypatch.setenv("RAY_TMPDIR", str(base / "link"))
    assert base_folder() == base


@pytest.mark.parametrize(
    ("mode", "parents", "expected"),
    [(0o777, 0o755, True), (0o775, 0o755, True), (0o755, 0o755, False), (0o777, 0o700, False)],
)
def test_a_folder_is_open_where_others_can_enter_and_change_it(
    mode: int, parents: int, expected: bool, base: Path
) -> None:
    base.chmod(parents)
    folder = base / "ray"
    folder.mkdir()
    folder.chmod(mode)
    assert is_open(folder) is expected
