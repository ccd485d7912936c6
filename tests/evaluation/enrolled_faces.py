"""Labelled pictures as a gallery that stays, to be searched as in casework."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lfr_batch.config.schema import Config
from lfr_batch.enrolment.intake import EnrolOrder
from lfr_batch.front.enrolment import enrol_order
from lfr_batch.front.machinery import HERE
from tests.one_case import AUTHORITY


def home_with_pack(home: Path, pack_home: Path) -> Path:
    (home / "models").mkdir(parents=True)
    (home / "models" / "open").symlink_to(pack_home / "models" / "open")
    return home


def enrol_rows(home: Path, pack_home: Path, rows: Sequence[dict[str, str]]) -> Path:
    """A home with a gallery 'people' of the rows whose role is gallery."""
    pictures = home.parent / "pictures"
    for row in rows:
        if row["role"] == "gallery":
            folder = pictures / row["subject"]
            folder.mkdir(parents=True)
            (folder / "1.jpg").symlink_to(row["file"])
    order = EnrolOrder(
        gallery="people",
        images_dir=pictures,
        subjects_csv=None,
        exclude=(),
        authority=AUTHORITY,
        licence_statement=None,
        config=Config(),
        home=home_with_pack(home, pack_home),
    )
    enrol_order(order, machinery=HERE)
    return home
