"""Schemas of what a run was, and of what it looked at: see ``schemas``. Pure."""

from __future__ import annotations

import pyarrow as pa

from lfr_batch.results.columns import COUNTS, MOMENT, RUN_ID, STRINGS, dataset

RUNS = dataset(
    "runs",
    RUN_ID,
    ("kind", pa.string(), "scan, search, live or evaluation."),
    ("case_ref", pa.string(), "Case the run was made for, as the operator stated it."),
    ("authority", pa.string(), "Who authorised the run, as the operator stated it."),
    (
        "authorisation_id",
        pa.string(),
        "Authorisation (`lfr authorise show`) that the run was made by; null where its authority "
        "is a text, and in runs of before.",
    ),
    ("purpose", pa.string(), "Why the run was made, as the operator stated it."),
    ("operator", pa.string(), "Who started the run."),
    ("started_at", MOMENT, "When the run was first started, UTC."),
    ("finished_at", MOMENT, "When this status was reached, UTC; null while under way."),
    (
        "status",
        pa.string(),
        "planning, running, complete, complete_partly (some content was not looked at, by design "
        "or limit), complete_with_failures, failed, cancelled or withheld (nobody may read it "
        "until its authorisation is granted); a run that was killed stays planning or running "
        "here and is shown as interrupted by `lfr status`.",
    ),
    ("model_pack", pa.string(), "Model pack that made the templates, with its version."),
    (
        "licence_statement",
        pa.string(),
        "Licence that covers the use of the pack: what the operator stated, else the pack's own "
        "signed one; null where the pack is free for casework.",
    ),
    ("gallery", pa.string(), "Gallery that was searched."),
    ("gallery_snapshot", pa.string(), "Immutable snapshot of the gallery that was searched."),
    (
        "threshold",
        pa.float64(),
        "Score from which a candidate makes a sighting; of the score that score_kind names.",
    ),
    (
        "lone_threshold",
        pa.float64(),
        "The same for a face that could be seen once only; null in runs of before.",
    ),
    (
        "score_kind",
        pa.string(),
        "cosine, or relative: less half the mean of what others of the gallery score with the same "
        "face; null, which is cosine, in runs of before.",
    ),
    ("threshold_source", pa.string(), "derived from target_fpir, or override by the operator."),
    (
        "threshold_method",
        pa.string(),
        "What a derived threshold follows from: pack (its calibration alone), gallery (moved to "
        "where the gallery's own people score), impostors (strangers of `lfr calibrate`).",
    ),
    ("expected_fpir_low", pa.float64(), "Lower end of the FPIR to be expected, 95 %; null: none."),
    ("expected_fpir_high", pa.float64(), "Upper end of the FPIR to be expected, 95 %."),
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
    ("inputs", STRINGS, "Files, folders and URIs that were asked for."),
    ("manifest", pa.string(), "Manifest that named cameras and times; null without one."),
    (
        "left_out",
        COUNTS,
        "What lay in the named folders and is no footage, by what it is; null in runs of before.",
    ),
    (
        "gaps",
        STRINGS,
        "What of the inputs could not be seen, or held no footage, and why: it was not searched. "
        "Null in runs of before.",
    ),
    (
        "unmatched_rows",
        STRINGS,
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
        COUNTS,
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
    ("error", pa.string(), "Why the run failed, or is withheld; null otherwise."),
    (
        "forgotten",
        STRINGS,
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

FOOTAGE = dataset(
    "footage",
    RUN_ID,
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

SEGMENTS = dataset(
    "segments",
    RUN_ID,
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
    ("rejections", COUNTS, "Refused faces by reason; sums to faces_rejected."),
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
