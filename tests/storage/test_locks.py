from __future__ import annotations

import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lfr_batch.storage.locks import exclusive, is_held, is_still, open_lock, try_lock


@contextmanager
def held_by_another(lock: Path) -> Iterator[subprocess.Popen[str]]:
    """Who dies, by a signal that nobody can catch, as soon as nothing more is said to them."""
    call = [sys.executable, "-m", "tests.storage.killed", "lock", str(lock)]
    pipe = subprocess.PIPE
    with subprocess.Popen(call, stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        yield other


def test_a_lock_is_its_owners_alone_and_made_with_its_folder(tmp_path: Path) -> None:
    lock = tmp_path / "new" / "LOCK"
    with exclusive(lock):
        assert is_held(lock)
    assert not is_held(lock)
    assert stat.S_IMODE(lock.stat().st_mode) == 0o600


def test_nobody_holds_what_is_not_there(tmp_path: Path) -> None:
    assert not is_held(tmp_path / "LOCK")
    assert not (tmp_path / "LOCK").exists()


def test_a_lock_goes_with_its_holder(tmp_path: Path) -> None:
    lock = tmp_path / "LOCK"
    with held_by_another(lock) as other, open_lock(lock) as file:
        assert is_held(lock)
        assert not try_lock(file)
        assert not try_lock(file, tries=3, between_tries_s=0.001)
        assert other.stdin is not None
        other.stdin.close()
        other.wait()
        assert not is_held(lock)
        assert try_lock(file)


def test_one_that_is_being_let_go_is_waited_for(tmp_path: Path) -> None:
    lock, done = tmp_path / "LOCK", threading.Event()

    def take() -> None:
        with exclusive(lock):
            done.set()

    with open_lock(lock) as holder:
        assert try_lock(holder)
        waiting = threading.Thread(target=take)
        waiting.start()
        assert not done.is_set()
    waiting.join()
    assert done.is_set()


def test_whoever_looks_only_does_not_keep_others_out(tmp_path: Path) -> None:
    lock = tmp_path / "LOCK"
    with open_lock(lock) as file:
        assert not is_held(lock)
        assert try_lock(file)


def test_a_file_that_another_has_replaced_is_not_that_file_any_more(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with open_lock(path) as file:
        assert is_still(path, file)
        (tmp_path / "new").touch()
        (tmp_path / "new").replace(path)
        assert not is_still(path, file)
        path.unlink()
        assert not is_still(path, file)
