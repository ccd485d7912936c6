from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lfr_batch.front.machinery import HERE
from lfr_batch.front.runs import run_order
from tests.console.page_fixtures import devtools, page
from tests.office.made import ServedOffice, copied, served_office
from tests.one_case import Casework, pass_on_agreement

__all__ = ["devtools", "page"]


@pytest.fixture(scope="session")
def searched(casework: Casework, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the same footage was scanned twice for the same case; do not write in it."""
    home = tmp_path_factory.mktemp("searched") / "home"
    shutil.copytree(casework.home / "galleries", home / "galleries")
    (home / "models").mkdir()
    (home / "models" / "open").symlink_to((casework.home / "models" / "open").resolve())
    pass_on_agreement(casework.home, home)
    shutil.copytree(casework.footage, home.parent / "footage")
    shutil.copy(casework.played / "passing.mp4", home.parent / "footage" / "walk.mp4")
    own = replace(casework, home=home, footage=home.parent / "footage")
    for _ in range(2):
        order = own.order("walk.mp4", "portrait.jpg")
        run_order(order, str(home / "results"), machinery=HERE)
    return home


@pytest.fixture
def home(searched: Path, tmp_path: Path) -> Path:
    return copied(searched, tmp_path)


@pytest.fixture(scope="module")
def undecided(searched: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedOffice]:
    """One office for those who decide nothing in it."""
    with served_office(copied(searched, tmp_path_factory.mktemp("undecided"))) as made:
        yield made


@pytest.fixture
def office(home: Path) -> Iterator[ServedOffice]:
    with served_office(home) as made:
        yield made
