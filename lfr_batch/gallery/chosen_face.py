"""Which face of a picture is enrolled, in the words that the operator reads. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lfr_batch.faces.subject import largest, meant_by, of_like_size, relative_sizes
from lfr_batch.gallery.records import Box, Outcome, Pick
from lfr_batch.records import FaceBatch


@dataclass(frozen=True, slots=True)
class ChosenFace:
    which: int | None
    """Index of the face; None where none is chosen."""
    outcome: Outcome
    reason: str


def choose_face(
    faces: FaceBatch,
    size_wh: tuple[int, int],
    box_xyxy: Box | None,
    pick: Pick | None,
    like_size: float,
) -> ChosenFace:
    """The operator's box says whose face it is, else ``pick``, else that no other is of like size.

    Where that leaves several, somebody has to look; their places are in the reason.
    """
    if not len(faces):
        return ChosenFace(None, "refused", "no face found")
    if box_xyxy is not None:
        candidates = meant_by(box_xyxy, faces, like_size)
        if not candidates:
            there = _places(faces, range(len(faces)))
            why = f"no face in its box: that is {_place(box_xyxy)}, faces are at {there}"
            return ChosenFace(None, "refused", why)
        several, chosen = "faces in its box", "by its box"
    else:
        candidates = of_like_size(faces, size_wh, like_size)
        several, chosen = "faces of like size", ""
        if pick == "largest" and len(candidates) > 1:
            candidates, chosen = [largest(faces)], "picked as the largest"
    if len(candidates) > 1:
        why = f"{len(candidates)} {several}: at {_places(faces, candidates)}"
        return ChosenFace(None, "look at", why)
    note = "; ".join(part for part in (chosen, _others(faces, candidates[0])) if part)
    return ChosenFace(candidates[0], "enrolled", note)


def _others(faces: FaceBatch, which: int) -> str:
    shares = [float(x) for i, x in enumerate(relative_sizes(faces, which)) if i != which]
    if not shares:
        return ""
    if len(shares) == 1:
        return f"1 other face: {shares[0]:.0%} of its size"
    return f"{len(shares)} other faces: the largest {max(shares):.0%} of its size"


def _places(faces: FaceBatch, which: Sequence[int]) -> str:
    return " and ".join(_place(tuple(faces.boxes_xyxy[i])) for i in which)


def _place(box_xyxy: Sequence[float]) -> str:
    """As it may be written into the box column of the subjects."""
    return ",".join(f"{side:.0f}" for side in box_xyxy)
