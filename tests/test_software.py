from __future__ import annotations

import re
from pathlib import Path

import pytest

from lfr_batch import __version__
from lfr_batch.software import code_digest, software


def package(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


CODE = {"__init__.py": "", "a/b.py": "x = 1\n"}


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (CODE, True),
        ({**CODE, "a/b.py": "x = 2\n"}, False),
        ({"__init__.py": "", "a/c.py": "x = 1\n"}, False),
        ({**CODE, "c.py": ""}, False),
        ({**CODE, "a/__pycache__/b.pyc": "compiled"}, True),
    ],
)
def test_installations_are_told_apart_by_their_code_wherever_they_lie(
    tmp_path: Path, other: dict[str, str], same: bool
) -> None:
    here = code_digest(package(tmp_path / "here", CODE))
    assert (code_digest(package(tmp_path / "else/where", other)) == here) == same


def test_this_installation_says_its_version_and_twelve_digits_of_its_code() -> None:
    assert re.fullmatch(rf"{re.escape(__version__)} [0-9a-f]{{12}}", software())
