-- The best candidates, strongest first, with where and when.
-- `best_s` is the media time in `recording` of `stream` of the file (in `picture` of a still).
-- About one run, the latest that has finished: or of $run_id, of all of $case_ref, of $all (true).
-- $top: how many; 20 when left out.
-- Key: run_id, sighting_id.
SELECT
  r.run_id, r.case_ref, s.subject_id, n.name, s.score, s.margin, s.threshold, f.uri, f.stream,
  f.recording, s.picture, s.camera_id, s.best_s, s.best_utc, s.start_source, s.frames, s.quality,
  s.sighting_id
FROM asked_run($run_id::VARCHAR, $case_ref::VARCHAR, $all::BOOLEAN) r
JOIN sightings s USING (run_id)
JOIN footage f USING (run_id, footage_id)
LEFT JOIN subjects n USING (run_id, subject_id)
ORDER BY s.score DESC, s.run_id, s.sighting_id
LIMIT coalesce($top::BIGINT, 20);
