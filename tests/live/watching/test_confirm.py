"""When a live track is an alert: it and enough of its shots name the same person."""

from __future__ import annotations

import pytest

from lfr_batch.live.watching.confirm import ProposedPerson, confirmed, names
from lfr_batch.records import Candidate

Named = tuple[tuple[Candidate, ...], float | None]


def named(*subjects: str) -> Named:
    """Candidates best first, as a comparison ranks them."""
    ranked = tuple(
        Candidate(rank, subject, f"{subject}-01", 0.6 - rank / 10, above_threshold=rank == 1)
        for rank, subject in enumerate(subjects, 1)
    )
    return ranked, 0.1 if len(ranked) > 1 else None


NOBODY = named()


@pytest.mark.parametrize(
    ("fused", "of_shots", "needed", "proposed"),
    [
        (named("A", "B"), [named("A"), named("A", "B")], 2, "A"),
        (named("A"), [named("A"), named("B", "A")], 2, None),  # second best is no agreement
        (named("A"), [named("A"), NOBODY], 2, None),
        (named("A"), [named("B"), named("B"), named("B")], 1, None),
        (named("A"), [named("A"), NOBODY, named("A")], 2, "A"),
        (NOBODY, [named("A"), named("A")], 2, None),  # each shot, and not all together
        (named("A"), [], 1, None),
    ],
)
def test_a_person_is_proposed(
    fused: Named, of_shots: list[Named], needed: int, proposed: str | None
) -> None:
    found = confirmed(fused, of_shots, needed)
    assert (found and found.best.subject_id) == proposed
    if found:
        assert found == ProposedPerson(*fused)


def test_a_comparison_names_its_best_only() -> None:
    assert names(named("A", "B"), "A")
    assert not names(named("B", "A"), "A")
    assert not names(NOBODY, "A")
