from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lfr_batch.evaluation.all_figures import all_figures
from lfr_batch.evaluation.figures import EvaluationFigures, worded
from lfr_batch.evaluation.outcomes import EnrolledPicture
from lfr_batch.evaluation.page import Evaluation, write_evaluation
from lfr_batch.evaluation.sightings import Stretch, compared
from tests.evaluation.made_up import mated, measured, stranger

RUN: dict[str, Any] = {
    "run_id": "20260131-104502-evaluation-3f2a",
    "started_at": datetime(2026, 1, 31, 10, 45, 2, tzinfo=UTC),
    "model_pack": "open@2",
    "software_version": "0.3.0",
    "config_hash": "0a1b2c",
    "computed_on": None,
    "case_ref": "EV-1",
    "authority": "Insp. A <b>",
    "threshold": 0.5,
    "score_kind": "cosine",
    "expected_fpir_low": None,
    "expected_fpir_high": None,
}


def figures(lost: int = 2) -> EvaluationFigures:
    """Sixty strangers of group A, of whom 20 are taken for somebody, sixty of B, four of C."""
    known = [mated(f"p{n}", 0.4 if n < lost else 0.8, sex="<A>") for n in range(40)]
    groups = ("<A>", 60, 20), ("B", 60, 0), ("C", 4, 4)
    strangers = [
        stranger(f"{group}{n}", 0.6 if n < wrong else 0.2, sex=group)
        for group, people, wrong in groups
        for n in range(people)
    ]
    enrolled = [EnrolledPicture(f"p{n}", True, groups={"sex": "<A>"}) for n in range(40)]
    return EvaluationFigures(all_figures(measured([*known, *strangers], enrolled, ("sex",))))


def page(tmp_path: Path, evaluation: Evaluation) -> str:
    write_evaluation(tmp_path / "page.html", evaluation)
    return (tmp_path / "page.html").read_text()


def test_it_needs_nothing_from_elsewhere_and_runs_nothing(tmp_path: Path) -> None:
    text = page(tmp_path, Evaluation(RUN, figures()))
    assert not re.search(r"<script|<link|<img|javascript:|\son\w+=|url\(|https?://", text)
    assert "Insp. A &lt;b&gt;" in text
    assert '<th scope="row">&lt;A&gt;</th>' in text


def test_every_chart_says_what_it_shows_and_has_its_numbers_in_a_table(tmp_path: Path) -> None:
    text = page(tmp_path, Evaluation(RUN, figures()))
    assert len(re.findall(r'<svg [^>]*role="img" aria-label="[^"]+"', text)) == 3
    assert text.count("<summary>The numbers</summary>") == 3


def test_plain_words_come_first(tmp_path: Path) -> None:
    text = page(tmp_path, Evaluation(RUN, figures()))
    head = text.partition("<h2>")[0]
    assert "Of 124 searches by people who are not in the gallery, 24 brought up somebody" in head
    assert "The product aims at 1 %." in head
    assert "\\x" not in text
    assert "Of 40 searches by people who are in the gallery, 2 did not bring them up first" in head


def test_a_group_of_too_few_is_named_without_a_number(tmp_path: Path) -> None:
    text = page(tmp_path, Evaluation(RUN, figures()))
    [row] = re.findall(r'<tr><th scope="row">C</th>.*?</tr>', text, re.DOTALL)
    assert "too few to say" in row
    assert not re.search(r"\d", re.sub(r"<[^>]+>", "", row))


def test_of_clips_and_of_an_earlier_evaluation(tmp_path: Path) -> None:
    clips = compared([Stretch(0, "p1", 1.0, 3.0)], [Stretch(0, "p1", 1.5, 3.0)], 60.0)
    both = measured([mated("p1", 0.8), stranger("s", 0.2)])
    now = all_figures(
        type(both)(**{n: getattr(both, n) for n in both.__slots__} | {"clips": clips})
    )
    before = {**RUN, "run_id": "20260130-104502-evaluation-0000"}, EvaluationFigures(now)
    text = page(tmp_path, Evaluation(RUN, EvaluationFigures(now), before))
    assert "In clips 1 of 1 labelled sightings were found." in text
    assert "0 sightings in 1 min of footage" in text
    assert "20260130-104502-evaluation-0000: open@2" in text
    assert "Of 1 mated pictures that both searched, 0 went wrong" in text


def test_where_no_unknown_picture_could_be_compared_the_page_says_no_threshold(
    tmp_path: Path,
) -> None:
    pictures = [mated("p1", 0.8), *(stranger(f"s{n}", None) for n in range(40))]
    found = EvaluationFigures(all_figures(measured(pictures)))
    text = page(tmp_path, Evaluation(RUN, found, (RUN, found)))
    assert not re.search(r"\binf\b|\bnan\b", text)
    assert "exact test that swaps the two for each of 40 people, p = 1)" in text


def test_words_about_the_labels_are_rows_like_the_figures(tmp_path: Path) -> None:
    words = worded("As the labels' roles <state>.", ("Column 'name' tells no groups apart.",))
    text = page(tmp_path, Evaluation(RUN, EvaluationFigures([*figures().all, *words])))
    assert "<p>As the labels&#39; roles &lt;state&gt;. Pictures were enrolled" in text
    assert "Column &#39;name&#39; tells no groups apart." in text
