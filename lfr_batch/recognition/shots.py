"""From the faces of a frame to shots: the ones fit to be compared, cut out of the picture."""

from __future__ import annotations

from lfr_batch.config.schema import QualityConfig
from lfr_batch.faces.grade import grade
from lfr_batch.faces.view import cut_view
from lfr_batch.footage.frames import Frame, TwoFields
from lfr_batch.records import FaceBatch, Shot


def take_shots(
    frame: Frame, faces: FaceBatch, limits: QualityConfig
) -> tuple[list[Shot | None], tuple[str, ...]]:
    """One shot per face, None where the quality gate refuses it, and each face's reason."""
    if not len(faces):
        return [], ()
    graded = grade(frame, faces, limits)
    other = frame.other_field() if graded.accepted and isinstance(frame, TwoFields) else None
    shots: list[Shot | None] = [None] * len(faces)
    for i in graded.accepted:
        view = graded.views[i]
        if view is not None:
            shots[i] = Shot(
                pts_ns=frame.pts_ns,
                box_xyxy=faces.boxes_xyxy[i],
                landmarks_xy=faces.landmarks_xy[i],
                detection_score=float(faces.scores[i]),
                quality=float(graded.quality[i]),
                view=view,
                other_field=cut_view(other, faces, i) if other else None,
                picture=frame.picture,
            )
    return shots, graded.reasons
