-- Every sighting of a run, strongest first, with where and when.
-- `start_s` and `end_s` are media times in `recording` of `stream` of the file.
-- About one run: $run_id; when left out, the latest that has finished, of $case_ref where given.
-- $top: how many; all when left out.
SELECT
  r.run_id, r.case_ref, s.subject_id, s.score, s.margin, f.uri, f.stream, f.recording, s.picture,
  s.camera_id, f.site, s.start_s, s.end_s, s.start_utc, s.end_utc, s.start_source, s.frames,
  s.quality, s.sighting_id, s.footage_id
FROM asked_run($run_id::VARCHAR, $case_ref::VARCHAR) r
JOIN sightings s USING (run_id)
JOIN footage f USING (run_id, footage_id)
ORDER BY s.score DESC, f.uri, s.start_s, s.sighting_id
LIMIT $top::BIGINT;
