"""`lfr live-passes` as its user gives it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from lfr_batch.cli.live.passes import recognised
from lfr_batch.config.load import dump_config
from lfr_batch.live.deployment.recognition_rate import PassCounts, SeedingFigures
from tests.cli.here import lfr
from tests.live.made import DEPLOYMENT, a_config, a_record, an_alert, opened
from tests.live.seeded import kept_passes, seed

BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With a deployment that is over, in which S000 was recognised when it began."""
    monkeypatch.setenv("LFR_HOME", str(tmp_path))
    monkeypatch.delenv("LFR_RESULTS", raising=False)
    seed(tmp_path)
    router = opened(tmp_path, record=a_record(BEGAN))
    router.raise_alert(an_alert(captured_at=BEGAN))
    router.close()
    (tmp_path / "live.yaml").write_text(yaml.safe_dump(dump_config(a_config())))
    return tmp_path


def asked(home: Path, *rows: str) -> list[str]:
    path = home / "passes.csv"
    path.write_text("\n".join(["volunteer,camera,at", *rows]))
    return ["live-passes", DEPLOYMENT, str(path), "--config", str(home / "live.yaml")]


def row(seconds: float, volunteer: str = "S000", camera: str = "north") -> str:
    return f"{volunteer},{camera},{(BEGAN + timedelta(seconds=seconds)).isoformat()}"


def test_it_says_what_was_entered_and_the_rate_of_the_day(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = asked(home, row(2), row(600))
    rate = "3 volunteers: 1 of 2 passes recognised, 50 % (95 % interval 1.26 % to 98.7 %)"
    for said in ("2 passes entered", "0 passes entered; 2 of the file were known already"):
        code, out, err = lfr(capsys, *words)
        assert (code, out.splitlines(), err) == (0, [said, rate], "")
    assert len(kept_passes(home).all()) == 2


def test_a_file_that_will_not_do_is_one_sentence_and_enters_nothing(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = lfr(capsys, *asked(home, row(2), row(9, "S777"), row(9, camera="west")))
    assert (code, out) == (2, "")
    assert "line 3: 'S777' is no volunteer of this deployment; line 4: there is no camera" in err
    assert err.rstrip().endswith("Mend the file and enter it again.")
    assert kept_passes(home).all() == ()


@pytest.mark.parametrize(
    ("total", "said"),
    [
        (PassCounts(), "2 volunteers: no pass was entered, so no rate of recognition is known"),
        (
            PassCounts(passes=10, recognised=10),
            "2 volunteers: 10 of 10 passes recognised, 100 % (95 % interval 69.2 % to 100 %)",
        ),
    ],
)
def test_the_rate_is_one_line(total: PassCounts, said: str) -> None:
    assert recognised(SeedingFigures(volunteers=2, within_s=30.0, total=total)) == said
