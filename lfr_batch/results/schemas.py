"""Every Arrow schema of the results lake: their only definition. Pure.

Each column carries its meaning and unit as ``comment`` metadata; the SQL views, ``columns`` and
the documentation are made from it. A column that is added, renamed or retyped needs a new
SCHEMA_VERSION and a line in ``migrations.py``: parts of before are read as they were written.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pyarrow as pa

from lfr_batch.results.constraints import ENUMS

SCHEMA_VERSION = 3
"""Programs refuse a lake whose version is higher than their own."""

MOMENT = pa.timestamp("us", tz="UTC")
FLOATS = pa.list_(pa.float32())
BOX = pa.struct([(side, pa.float32()) for side in ("left", "top", "right", "bottom")])
_STRINGS = pa.list_(pa.string())
_COUNTS = pa.map_(pa.string(), pa.int32())
DOUBLES = pa.list_(pa.float64())

Column = tuple[str, pa.DataType, str]


def schema_of(*columns: Column) -> pa.Schema:
    return pa.schema(
        [pa.field(name, kind, metadata={"comment": text}) for name, kind, text in columns],
        metadata={"schema_version": str(SCHEMA_VERSION)},
    )


def _dataset(name: str, *columns: Column) -> pa.Schema:
    """Columns of few values say in their ``values`` which."""
    schema = schema_of(*columns)
    for at, field in enumerate(schema):
        if values := ENUMS.get((name, field.name)):
            said = {**field.metadata, b"values": "\n".join(values)}
            schema = schema.set(at, field.with_metadata(said))
    return schema


def values_of(column: pa.Field) -> tuple[str, ...]:
    """All that a column of few values can hold, in their order; none of another column."""
    said = (column.metadata or {}).get(b"values", b"").decode()
    return tuple(said.split("\n")) if said else ()


_RUN_ID: Column = (
    "run_id",
    pa.string(),
    "The run.",
)

RUNS = _dataset(
    "runs",
    _RUN_ID,
    ("kind", pa.string(), "scan, search or live."),
    ("case_ref", pa.string(), "Case the run was made for, as the operator stated it."),
    ("authority", pa.string(), "Who authorised the run, as the operator stated it."),
    ("purpose", pa.string(), "Why the run was made, as the operator stated it."),
    ("operator", pa.string(), "Who started the run."),
    ("started_at", MOMENT, "When the run was first started, UTC."),
    ("finished_at", MOMENT, "When this status was reached, UTC; null while under way."),
    (
        "status",
        pa.string(),
        "planning, running, complete, complete_partly (some content was not looked at, by design "
        "or limit), complete_with_failures, failed or cancelled; a run that was killed stays "
        "planning or running here and is shown as interrupted by `lfr status`.",
    ),
    ("model_pack", pa.string(), "Model pack that made the templates, with its version."),
    (
        "licence_statement",
        pa.string(),
        "Licence the operator stated for a pack that is not free for casework; null otherwise.",
    ),
    ("gallery", pa.string(), "Gallery that was searched."),
    ("gallery_snapshot", pa.string(), "Immutable snapshot of the gallery that was searched."),
    ("threshold", pa.float64(), "Cosine score from which a candidate makes a sighting, -1 to 1."),
    (
        "lone_threshold",
        pa.float64(),
        "The same for a face that could be seen once only; null in runs of before.",
    ),
    ("threshold_source", pa.string(), "derived from target_fpir, or override by the operator."),
    (
        "threshold_fmr",
        pa.float64(),
        "False match rate of one comparison at the threshold, by the pack's calibration, 0 to 1.",
    ),
    (
        "target_fpir",
        pa.float64(),
        "Wanted share of probes of unknown people that bring up any candidate, 0 to 1.",
    ),
    ("comparisons", pa.int64(), "Gallery entries each probe is compared with."),
    ("config_hash", pa.string(), "Hash of the configuration; equal hashes, equal settings."),
    ("config", pa.string(), "The whole configuration as JSON."),
    ("software_version", pa.string(), "Version of lfr-batch that made the run."),
    (
        "computed_on",
        pa.string(),
        "What computed and decoded, in words; null in runs of before.",
    ),
    (
        "settled",
        pa.string(),
        "What each 'auto' of the configuration became, as JSON: device, backend, each model's "
        "precision, looks, decoder, versions of libraries, hardware. Null in runs of before.",
    ),
    ("inputs", _STRINGS, "Files, folders and URIs that were asked for."),
    ("manifest", pa.string(), "Manifest that named cameras and times; null without one."),
    (
        "left_out",
        _COUNTS,
        "What lay in the named folders and is no footage, by what it is; null in runs of before.",
    ),
    (
        "gaps",
        _STRINGS,
        "What of the inputs could not be seen, or held no footage, and why: it was not searched. "
        "Null in runs of before.",
    ),
    (
        "unmatched_rows",
        _STRINGS,
        "Rows of the manifest that match none of the footage; null in runs of before.",
    ),
    (
        "search_key",
        pa.string(),
        "Hash of all that decides what is found in footage, but for the processor or GPU: what one "
        "run has searched, another of the same key need not. Null in runs of before.",
    ),
    (
        "searched_before",
        _COUNTS,
        "Files that this run left out, since an earlier one of the case had searched them with the "
        "same search_key: how many, by that run. Null where it was not to leave out any.",
    ),
    (
        "standing",
        pa.string(),
        "Standing job (--new-only, --watch) of which the run is one tick; null: of none.",
    ),
    ("footage", pa.int64(), "Rows of footage: files, or their recordings and streams."),
    (
        "footage_partly",
        pa.int64(),
        "Of these, with content that was not looked at, by design or limit.",
    ),
    ("footage_damaged", pa.int64(), "Of these, faulty: searched as far as they can be read."),
    ("footage_failed", pa.int64(), "Of these, without a frame that could be searched."),
    ("segments_planned", pa.int64(), "Segments of the plan."),
    ("segments_done", pa.int64(), "Segments that were searched."),
    ("segments_failed", pa.int64(), "Segments whose footage could not be read to their end."),
    (
        "segments_quarantined",
        pa.int64(),
        "Segments given up because of what became of their worker.",
    ),
    ("sightings", pa.int64(), "Sightings of the run; null until it has completed."),
    (
        "media_s",
        pa.float64(),
        "Media time searched, seconds; of a failed segment, up to where it broke off.",
    ),
    ("worker_s", pa.float64(), "Wall-clock time of all workers together, seconds. Varies."),
    ("exit_code", pa.int32(), "Exit code of the command; null while running."),
    ("error", pa.string(), "Why the run failed; null otherwise."),
    (
        "forgotten",
        _STRINGS,
        "What was taken out of it later, by command: when, of what kind and for which case; null: "
        "nothing.",
    ),
    (
        "epoch",
        pa.string(),
        "Holder of the run that wrote this row, by number and token; null in a run of version 0.1. "
        "Of a finished run the parts count whose names begin with it.",
    ),
    (
        "revision",
        pa.int32(),
        "Number of this row among the run's rows; the view shows the last of the last holder.",
    ),
)

FOOTAGE = _dataset(
    "footage",
    _RUN_ID,
    ("footage_id", pa.string(), "Identity of the file's content within the run."),
    ("uri", pa.string(), "Path or s3:// address of the file."),
    ("kind", pa.string(), "video or still."),
    ("camera_id", pa.string(), "Camera, from the manifest; null where unknown."),
    ("site", pa.string(), "Place of the camera, from the manifest; null where unknown."),
    ("start_utc", MOMENT, "Wall-clock time of the first frame, UTC; null where unknown."),
    (
        "start_source",
        pa.string(),
        "Where start_utc comes from: manifest, filename, container or none.",
    ),
    (
        "duration_s",
        pa.float64(),
        "Duration by the file's own account, seconds; never less than what was searched.",
    ),
    ("width", pa.int32(), "Width of the upright picture, pixels."),
    ("height", pa.int32(), "Height of the upright picture, pixels."),
    ("rotation_deg", pa.int32(), "Clockwise turn that makes the picture upright, degrees."),
    ("codec", pa.string(), "Video or picture codec."),
    ("frame_rate", pa.float64(), "Average frames per second; null for stills."),
    ("bytes", pa.int64(), "Size of the file, bytes."),
    (
        "sha256",
        pa.string(),
        "Hex sha256 of the bytes, or the store's checksum, marked etag: or sha256:.",
    ),
    (
        "content_id",
        pa.string(),
        "Hex sha256 of the file's bytes: equal for copies, wherever they lie. Null where it is "
        "unknown: in a bucket that has none of the whole object, or of a file nobody could read.",
    ),
    (
        "stream",
        pa.int32(),
        'Number of the video stream in its file, from 0 (the report\'s "video stream 1"); null for '
        "stills.",
    ),
    (
        "recording",
        pa.int32(),
        "Number of the recording in its file, where several stand one behind the other; else 1.",
    ),
    ("pictures", pa.int32(), "Pictures (pages, frames) that a still holds; null for video."),
    ("sample_aspect", pa.float64(), "Width of a stored pixel by its height; boxes allow for it."),
    ("mirrored", pa.bool_(), "Stored mirrored left to right; boxes and evidence are not."),
    ("fields", pa.string(), "progressive, or of interlaced footage the first field: top, bottom."),
    ("views", pa.int32(), "Cameras whose pictures take turns in it; mostly 1."),
    (
        "status",
        pa.string(),
        "ok: searched whole; partly: some of its content was not looked at, by design or limit; "
        "damaged: faulty, or searched only as far as it can be read; failed: not one frame of it.",
    ),
    ("error", pa.string(), "What was wrong, or was not looked at; null when ok."),
    (
        "unsearched_share",
        pa.float64(),
        "Share of its content that was not looked at, 0 to 1; null where it is not known.",
    ),
    ("notes", pa.string(), "What is worth knowing of it and no fault; mostly null."),
    ("segments", pa.int32(), "Segments planned for it."),
    ("segments_failed", pa.int32(), "Segments of it that were not searched to their end."),
    (
        "searched_s",
        pa.float64(),
        "Media time searched, seconds; of a failed segment, up to where it broke off.",
    ),
    ("frames_analysed", pa.int64(), "Frames in which faces were looked for."),
    ("faces_detected", pa.int64(), "Faces found, counted once per analysed frame."),
    ("faces_rejected", pa.int64(), "Of those, faces the quality gate refused to compare."),
    ("sightings", pa.int32(), "Sightings in it."),
    (
        "state_id",
        pa.string(),
        "Hash of uri, size, times or ETag, and how the manifest turns it: equal, the file has not "
        "changed and need not be read to know. Null where these do not tell, as just after a "
        "change, and in runs of before.",
    ),
    (
        "known_from",
        pa.string(),
        "Run that had searched the same bytes before, with the same search_key: its rows hold what "
        "was found, and its verdict is this row's status. Null: this run searched it.",
    ),
)

SEGMENTS = _dataset(
    "segments",
    _RUN_ID,
    ("segment_id", pa.string(), "Hash of what determines the segment's result."),
    ("footage_id", pa.string(), "File the segment is part of."),
    ("start_s", pa.float64(), "Start of the segment, seconds of media time."),
    ("end_s", pa.float64(), "End of the segment, seconds of media time."),
    (
        "status",
        pa.string(),
        "done; failed: the footage cannot be read, or not to its end; quarantined: its "
        "worker died twice, it took more than its limits, or its store could not be reached "
        "(`lfr resume` tries it again); "
        "pending: never tried.",
    ),
    ("error", pa.string(), "Why it failed, or what was damaged; null otherwise."),
    ("attempt", pa.int32(), "Which attempt this receipt is of. Varies between runs."),
    ("frames_decoded", pa.int64(), "Frames decoded."),
    ("frames_analysed", pa.int64(), "Frames in which faces were looked for."),
    ("faces_detected", pa.int64(), "Faces found, counted once per analysed frame."),
    ("faces_rejected", pa.int64(), "Of those, faces the quality gate refused to compare."),
    ("rejections", _COUNTS, "Refused faces by reason; sums to faces_rejected."),
    ("tracks", pa.int32(), "Faces followed through the segment."),
    ("sightings", pa.int32(), "Sightings in the segment, before stitching."),
    (
        "media_s",
        pa.float64(),
        "Media time searched, seconds; of a failed segment, up to where it broke off.",
    ),
    ("unsearched", pa.string(), "What of it was there and was not looked at; null: nothing."),
    ("unsearched_s", pa.float64(), "Media time of that, seconds, as far as it is known."),
    ("decode_s", pa.float64(), "Time spent decoding, seconds. Varies between runs."),
    ("infer_s", pa.float64(), "Time spent in the models, seconds. Varies between runs."),
    ("wall_s", pa.float64(), "Time the worker took, seconds. Varies between runs."),
    (
        "host",
        pa.string(),
        "Machine whose worker searched it. Varies between runs. This column and the next three are "
        "null in runs of before, and where no worker lived to say it.",
    ),
    (
        "software",
        pa.string(),
        "lfr-batch of that worker: its version and 12 hex digits of a digest of its code.",
    ),
    (
        "models",
        pa.string(),
        "16 hex digits of a digest of the models and of how they are fed; equal digests, equal "
        "models.",
    ),
    (
        "computed_on",
        pa.string(),
        "What computed, in which precision, what decoded, and on which GPU or with which of the "
        "processor's vectors. That part varies between machines.",
    ),
)

SIGHTINGS = _dataset(
    "sightings",
    _RUN_ID,
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
    ("margin", pa.float64(), "Score minus the next subject's; null in a gallery of one subject."),
    ("threshold", pa.float64(), "Threshold that applied, -1 to 1."),
)

CANDIDATES = _dataset(
    "candidates",
    _RUN_ID,
    ("sighting_id", pa.string(), "The sighting."),
    ("rank", pa.int32(), "1 is the best candidate."),
    ("subject_id", pa.string(), "Gallery subject proposed."),
    ("image_id", pa.string(), "Enrolled picture of that subject that scored best."),
    ("score", pa.float64(), "Cosine score, -1 to 1."),
    ("above_threshold", pa.bool_(), "Whether the score reaches the run's threshold."),
)

SUBJECTS = _dataset(
    "subjects",
    _RUN_ID,
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

BEST_SHOTS = _dataset(
    "best_shots",
    _RUN_ID,
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
)

ALERTS = _dataset(
    "alerts",
    _RUN_ID,
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
    ("threshold", pa.float64(), "Threshold that applied, -1 to 1."),
    ("quality", pa.float64(), "Quality of the best shot, 0 to 1."),
    ("detection_score", pa.float64(), "Detector's confidence in the best shot, 0 to 1."),
    ("looks", pa.int64(), "Analysed frames that had shown the face."),
    ("box", BOX, "Face in the best shot, pixels of the frame."),
    ("candidate_subject_ids", _STRINGS, "Watchlist subjects proposed, best first."),
    ("candidate_scores", DOUBLES, "Their cosine scores, -1 to 1."),
    ("best_shot_jpeg", pa.binary(), "Best shot: the face with a margin, other faces blurred."),
    ("gallery_jpeg", pa.binary(), "Enrolled picture of the subject, beside which it is shown."),
    ("wait_s", pa.float64(), "From the frame's arrival until it was picked up, seconds."),
    ("detect_s", pa.float64(), "Detection, seconds."),
    ("compare_s", pa.float64(), "Second look, templates, search and decision, seconds."),
    ("raise_s", pa.float64(), "From the decision until the router took the alert, seconds."),
)

REVIEWS = _dataset(
    "reviews",
    _RUN_ID,
    ("review_id", pa.string(), "The review."),
    ("alert_id", pa.string(), "The alert it decides on; its latest review counts."),
    ("reviewer", pa.string(), "Who decided."),
    ("role", pa.string(), "operator or reviewer."),
    ("decided_at", MOMENT, "When it was decided, UTC."),
    ("verdict", pa.string(), "match, no_match or cannot_tell."),
    ("reason", pa.string(), "Why, in the reviewer's words."),
    ("outcome", pa.string(), "engaged, arrested or no_action; null where not known."),
)

DATASETS: Mapping[str, pa.Schema] = MappingProxyType(
    {
        "runs": RUNS,
        "footage": FOOTAGE,
        "segments": SEGMENTS,
        "sightings": SIGHTINGS,
        "candidates": CANDIDATES,
        "subjects": SUBJECTS,
        "best_shots": BEST_SHOTS,
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
        "runs": "A scan, search or live deployment.",
        "footage": "A file or object considered.",
        "segments": "A receipt: what became of one piece of footage.",
        "sightings": "One track in which a gallery subject is a candidate.",
        "candidates": "Sighting × rank: the subjects proposed.",
        "subjects": "Subjects that a run proposed, as the gallery's snapshot knows them; none of "
        "runs of before version 0.3.",
        "best_shots": "Evidence picture of a sighting.",
        "alerts": "An alert of a live deployment, with its pictures.",
        "reviews": "What an officer decided about an alert.",
    }
)


def comment(column: pa.Field) -> str:
    return str((column.metadata or {}).get(b"comment", b"").decode())
