"""Pictures lent between processes: the same bytes while they are lent, zeros afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lfr_batch.engine.live.actors import reply_of
from lfr_batch.engine.live.shared_pictures import Arena, PictureRef, borrow
from lfr_batch.errors import EngineError
from lfr_batch.records import ByteArray

SIZE = 1 << 20
LENDER = """
import time
import numpy as np
from lfr_batch.engine.live.shared_pictures import Arena
with Arena().lend([np.full((20, 30, 3), 7, np.uint8)]) as [ref]:
    print(ref.arena, flush=True)
    time.sleep(600)
"""


def picture(height: int, width: int) -> ByteArray:
    return np.random.default_rng(height).integers(1, 255, (height, width, 3)).astype(np.uint8)


def whole(arena: PictureRef) -> bytes:
    return Path(arena.arena).read_bytes()


@pytest.mark.parametrize(
    "pictures",
    [
        pytest.param([], id="none"),
        pytest.param([picture(20, 30)], id="one"),
        pytest.param([picture(20, 30), picture(1, 1), picture(40, 7)], id="several"),
        pytest.param([picture(60, 80)[10:40, ::2, ::-1]], id="not contiguous"),
        pytest.param([picture(0, 30), picture(4, 4)], id="empty first"),
    ],
)
def test_what_is_borrowed_is_what_was_lent(pictures: list[ByteArray]) -> None:
    with Arena(SIZE).lend(pictures) as refs:
        for ref, lent in zip(refs, pictures, strict=True):
            borrowed = borrow(ref)
            np.testing.assert_array_equal(borrowed, lent)
            assert not borrowed.flags.writeable


def test_after_a_loan_the_memory_is_zero() -> None:
    arena = Arena(SIZE)
    with arena.lend([picture(20, 30), picture(40, 7)]) as refs:
        kept = borrow(refs[1])
        assert any(whole(refs[0]))
    assert not any(whole(refs[0]))
    assert not kept.any()


def test_after_a_loan_that_failed_the_memory_is_zero() -> None:
    arena, lent = Arena(SIZE), list[PictureRef]()

    def fail() -> None:
        with arena.lend([picture(20, 30)]) as refs:
            lent.extend(refs)
            assert any(whole(refs[0]))
            raise EngineError("no answer")

    with pytest.raises(EngineError, match="no answer"):
        fail()
    assert not any(whole(lent[0]))


def test_a_picture_that_does_not_fit_is_refused_and_the_next_one_is_lent() -> None:
    arena = Arena(SIZE)
    with pytest.raises(ValueError, match="do not fit"), arena.lend([picture(600, 600)]):
        pass
    with arena.lend([picture(20, 30)]) as [ref]:
        np.testing.assert_array_equal(borrow(ref), picture(20, 30))


def test_an_arena_has_no_name_in_any_file_system() -> None:
    with Arena(SIZE).lend([picture(20, 30)]) as [ref]:
        target = Path(ref.arena).readlink()
        assert not target.exists()
        assert Path(ref.arena).stat().st_nlink == 0


def test_a_killed_lender_leaves_nothing_to_borrow() -> None:
    lender = subprocess.Popen([sys.executable, "-c", LENDER], stdout=subprocess.PIPE, text=True)
    assert lender.stdout is not None
    ref = PictureRef(lender.stdout.readline().strip(), 0, (20, 30, 3))
    kept = borrow(ref)
    assert (kept == 7).all()
    os.kill(lender.pid, signal.SIGKILL)
    lender.communicate()
    well, error = reply_of(lambda: borrow(ref))
    assert not well
    assert isinstance(error, EngineError)
    assert "is gone with the process that lent it" in str(error)
