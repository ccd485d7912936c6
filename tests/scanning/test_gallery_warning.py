"""A run against a gallery with children says so, and has it on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lfr_batch.gallery.records import Subject
from lfr_batch.models.store import load_pack
from lfr_batch.scanning.plan import prepare_run
from tests.gallery.conftest import people_of, publish_in
from tests.one_case import Casework


@pytest.mark.parametrize(
    ("attributes", "begins"),
    [
        ({"age": "4"}, "gallery young: 1 of 2 subjects is under 18, the youngest 4: children"),
        ({"age": "40"}, None),
    ],
)
def test_a_gallery_with_children_is_warned_about(
    casework: Casework, tmp_path: Path, attributes: dict[str, str], begins: str | None
) -> None:
    (tmp_path / "models").symlink_to(casework.home / "models")
    identity = load_pack(tmp_path, "open").manifest.identity
    said = {"S1": Subject("S1", attributes), "S2": Subject("S2")}
    publish_in(tmp_path, people_of({"S1": 1, "S2": 1}), "young", subjects=said,
               pack_identity=identity)  # fmt: skip
    order = replace(casework.order("portrait.jpg"), gallery="young", home=tmp_path)
    prepared = prepare_run(order, datetime.now(UTC))
    warning = prepared.request.gallery_warning
    assert (warning is None) == (begins is None)
    if begins is not None:
        assert warning is not None
        assert warning.startswith(begins)
        assert prepared.said[0] == warning
