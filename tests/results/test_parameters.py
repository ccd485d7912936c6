from __future__ import annotations

import pytest

from lfr_batch.errors import QueryError
from lfr_batch.results.parameters import parameter


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("run_id=20260131-104502-scan-3f2a", ("run_id", "20260131-104502-scan-3f2a")),
        ("$RUN=x", ("RUN", "x")),
        ("case=OP 1=2 ", ("case", "OP 1=2 ")),
        ("1=x", ("1", "x")),
        ("empty=", ("empty", "")),
    ],
)
def test_a_value_is_text(said: str, found: tuple[str, str]) -> None:
    assert parameter(said) == found


@pytest.mark.parametrize("said", ["run_id", "=x", "a b=c", ""])
def test_anything_else_is_refused(said: str) -> None:
    with pytest.raises(QueryError, match="is no parameter: write NAME=VALUE"):
        parameter(said)
