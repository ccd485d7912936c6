"""Who may not see a case gets no report, export, pack, review or ready answer about its runs."""

from __future__ import annotations

from pathlib import Path

import pytest

import lfr_batch as lfr
from lfr_batch.casework.case_files import CaseFiles
from lfr_batch.casework.cases import open_case
from lfr_batch.config.schema import S3Config
from lfr_batch.errors import AuthorityError
from lfr_batch.front.evidence import PackOrder, make_evidence
from lfr_batch.front.export import ExportOrder, export_order
from lfr_batch.front.opening import opener_of
from lfr_batch.front.report import write_report
from lfr_batch.oversight import audit
from lfr_batch.oversight.authority import Authority
from lfr_batch.results.store import open_store
from tests.results.synthetic import RUN_ID
from tests.results.test_lake import published


@pytest.fixture
def settings(tmp_path: Path) -> lfr.Settings:
    """A run of a case that Anne alone may see."""
    home = tmp_path / "home"
    published(open_store(home / "results"))
    settings = lfr.Settings(home=home, results=home / "results")
    with lfr.open_results(settings) as results:
        (case_ref,) = results.arrow("SELECT DISTINCT case_ref FROM runs").column(0).to_pylist()
    files = CaseFiles(home, S3Config())
    rules = files.rules.cases
    open_case(files, case_ref, rules.kinds_of_use[0], rules.harm[0], "Anne", may_see=["Anne"])
    return settings


def test_report(settings: lfr.Settings, tmp_path: Path) -> None:
    page = tmp_path / "r.html"

    def write(by: str) -> None:
        opener = opener_of(settings, "report", operator=by)
        write_report(page, RUN_ID, None, None, settings, lambda _: None, opener)

    with pytest.raises(AuthorityError, match="Bill is not among those who may see case"):
        write("Bill")
    assert not page.exists()
    write("anne")
    assert page.exists()


def test_export(settings: lfr.Settings, tmp_path: Path) -> None:
    stated = Authority("OP-9", "Insp. A", "by order", "Bill")
    order = ExportOrder(tmp_path / "rows.csv", stated, run_id=RUN_ID, views=("sightings",))
    with pytest.raises(AuthorityError, match="lfr case change"):
        export_order(order, settings)
    assert not order.to.exists()


def test_a_pack(settings: lfr.Settings, tmp_path: Path) -> None:
    """Nor is told whether the run has found anybody."""
    for nothing_found in (False, True):
        order = PackOrder(
            RUN_ID,
            tmp_path / "pack.zip",
            without_footage=not nothing_found,
            nothing_found=nothing_found,
            operator="Bill",
        )
        with pytest.raises(AuthorityError, match="Bill is not among those who may see case"):
            make_evidence(order, settings)
        assert not order.out.exists()


def test_a_ready_question(settings: lfr.Settings) -> None:
    with lfr.open_results(settings, operator="Bill") as results:
        with pytest.raises(AuthorityError):
            results.ask("best", {"run_id": RUN_ID})
        asked = results.arrow("SELECT count(*) FROM sightings")
    assert asked.num_rows == 1, "SQL of one's own is not held to it"
    assert isinstance(settings.home_place, Path)
    looks = [
        line for line in audit.entries(settings.home_place) if line["event"] == "results.opened"
    ]
    assert {line["by"] for line in looks} >= {"Bill"}
