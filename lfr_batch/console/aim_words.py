"""What a crew is told of a camera that they aim: what is seen, and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lfr_batch.live.records import AimGuide, Light

NOBODY = "No face in the last minute: have somebody walk where people will come from."
WHY: Mapping[str, str] = {
    "unsure": "not clear enough: more light, or a camera that is closer, helps",
    "turned": "turned away: point the camera along the way that people walk",
    "tilted": "seen from too high or too low: bring the camera nearer to the height of faces",
    "blurred": "blurred: more light or a shorter exposure helps; check the focus",
    "brief": "in view too briefly: point the camera along the way that people walk",
}
"""By ``AimGuide.reasons``; ``small`` has numbers."""
LIGHT: Mapping[Light, str] = {
    "dark": "Too dark for faces: more light, or a longer exposure, is needed.",
    "bright": "Too bright for faces: shorten the exposure or close the iris.",
    "against": "Against the light: faces are dark before a bright background. Turn or move the "
    "camera.",
}
DARK_AND_BLURRED = "Too dark for faces: more light is needed."
"""A longer exposure would blur them more."""
SOFT = "The whole picture is soft: check the focus, and clean the lens."


def aim_words(guide: AimGuide) -> Iterator[str]:
    """Sentences, the most important first."""
    if not guide.faces:
        yield NOBODY
    else:
        yield _share(guide)
    if guide.light is not None:
        yield DARK_AND_BLURRED if _is_dark_and_blurred(guide) else LIGHT[guide.light]
    if guide.is_soft:
        yield SOFT
    if guide.width_px is not None:
        yield _widths(*guide.width_px, guide.least_px)


def _is_dark_and_blurred(guide: AimGuide) -> bool:
    return guide.light == "dark" and next(iter(guide.reasons), None) == "blurred"


def _share(guide: AimGuide) -> str:
    others = guide.faces - guide.compared
    if not others:
        return _all(guide.faces)
    if guide.faces == 1:
        return f"The only one seen would not be compared. It is {_why(guide)}."
    some = guide.compared or "None"
    would = f"{some} of {guide.faces} faces would be compared."
    return f"{would} {_who(guide, others)} {_why(guide)}."


def _all(faces: int) -> str:
    if faces == 1:
        return "The only face in the last minute would be compared."
    return f"All {faces} faces of the last minute would be compared."


def _who(guide: AimGuide, others: int) -> str:
    if others == 1:
        return "The other one is"
    if next(iter(guide.reasons.values())) == others:
        return "The others are" if guide.compared else "They are"
    return "Most of the others are" if guide.compared else "Most of them are"


def _why(guide: AimGuide) -> str:
    reason = next(iter(guide.reasons))
    if reason != "small":
        return WHY[reason]
    if guide.small_px is None or guide.small_px >= guide.least_px:
        return "too small: zoom in or move closer"
    return (
        f"too small: {guide.small_px:.0f} px wide, {guide.least_px:.0f} are needed – zoom in or "
        "move closer"
    )


def _widths(least: float, median: float, most: float, needed: float) -> str:
    if round(least) == round(most):
        return f"Faces are {most:.0f} px wide; {needed:.0f} are needed."
    return (
        f"Faces are {least:.0f} to {most:.0f} px wide, half of them {median:.0f} or more; "
        f"{needed:.0f} are needed."
    )
