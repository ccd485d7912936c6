"""What a guarded worker does, and what becomes of it, its items reach their end."""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from lfr_batch.errors import EngineError, GalleryNotFound, StoreFull
from lfr_batch.work.guarded import Guarded, guarded, packed, submitted
from lfr_batch.work.limits import UNLIMITED, Limits
from lfr_batch.work.lost import Lost, Why
from tests.patience import PATIENCE_S
from tests.work import hostile
from tests.work.hostile import LOOSE, Tight

SMALL = Tight(Limits(memory_mib=100, time_s=0.4))


def is_alive(pid: str) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)


def test_items_are_done_in_one_other_process() -> None:
    with guarded(hostile.open_hostile, LOOSE) as process:
        pids = {process("a"), process("b")}
        [pid] = pids
        assert pid != str(os.getpid())
        assert isinstance(pid, str)
    assert not is_alive(pid)


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_what_is_in_hand_is_finished_whoever_tells_the_process_to_end(told: signal.Signals) -> None:
    with guarded(hostile.open_hostile, LOOSE) as process:
        pid = process("a")
        assert isinstance(pid, str)
        os.kill(int(pid), told)
        assert process("a") == pid


@pytest.mark.parametrize(
    ("item", "why", "words"),
    [
        ("die", "died", "ended by SIGSEGV"),
        ("burn", "limit", "s of processor time on .*, where limits.time_s and limits.time_factor"),
        ("hang", "limit", "had not ended after 2 s"),
        ("eat", "limit", "MiB of memory on .*, where limits.memory_mib lets it have 100"),
        ("away", "store", "the store does not answer"),
    ],
)
def test_what_an_item_is_lost_to(item: str, why: Why, words: str) -> None:
    with guarded(hostile.open_hostile, SMALL) as process:
        lost = process(item)
        assert isinstance(lost, Lost)
        assert (lost.item, lost.why) == (item, why)
        assert re.search(words, lost.said)
        assert isinstance(process("the next"), str)


@pytest.mark.parametrize(
    ("limits", "media_s", "in_hand", "allowed"),
    [
        (Limits(100, 2, 5), 0, 1, (100, 2)),
        (Limits(100, 2, 5), 10, 3, (300, 52)),
        (Limits(100, 2, 5, memory_is_shared=True), 10, 3, (100, 52)),
        (UNLIMITED, 10, 3, (float("inf"), float("inf"))),
        (Limits(time_factor=5), 10, 1, (float("inf"), float("inf"))),
    ],
)
def test_what_is_allowed(
    limits: Limits, media_s: float, in_hand: int, allowed: tuple[float, float]
) -> None:
    assert (limits.allowed_mib(in_hand), limits.allowed_s(media_s)) == allowed


def test_what_others_left_behind_is_not_charged_to_an_item() -> None:
    """It is done in a new process, in which it has all that it may."""
    with guarded(hostile.open_hostile, Tight(Limits(memory_mib=100))) as process:
        first = process("leave")
        assert process("leave") != first


def test_whoever_shares_a_worker_is_lost_beside() -> None:
    with closing(Guarded()) as guard:
        guard.open(packed(hostile.open_hostile, LOOSE), UNLIMITED, together=2)
        replies = [submitted(guard, LOOSE, each) for each in ("meet", "meet and die")]
        lost = [reply.result(PATIENCE_S) for reply in replies]
    assert [each.why for each in lost] == ["beside", "beside"]
    assert [each.item for each in lost] == ["meet", "meet and die"]


def test_a_limit_that_is_broken_in_company_is_nobodys() -> None:
    with closing(Guarded()) as guard:
        guard.open(packed(hostile.open_hostile, SMALL), SMALL.limits, together=2)
        replies = [submitted(guard, SMALL, each) for each in ("hang", "eat")]
        lost = [reply.result(PATIENCE_S) for reply in replies]
    assert [each.why for each in lost] == ["beside", "beside"]
    assert "limits.memory_mib lets it have 200" in lost[0].said


def test_the_workers_own_errors_are_raised() -> None:
    with guarded(hostile.open_hostile, LOOSE) as process:
        with pytest.raises(StoreFull, match="the disk is full"):
            process("full")
        with pytest.raises(EngineError, match="A worker failed: unexpected KeyError"):
            process("stumble")
        assert isinstance(process("a"), str)


@pytest.mark.parametrize(
    ("open_worker", "error", "words"),
    [
        (hostile.open_nothing, GalleryNotFound, "no such gallery"),
        (hostile.open_and_die, EngineError, "died each time that it was opened .*SIGABRT"),
    ],
)
def test_what_cannot_be_opened_says_so(
    open_worker: Callable[[object], Callable[[str], str]], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words), guarded(open_worker, LOOSE):
        pass


def test_what_the_worker_logs_is_logged_here(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), guarded(hostile.open_hostile, LOOSE) as process:
        process("say")
    [record] = [each for each in caplog.records if each.name == hostile.logger.name]
    assert (record.levelname, record.getMessage()) == ("WARNING", "said by the child")


def test_one_process_does_one_work_after_another() -> None:
    with closing(Guarded(["json"])) as guard:
        pids = set()
        for spec in (LOOSE, SMALL):
            guard.open(packed(hostile.open_hostile, spec), spec.limits, together=3)
            pids |= {submitted(guard, spec, each).result(PATIENCE_S) for each in "ab"}
    assert len(pids) == 1


def test_what_work_needs_that_is_opened_in_a_new_process_is_not_charged_to_its_first_item() -> None:
    """The process has just been renewed, and is still to answer for the work before."""
    first, second = (Tight(Limits(memory_mib=100, time_s=n)) for n in (10, 20))
    with closing(Guarded()) as guard:
        guard.open(packed(hostile.open_hostile, first), first.limits)
        pid = submitted(guard, first, "leave").result(PATIENCE_S)
        guard.open(packed(hostile.open_large, second), second.limits)
        reply = submitted(guard, second, "a").result(PATIENCE_S)
    assert isinstance(reply, str)
    assert reply != pid


def test_whoever_has_heard_that_nothing_can_be_opened_can_open_something_else(
    tmp_path: Path,
) -> None:
    once = Tight(UNLIMITED, tmp_path / "log")
    with closing(Guarded()) as guard:
        guard.open(packed(hostile.open_once, once), UNLIMITED)
        assert isinstance(submitted(guard, once, "die").result(PATIENCE_S), Lost)
        with pytest.raises(GalleryNotFound):  # it would have been opened for this item
            submitted(guard, once, "a").result(PATIENCE_S)
        guard.open(packed(hostile.open_hostile, LOOSE), UNLIMITED)
        assert isinstance(submitted(guard, LOOSE, "a").result(PATIENCE_S), str)


def test_what_is_under_way_when_it_is_closed_is_lost_with_the_worker(tmp_path: Path) -> None:
    log = tmp_path / "log"
    guard = Guarded()
    spec = Tight(UNLIMITED, log)
    guard.open(packed(hostile.open_hostile, spec), UNLIMITED)
    reply = submitted(guard, spec, "hang")
    wait_for(log.exists)
    guard.close()
    assert reply.result(PATIENCE_S).why == "node"
    with pytest.raises(EngineError, match="stopped"):
        guard.submit(b"")


SUPERVISOR = """
from tests.work import hostile
from lfr_batch.work.guarded import guarded
with guarded(hostile.open_hostile, hostile.LOOSE) as process:
    print(process("a"), flush=True)
    process("hang")
"""


@pytest.mark.parametrize("ends", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_worker_ends_with_its_supervisor(ends: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as supervisor:
        assert supervisor.stdout
        pid = supervisor.stdout.readline().strip()
        assert is_alive(pid)
        supervisor.send_signal(ends)
        supervisor.communicate(timeout=PATIENCE_S)
    wait_for(lambda: not is_alive(pid))


def test_a_supervisor_loads_none_of_what_workers_need() -> None:
    heavy = {"numpy", "cv2", "av", "faiss", "pydantic", "openvino", "onnxruntime", "ray"}
    code = "import sys, lfr_batch.work.guarded, lfr_batch.work.attempts; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not heavy & set(done.stdout.split())
