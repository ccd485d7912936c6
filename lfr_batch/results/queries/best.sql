-- The best candidates of a run, strongest first, with where and when.
-- `best_s` is the media time in `recording` of `stream` of the file (in `picture` of a still).
-- About one run: $run_id; when left out, the latest that has finished, of $case_ref where given.
-- $top: how many; 20 when left out.
SELECT
  r.run_id, r.case_ref, s.subject_id, s.score, s.margin, s.threshold, f.uri, f.stream,
  f.recording, s.picture, s.camera_id, s.best_s, s.best_utc, s.start_source, s.frames, s.quality,
  s.sighting_id
FROM asked_run($run_id::VARCHAR, $case_ref::VARCHAR) r
JOIN sightings s USING (run_id)
JOIN footage f USING (run_id, footage_id)
QUALIFY row_number() OVER (ORDER BY s.score DESC, s.sighting_id) <= coalesce($top::INTEGER, 20)
ORDER BY s.score DESC, s.sighting_id;
