from __future__ import annotations

import json
import pickle
import re

import numpy as np
import pytest

from lfr_batch.faces.boxes import grow
from lfr_batch.unexpected import innermost, trace, unexpected


def raised_below(secret: str) -> Exception:
    """In a library, called by this package, which is called from here."""
    try:
        grow(np.array([secret, secret, secret, secret]), 0.5, (10, 10))
    except Exception as error:  # noqa: BLE001 - numpy's own
        return error
    raise AssertionError("it was to be refused")


def test_the_innermost_of_our_lines_is_named() -> None:
    error = raised_below("s3cret")
    assert re.fullmatch(r"lfr_batch\.faces\.boxes:\d+", innermost(error))
    assert unexpected(error).startswith(f"unexpected {type(error).__name__}: ")
    assert unexpected(error).endswith(f" (at {innermost(error)})")


def test_a_trace_has_every_file_and_line_and_no_value() -> None:
    told = trace(raised_below("s3cret"))
    assert re.search(r"tests/test_unexpected\.py:\d+ > .*lfr_batch/faces/boxes\.py:\d+", told)
    assert "s3cret" not in told
    assert "\n" not in told


def test_of_an_error_outside_this_package_there_is_no_place() -> None:
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads("[")
    assert innermost(caught.value) == ""
    assert unexpected(caught.value) == f"unexpected JSONDecodeError: {caught.value}"


def test_an_error_that_crossed_a_process_has_lost_its_place() -> None:
    crossed = pickle.loads(pickle.dumps(ValueError("x")))
    assert unexpected(crossed) == "unexpected ValueError: x"
    assert trace(crossed) == "ValueError: nowhere known"
