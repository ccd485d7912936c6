"""Fixtures that several packages' tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfr_batch.models.open_pack import fetch_open_pack

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real faces that are not part of the repository."""
    directory = REPOSITORY.parent / "shared" / "data"
    if not directory.is_dir():
        pytest.skip("the evaluation data ../shared/data is not there")
    return directory


@pytest.fixture(scope="session")
def open_pack_home() -> Path:
    """A home with the open model pack in it, fetched once and kept. Read only: copy to change."""
    home = REPOSITORY / ".cache" / "home"
    fetch_open_pack(home)
    return home
