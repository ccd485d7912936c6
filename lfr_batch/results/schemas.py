"""Every Arrow schema of the results lake: their only definition. Pure.

Each column carries its meaning and unit as ``comment`` metadata; the SQL views, ``columns`` and
the documentation are made from it. A column that is added, renamed or retyped needs a new
SCHEMA_VERSION and a line in ``migrations.py``: parts of before are read as they were written.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pyarrow as pa

from lfr_batch.results.columns import (
    BOX,
    DOUBLES,
    FLOATS,
    FURTHER,
    MOMENT,
    PICTURES,
    RUN_ID,
    STRINGS,
    dataset,
)
from lfr_batch.results.run_schemas import FOOTAGE, RUNS, SEGMENTS

SIGHTINGS = dataset(
    "sightings",
    RUN_ID,
    (
        "sighting_id",
        pa.string(),
        "The sighting; runs with the same settings give it the same id, so that only run_id and "
        "sighting_id together name one.",
    ),
    ("footage_id", pa.string(), "File in which it was seen."),
    ("segment_id", pa.string(), "Segment in which it begins."),
    ("camera_id", pa.string(), "Camera of the file; null where unknown."),
    ("start_s", pa.float64(), "First moment of the track, seconds of media time."),
    ("end_s", pa.float64(), "Last moment of the track, seconds of media time."),
    ("start_utc", MOMENT, "First moment, wall clock UTC; null where the footage's is unknown."),
    ("end_utc", MOMENT, "Last moment, wall clock UTC; null where the footage's is unknown."),
    ("best_s", pa.float64(), "Moment of the evidence picture, seconds of media time."),
    ("best_utc", MOMENT, "Moment of the evidence picture, wall clock UTC; null where unknown."),
    (
        "start_source",
        pa.string(),
        "Where these wall-clock times come from: manifest, filename, container or none.",
    ),
    ("box", BOX, "Face at best_s, pixels of the upright picture."),
    ("quality", pa.float64(), "Quality of the best shot, 0 to 1."),
    ("detection_score", pa.float64(), "Detector's confidence in the best shot, 0 to 1."),
    ("frames", pa.int64(), "Looks in which the face was followed, also where nothing had changed."),
    ("pieces", pa.int32(), "Tracks that were stitched together across segment borders."),
    ("picture", pa.int32(), "Page or frame of a still, from 1; null in video."),
    ("subject_id", pa.string(), "First candidate: the gallery subject proposed."),
    ("image_id", pa.string(), "Enrolled picture of that subject that scored best."),
    ("score", pa.float64(), "Cosine score of the first candidate, -1 to 1."),
    ("relative_score", pa.float64(), "Its relative score; null where the cosine decided."),
    ("margin", pa.float64(), "Score minus the next subject's; null in a gallery of one subject."),
    (
        "threshold",
        pa.float64(),
        "Cosine score that this face had to reach, -1 to 1; where relative scores decide, each "
        "face has its own.",
    ),
)

CANDIDATES = dataset(
    "candidates",
    RUN_ID,
    ("sighting_id", pa.string(), "The sighting."),
    ("rank", pa.int32(), "1 is the best candidate."),
    ("subject_id", pa.string(), "Gallery subject proposed."),
    ("image_id", pa.string(), "Enrolled picture of that subject that scored best."),
    ("score", pa.float64(), "Cosine score, -1 to 1."),
    ("relative_score", pa.float64(), "Relative score; null where the cosine decided."),
    ("above_threshold", pa.bool_(), "Whether the score reaches the run's threshold."),
)

SUBJECTS = dataset(
    "subjects",
    RUN_ID,
    ("subject_id", pa.string(), "The subject, whom the run proposed as a candidate."),
    ("gallery", pa.string(), "Gallery that was searched."),
    ("gallery_snapshot", pa.string(), "Snapshot of the gallery of which this is said."),
    (
        "name",
        pa.string(),
        "Name by the enrolment's table (its column 'name'), else the subject's id; null where the "
        "snapshot was gone when the run was published.",
    ),
    (
        "attributes",
        pa.map_(pa.string(), pa.string()),
        "The other columns of the enrolment's table, as of the snapshot; empty cells are left out.",
    ),
    (
        "templates",
        pa.int32(),
        "How many templates the snapshot has of it; none is kept here.",
    ),
)

BEST_SHOTS = dataset(
    "best_shots",
    RUN_ID,
    ("sighting_id", pa.string(), "The sighting."),
    ("jpeg", pa.binary(), "Evidence picture: the face with a margin, other faces blurred."),
    (
        "thumbnail",
        pa.binary(),
        "The same as a small JPEG, for lists; null in runs of before.",
    ),
    ("mime", pa.string(), "Media type of both pictures."),
    ("width", pa.int32(), "Width of the evidence picture, pixels."),
    ("height", pa.int32(), "Height of the evidence picture, pixels."),
    ("box", BOX, "Face, pixels of the upright footage picture."),
    (
        "landmarks",
        FLOATS,
        "x, y of left eye, right eye, nose tip, left and right mouth corner, same pixels as box.",
    ),
    ("media_s", pa.float64(), "Moment of the picture, seconds of media time."),
    (
        "further",
        FURTHER,
        "Up to four further shots of the same person at other moments, best first: media_s, "
        "quality (0 to 1) and box, which are said as above. Empty where there are none, as in "
        "stills; null in runs of before.",
    ),
    (
        "further_jpegs",
        PICTURES,
        "The pictures of further, in its order, other faces blurred as well: at most 400 pixels a "
        "side; 480 where it was a piece's evidence picture. Apart, so that whoever counts shots "
        "or lists their moments reads no picture.",
    ),
)

EVALUATIONS = dataset(
    "evaluations",
    RUN_ID,
    ("figure_id", pa.int32(), "Number of the figure within its evaluation, from 0."),
    (
        "figure",
        pa.string(),
        "What was measured: fpir, fnir, fte, fta, … (docs/operations.md has the list); curves have "
        "a row for each point, and 'probe' one for each picture that was searched.",
    ),
    (
        "group_column",
        pa.string(),
        "Column of the labels by which people are told apart; null: all.",
    ),
    ("group_value", pa.string(), "What it says of the people that the figure is about."),
    (
        "threshold",
        pa.float64(),
        "Score from which a candidate counted; null where none was needed.",
    ),
    (
        "point",
        pa.float64(),
        "Where on its curve the figure stands: wanted FPIR, rank, or lower end of a score's class.",
    ),
    (
        "value",
        pa.float64(),
        "The figure; null where too few people were there to say it, or to publish it.",
    ),
    ("low", pa.float64(), "Lower end of its 95 % interval; null where it has none."),
    ("high", pa.float64(), "Upper end of its 95 % interval; null where it has none."),
    ("found", pa.int64(), "Of how many it was so; null where it was not counted."),
    ("among", pa.int64(), "Of how many it was counted."),
    ("people", pa.int64(), "How many people these are of."),
    ("method", pa.string(), "How the interval or the test was made."),
    ("detail", pa.string(), "What there is to say beside it: a reason, groups that were compared."),
    (
        "probe_key",
        pa.string(),
        "In rows of 'probe': a digest of the picture's own, by which two evaluations of the same "
        "pictures are compared. Whoever has the picture can make it, nobody else.",
    ),
    (
        "person_key",
        pa.string(),
        "In rows of 'probe': a digest of all digests of that person's pictures.",
    ),
)

ALERTS = dataset(
    "alerts",
    RUN_ID,
    ("alert_id", pa.string(), "The alert: a proposal, on which an officer decides."),
    ("camera_id", pa.string(), "Camera, as the deployment's configuration names it."),
    ("captured_at", MOMENT, "When the frame arrived that confirmed it, UTC."),
    ("first_seen_at", MOMENT, "First moment of the track, UTC."),
    ("raised_at", MOMENT, "When the router took the alert, to write it, UTC."),
    ("keep_until", MOMENT, "When it is deleted, by the deployment's retention period, UTC."),
    ("subject_id", pa.string(), "First candidate: the watchlist subject proposed."),
    ("image_id", pa.string(), "Enrolled picture of that subject that scored best."),
    ("score", pa.float64(), "Cosine score of the first candidate, -1 to 1."),
    ("margin", pa.float64(), "Score minus the next subject's; null on a watchlist of one subject."),
    ("threshold", pa.float64(), "Cosine score that this face had to reach, -1 to 1."),
    ("quality", pa.float64(), "Quality of the best shot, 0 to 1."),
    ("detection_score", pa.float64(), "Detector's confidence in the best shot, 0 to 1."),
    ("looks", pa.int64(), "Analysed frames that had shown the face."),
    ("box", BOX, "Face in the best shot, pixels of the frame."),
    ("candidate_subject_ids", STRINGS, "Watchlist subjects proposed, best first."),
    ("candidate_scores", DOUBLES, "Their cosine scores, -1 to 1."),
    ("best_shot_jpeg", pa.binary(), "Best shot: the face with a margin, other faces blurred."),
    ("gallery_jpeg", pa.binary(), "Enrolled picture of the subject, beside which it is shown."),
    ("wait_s", pa.float64(), "From the frame's arrival until it was picked up, seconds."),
    ("detect_s", pa.float64(), "Detection, seconds."),
    ("compare_s", pa.float64(), "Second look, templates, search and decision, seconds."),
    ("raise_s", pa.float64(), "From the decision until the router took the alert, seconds."),
    (
        "volunteer",
        pa.bool_(),
        "Whether its subject passes on purpose (blue list): then it counts as no alert. Null in "
        "rows of before version 0.3.",
    ),
)

REVIEWS = dataset(
    "reviews",
    RUN_ID,
    ("review_id", pa.string(), "The review."),
    (
        "alert_id",
        pa.string(),
        "The alert it decides on; its latest review counts. Null where it is about a sighting.",
    ),
    ("reviewer", pa.string(), "Who decided."),
    ("role", pa.string(), "operator, reviewer, authoriser or auditor."),
    ("decided_at", MOMENT, "When it was decided, UTC."),
    (
        "verdict",
        pa.string(),
        "match, no_match or cannot_tell, which of a sighting follows from the conclusion; null in "
        "rows of an outcome.",
    ),
    ("reason", pa.string(), "Why, in the reviewer's words."),
    (
        "outcome",
        pa.string(),
        "engaged, arrested or no_action; of a sighting confirmed, eliminated, arrest, charge or "
        "no_action. Null where not known.",
    ),
    (
        "sighting_id",
        pa.string(),
        "The sighting it decides on, of the same run; null where it is about an alert.",
    ),
    ("subject_id", pa.string(), "Candidate with whom it was compared; null of an alert."),
    (
        "stage",
        pa.string(),
        "Whose it is: first, second or third examiner's, or outcome: what became of it later. Null "
        "of an alert.",
    ),
    (
        "conclusion",
        pa.string(),
        "Six steps from same_strong to different_strong (docs/review.md); null but of examiners.",
    ),
    (
        "components",
        pa.map_(pa.string(), pa.string()),
        "hair, forehead, eyes, ears, nose, mouth, chin, marks: similar, different or not_visible.",
    ),
    ("image_factors", STRINGS, "What about the pictures hindered the comparison."),
)

OF_A_SIGHTING = (
    "sighting_id",
    "subject_id",
    "stage",
    "conclusion",
    "components",
    "image_factors",
)
"""Columns of reviews that are null of an alert."""

DATASETS: Mapping[str, pa.Schema] = MappingProxyType(
    {
        "runs": RUNS,
        "footage": FOOTAGE,
        "segments": SEGMENTS,
        "sightings": SIGHTINGS,
        "candidates": CANDIDATES,
        "subjects": SUBJECTS,
        "best_shots": BEST_SHOTS,
        "evaluations": EVALUATIONS,
        "alerts": ALERTS,
        "reviews": REVIEWS,
    }
)
"""The lake: one directory and one view each."""

LIVE_DATASETS = frozenset({"alerts", "reviews"})
"""Those that grow while a deployment runs: each part is whole, and visible at once."""

PUBLISHED = tuple(name for name in DATASETS if name != "runs" and name not in LIVE_DATASETS)
"""Datasets whose parts a run's final row switches to."""

VIEW_COMMENTS: Mapping[str, str] = MappingProxyType(
    {
        "runs": "A scan, search, live deployment or evaluation.",
        "footage": "A file or object considered.",
        "segments": "A receipt: what became of one piece of footage.",
        "sightings": "One track in which a gallery subject is a candidate.",
        "candidates": "Sighting × rank: the subjects proposed.",
        "subjects": "Subjects that a run proposed, as the gallery's snapshot knows them; none of "
        "runs of before version 0.3.",
        "best_shots": "Evidence picture of a sighting, and further shots.",
        "evaluations": "A figure of an evaluation: how often it is wrong, and for whom; no names, "
        "no pictures.",
        "alerts": "An alert of a live deployment, with its pictures; where volunteer is true, a "
        "volunteer who was recognised, which counts as none.",
        "reviews": "What an officer decided about an alert, or an examiner about a sighting, and "
        "what became of it later.",
    }
)
