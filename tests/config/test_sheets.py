from __future__ import annotations

import pytest

from lfr_batch.config.sheets import is_slip_for


@pytest.mark.parametrize(
    ("name", "known", "slip"),
    [
        ("bxo", "box", True),
        ("bbox", "box", True),
        ("Box_2", "box", True),
        ("bx", "box", True),
        ("bix", "box", True),
        ("pathh", "path", True),
        ("ile", "file", True),
        ("box", "box", False),
        ("BOX", "box", False),
        ("xbo", "box", False),
        ("sex", "box", False),
        ("profile", "file", False),
        ("height", "right", False),
        ("weight", "right", False),
        ("", "box", False),
    ],
)
def test_one_letter_is_a_slip(name: str, known: str, slip: bool) -> None:
    assert is_slip_for(name, known) is slip
