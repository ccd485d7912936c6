from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lfr_batch.front.machinery import HERE
from lfr_batch.front.runs import run_order
from tests.console.page_fixtures import devtools, page
from tests.office.made import ServedOffice, copied, served_office
from tests.one_case import Casework, make_casework

__all__ = ["devtools", "page"]


@pytest.fixture(scope="session")
def searched(tmp_path_factory: pytest.TempPathFactory, open_pack_home: Path) -> Path:
    """A home in which the same footage was scanned twice for the same case; do not write in it."""
    made: Casework = make_casework(tmp_path_factory.mktemp("searched"), open_pack_home)
    for _ in range(2):
        order = made.order("walk.mp4", "portrait.jpg")
        run_order(order, str(made.home / "results"), machinery=HERE)
    return made.home


@pytest.fixture
def home(searched: Path, tmp_path: Path) -> Path:
    return copied(searched, tmp_path)


@pytest.fixture
def office(home: Path) -> Iterator[ServedOffice]:
    with served_office(home) as made:
        yield made
