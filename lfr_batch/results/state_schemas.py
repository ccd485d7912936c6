"""Arrow schemas of a run's own state: listing, catalogue, plan, ledger and shards. Pure.

Their only definition.
"""

from __future__ import annotations

import pyarrow as pa

from lfr_batch.results.columns import DOUBLES, MOMENT, schema_of
from lfr_batch.results.run_schemas import SEGMENTS

CATALOGUE = schema_of(
    ("footage_id", pa.string(), "FootageAsset.footage_id."),
    ("uri", pa.string(), "Path or address."),
    ("kind", pa.string(), "video or still."),
    ("status", pa.string(), "ok, damaged or failed, as probing found it."),
    ("error", pa.string(), "What probing found wrong."),
    ("camera_id", pa.string(), "Camera."),
    ("site", pa.string(), "Place."),
    ("start_utc", MOMENT, "Wall-clock start, UTC."),
    ("start_source", pa.string(), "Where it comes from."),
    ("duration_s", pa.float64(), "Seconds."),
    ("width", pa.int32(), "Pixels."),
    ("height", pa.int32(), "Pixels."),
    ("codec", pa.string(), "Codec."),
    ("frame_rate", pa.float64(), "Frames per second."),
    ("rotation_deg", pa.int32(), "Clockwise degrees."),
    ("bytes", pa.int64(), "Bytes."),
    ("sha256", pa.string(), "Checksum."),
    ("keyframes_ns", pa.list_(pa.int64()), "Nanoseconds of media time."),
    ("entry_bytes", pa.list_(pa.int64()), "Where fragments with these begin."),
    ("head_end_byte", pa.int64(), "Where header and first fragment end."),
    ("stream", pa.int32(), "Number of the video stream."),
    ("recording", pa.int32(), "Number of the recording."),
    ("first_byte", pa.int64(), "Where the recording begins in its file."),
    ("end_byte", pa.int64(), "Where it ends; null: with the file."),
    ("pictures", pa.int32(), "Pictures that a still holds."),
    ("content_id", pa.string(), "Hex sha256 of the bytes."),
    ("modified_ns", pa.int64(), "Nanoseconds since 1970."),
    ("changed_ns", pa.int64(), "Nanoseconds since 1970; null: not to be relied on."),
    ("version_id", pa.string(), "Version of the object."),
    ("sample_aspect", pa.float64(), "Width of a stored pixel by its height."),
    ("mirrored", pa.bool_(), "Mirrored left to right."),
    ("fields", pa.string(), "First field, or progressive."),
    ("views", pa.int32(), "Cameras that take turns."),
    ("unsearched", pa.string(), "What is not looked at."),
    ("unsearched_share", pa.float64(), "Share of that, 0 to 1; 0 also where it is not known."),
    ("notes", pa.string(), "What is worth knowing."),
    ("retryable", pa.bool_(), "Probed anew by `lfr resume`."),
    ("aspect", pa.float64(), "Width by height of the true picture, as the manifest has it."),
    ("state_id", pa.string(), "What it is known by without being read."),
    ("known_from", pa.string(), "Run that had searched the same bytes before."),
)

LISTED = schema_of(
    ("uri", pa.string(), "Path or address."),
    ("camera_id", pa.string(), "Camera, as the manifest has it."),
    ("site", pa.string(), "Place, as the manifest has it."),
    ("start_utc", MOMENT, "Wall-clock start, UTC, as the manifest has it."),
    ("rotate_deg", pa.int32(), "Clockwise degrees, on top of the file's own."),
    ("aspect", pa.float64(), "Width by height of the true picture, as the manifest has it."),
)

PROBED = schema_of(
    ("number", pa.int64(), "Of the file in the listing, from 0."),
    ("retryable", pa.bool_(), "It could not be got at."),
    ("assets", pa.list_(pa.struct(list(CATALOGUE))), "What the file holds."),
)

PLAN = schema_of(
    ("segment_id", pa.string(), "Segment.segment_id."),
    ("footage_id", pa.string(), "File."),
    ("uri", pa.string(), "Path or address."),
    ("kind", pa.string(), "video or still."),
    ("start_ns", pa.int64(), "Nanoseconds of media time."),
    ("end_ns", pa.int64(), "Nanoseconds of media time; null: to the end."),
    ("duration_s", pa.float64(), "Seconds, of the whole file."),
    ("rotation_deg", pa.int32(), "Clockwise degrees."),
    ("attempt", pa.int32(), "First attempt of the plan."),
    ("bytes", pa.int64(), "Bytes when it was planned."),
    ("sha256", pa.string(), "Checksum when it was planned."),
    ("modified_ns", pa.int64(), "Nanoseconds since 1970."),
    ("changed_ns", pa.int64(), "Nanoseconds since 1970; null: not to be relied on."),
    ("version_id", pa.string(), "Version of the object."),
    ("stream", pa.int32(), "Number of the video stream."),
    ("first_byte", pa.int64(), "Where the recording begins in its file."),
    ("end_byte", pa.int64(), "Where it ends; null: with the file."),
    ("sample_aspect", pa.float64(), "Width of a stored pixel by its height."),
    ("mirrored", pa.bool_(), "Mirrored left to right."),
    ("fields", pa.string(), "First field, or progressive."),
    ("views", pa.int32(), "Cameras that take turns."),
    ("frame_rate", pa.float64(), "Frames per second."),
    ("codec", pa.string(), "FFmpeg's name."),
    ("head_end_byte", pa.int64(), "Where header and first fragment end."),
    ("enter_byte", pa.int64(), "Where its fragments begin; null: it is entered by time."),
    ("leave_byte", pa.int64(), "Where they end; null: with the recording."),
)

LEDGER = SEGMENTS.remove(SEGMENTS.get_field_index("run_id")).append(
    pa.field("epoch", pa.string(), metadata={"comment": "SegmentOutcome.epoch."})
)

_CANDIDATE = pa.struct(
    [
        ("rank", pa.int32()),
        ("subject_id", pa.string()),
        ("image_id", pa.string()),
        ("score", pa.float64()),
        ("above_threshold", pa.bool_()),
        ("relative_score", pa.float64()),
    ]
)

_FURTHER = pa.struct(
    [
        ("pts_ns", pa.int64()),
        ("quality", pa.float64()),
        ("box_xyxy", DOUBLES),
        ("jpeg", pa.binary()),
    ]
)

SHARD = schema_of(
    ("sighting_id", pa.string(), "Sighting.sighting_id."),
    ("footage_id", pa.string(), "File."),
    ("segment_id", pa.string(), "Segment."),
    ("start_ns", pa.int64(), "Nanoseconds of media time."),
    ("end_ns", pa.int64(), "Nanoseconds of media time."),
    ("first_box_xyxy", DOUBLES, "Pixels."),
    ("last_box_xyxy", DOUBLES, "Pixels."),
    ("frames", pa.int64(), "Analysed frames."),
    ("best_ns", pa.int64(), "Nanoseconds of media time."),
    ("box_xyxy", DOUBLES, "Pixels."),
    ("landmarks_xy", DOUBLES, "Pixels."),
    ("quality", pa.float64(), "0 to 1."),
    ("detection_score", pa.float64(), "0 to 1."),
    ("margin", pa.float64(), "Score difference."),
    ("candidates", pa.list_(_CANDIDATE), "Best first."),
    ("jpeg", pa.binary(), "Evidence picture."),
    ("pieces", pa.int32(), "Stitched tracks."),
    ("picture", pa.int32(), "Page or frame of a still."),
    ("threshold", pa.float64(), "Cosine that was to be reached; null: the run's."),
    ("thumbnail", pa.binary(), "The evidence picture, small."),
    ("further", pa.list_(_FURTHER), "Other looks at the same person, best first."),
)
