"""Processes are told by when they began, too."""

from __future__ import annotations

import os
import subprocess
import sys

from lfr_batch.engine.live.processes import are_alive, born


def test_a_process_is_alive_as_long_as_it_is_the_one_that_began_then() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        began = born(child.pid)
        assert began is not None
        assert int(began) >= int(born(os.getpid()) or 0)
        assert are_alive({child.pid: began, os.getpid(): born(os.getpid())})
        assert not are_alive({child.pid: "1"})
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # a zombie, until it is waited for
        assert born(child.pid) is None
        assert not are_alive({child.pid: began})
    assert born(child.pid) is None


def test_of_no_processes_none_is_dead() -> None:
    assert are_alive({})
