from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lfr_batch.errors import LicenceRefused
from lfr_batch.models.licence import require_permitted_use
from lfr_batch.models.open_pack import MANIFEST

NOW = datetime(2030, 1, 2, tzinfo=UTC)
RESEARCH = MANIFEST.model_copy(update={"name": "buffalo", "permitted_use": "non-commercial"})
LEASED = MANIFEST.model_copy(update={"licensed_until_utc": NOW})


def test_a_free_pack_needs_no_statement() -> None:
    assert require_permitted_use(MANIFEST, None) is None


@pytest.mark.parametrize("statement", [None, "", "  \n"])
def test_a_research_pack_is_refused_without_a_statement(statement: str | None) -> None:
    with pytest.raises(LicenceRefused, match=r"'buffalo'.*--licence") as caught:
        require_permitted_use(RESEARCH, statement)
    assert caught.value.exit_code == 2


def test_the_statement_is_returned_to_be_recorded() -> None:
    assert require_permitted_use(RESEARCH, " contract\n 17 ") == "contract 17"


def test_a_statement_is_recorded_even_where_none_was_needed() -> None:
    assert require_permitted_use(MANIFEST, "contract 17") == "contract 17"


def test_a_licence_that_ran_out_is_refused() -> None:
    assert require_permitted_use(LEASED, None, NOW - timedelta(seconds=1)) is None
    with pytest.raises(LicenceRefused, match="2030-01-02"):
        require_permitted_use(LEASED, None, NOW)
