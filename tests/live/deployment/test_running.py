from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lfr_batch.errors import RunBusy
from lfr_batch.live.deployment.running import claimed, held_if_free

HOLDER = """
import sys, time
from pathlib import Path
from lfr_batch.live.deployment.running import claimed
with claimed(Path(sys.argv[1]), "van", "d1"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_two_of_one_name_never_run_and_others_do(tmp_path: Path) -> None:
    with claimed(tmp_path, "van", "d1"):
        with (
            pytest.raises(RunBusy, match=r"named 'van' is running already \(d1\)"),
            claimed(tmp_path, "van", "d2"),
        ):
            pass
        with claimed(tmp_path, "other", "d3"):
            pass
    with claimed(tmp_path, "van", "d2"):
        pass


def test_a_deployment_s_folder_is_held_while_it_runs(tmp_path: Path) -> None:
    with claimed(tmp_path, "van", "d1"), held_if_free(tmp_path, "d1") as free:
        assert not free
    with held_if_free(tmp_path, "d1") as free:
        assert free


def test_whoever_is_killed_holds_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with held_if_free(tmp_path, "d1") as free:
            assert not free
        holder.send_signal(signal.SIGKILL)
    with claimed(tmp_path, "van", "d2"), held_if_free(tmp_path, "d1") as free:
        assert free
