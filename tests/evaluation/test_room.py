from __future__ import annotations

from pathlib import Path

import pytest

from lfr_batch.evaluation.room import LOCK, ROOMS, private_room


def left_in(home: Path) -> list[Path]:
    return [path for path in (home / ROOMS).iterdir() if path.is_dir()]


def test_it_is_its_owners_alone_and_gone_afterwards(tmp_path: Path) -> None:
    with private_room(tmp_path) as room:
        (room / "galleries").mkdir()
        (room / "galleries" / "templates").write_bytes(b"t" * 5000)
        assert room.stat().st_mode & 0o777 == 0o700
    assert left_in(tmp_path) == []


def test_it_is_gone_whatever_ends_it(tmp_path: Path) -> None:
    def stopped() -> None:
        with private_room(tmp_path) as room:
            (room / "templates").write_bytes(b"t" * 5000)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert left_in(tmp_path) == []


def test_what_a_killed_one_left_behind_is_overwritten_and_goes_with_the_next(
    tmp_path: Path,
) -> None:
    left = tmp_path / ROOMS / "0123456789abcdef"
    left.mkdir(parents=True)
    (left / LOCK).touch()
    template = left / "templates"
    template.write_bytes(b"t" * 5000)
    with template.open("rb") as held, private_room(tmp_path):
        assert held.read() == bytes(5000)
    assert left_in(tmp_path) == []


def test_one_that_goes_on_is_left_alone(tmp_path: Path) -> None:
    with private_room(tmp_path) as first, private_room(tmp_path) as second:
        assert sorted(left_in(tmp_path)) == sorted([first, second])
    assert left_in(tmp_path) == []
