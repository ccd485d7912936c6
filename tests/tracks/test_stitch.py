from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from lfr_batch.config.schema import TrackConfig
from lfr_batch.records import NS_PER_S, Candidate, FurtherShot, Sighting
from lfr_batch.tracks.stitch import stitch

LIMITS = TrackConfig(stitch_gap_s=1.0)
Box = tuple[float, float, float, float]
HERE: Box = (100.0, 100.0, 150.0, 160.0)
THERE: Box = (400.0, 100.0, 450.0, 160.0)


def piece(name: str, start_s: float, end_s: float, box: Box = HERE, **scores: float) -> Sighting:
    ranked = sorted((scores or {"anna": 0.7}).items(), key=lambda item: -item[1])
    candidates = tuple(
        Candidate(rank, subject, f"{subject}-1", score, score >= 0.5)
        for rank, (subject, score) in enumerate(ranked, start=1)
    )
    return Sighting(
        sighting_id=name,
        footage_id="f",
        segment_id=f"segment of {name}",
        start_ns=round(start_s * NS_PER_S),
        end_ns=round(end_s * NS_PER_S),
        first_box_xyxy=box,
        last_box_xyxy=box,
        frames=5,
        best_ns=round(start_s * NS_PER_S),
        box_xyxy=box,
        landmarks_xy=(0.0,) * 10,
        quality=0.5,
        detection_score=0.9,
        margin=0.3,
        candidates=candidates,
        jpeg=name.encode(),
    )


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([piece("a", 50, 60), piece("b", 60.2, 70)], ["a"]),
        ([piece("a", 50, 60), piece("b", 60.2, 120), piece("c", 120.1, 130)], ["a"]),
        ([piece("a", 50, 60), piece("b", 62, 70)], ["a", "b"]),
        ([piece("a", 50, 60), piece("b", 60.2, 70, THERE)], ["a", "b"]),
        ([piece("a", 50, 60), piece("b", 60.2, 70, ben=0.8)], ["a", "b"]),
        ([piece("a", 50, 60), piece("b", 60.2, 70, ben=0.8, anna=0.6)], ["a"]),
        ([piece("a", 50, 60), piece("b", 60.2, 70, ben=0.8, anna=0.4)], ["a", "b"]),
        ([piece("a", 50, 60), piece("b", 55, 70)], ["a", "b"]),
        ([], []),
    ],
    ids=[
        "border",
        "two borders",
        "long gap",
        "elsewhere",
        "someone else",
        "agree in part",
        "agree below the threshold only",
        "at the same time",
        "none",
    ],
)
def test_which_pieces_are_one_sighting(pieces: list[Sighting], expected: list[str]) -> None:
    for order in itertools.permutations(pieces):
        assert [s.sighting_id for s in stitch(order, LIMITS, 5)] == expected


def test_the_whole_has_the_better_piece_s_picture_and_every_better_score() -> None:
    first = replace(piece("a", 50, 60, anna=0.6, ben=0.55), frames=3)
    second = piece("b", 60.2, 70, anna=0.8, cleo=0.52)
    (whole,) = stitch([first, second], LIMITS, 2)
    assert (whole.start_ns, whole.end_ns) == (50 * NS_PER_S, 70 * NS_PER_S)
    assert whole.jpeg == b"b"
    assert whole.frames == 8
    assert whole.pieces == 2
    assert [(c.rank, c.subject_id, c.score) for c in whole.candidates] == [
        (1, "anna", 0.8),
        (2, "ben", 0.55),
    ]
    assert whole.segment_id == "segment of a"


@pytest.mark.parametrize(
    ("first", "second", "margin"),
    [
        ({"anna": 0.9, "ben": 0.5}, {"anna": 0.8, "ben": 0.78}, 0.12),
        ({"anna": 0.9, "ben": 0.5}, {"ben": 0.85, "anna": 0.6}, 0.05),
        ({"anna": 0.9}, {"anna": 0.8}, None),
    ],
    ids=["runner-up in the weaker piece", "another first candidate", "gallery of one"],
)
def test_the_margin_is_to_the_best_that_anybody_else_got(
    first: dict[str, float], second: dict[str, float], margin: float | None
) -> None:
    def own(scores: dict[str, float]) -> float | None:
        best, *rest = sorted(scores.values(), reverse=True)
        return best - rest[0] if rest else None

    pieces = [
        replace(piece("a", 50, 60, HERE, **first), margin=own(first)),
        replace(piece("b", 60.2, 70, HERE, **second), margin=own(second)),
    ]
    (whole,) = stitch(pieces, LIMITS, 1)
    assert whole.margin == (None if margin is None else pytest.approx(margin))


def shots_at(*looks: tuple[float, float]) -> tuple[FurtherShot, ...]:
    """Of these moments and qualities."""
    return tuple(FurtherShot(round(s * NS_PER_S), q, HERE, f"{s}".encode()) for s, q in looks)


def shown(sighting: Sighting) -> list[float]:
    """The moments of its pictures, the evidence picture's first."""
    return [ns / NS_PER_S for ns in (sighting.best_ns, *(f.pts_ns for f in sighting.further))]


def test_the_whole_has_the_best_few_shots_of_all_its_pieces() -> None:
    better = replace(
        piece("a", 50, 60, anna=0.8), quality=0.9, further=shots_at((52, 0.4), (59.9, 0.7))
    )
    weaker = replace(
        piece("b", 60.1, 70, anna=0.6), quality=0.6, further=shots_at((63, 0.3), (66, 0.8))
    )
    last = replace(piece("c", 70.1, 80, anna=0.5), quality=0.2, further=shots_at((75, 0.5)))
    for order in itertools.permutations((better, weaker, last)):
        (whole,) = stitch(order, LIMITS, 5)
        # 60.1 s lies too close to 59.9 s, which is better; 63 s and 70.1 s are one too many.
        assert shown(whole) == [50, 66, 59.9, 75, 52]
        assert whole.jpeg == b"a"


def test_a_piece_with_the_better_score_leads_and_the_other_s_picture_stays() -> None:
    first = piece("a", 50, 60, anna=0.6)
    second = replace(piece("b", 60.2, 70, anna=0.8), further=shots_at((65, 0.4)))
    (whole,) = stitch([first, second], LIMITS, 5)
    assert whole.jpeg == b"b"
    assert shown(whole) == [60.2, 50, 65]
    assert whole.further[0] == FurtherShot(50 * NS_PER_S, 0.5, HERE, b"a")
