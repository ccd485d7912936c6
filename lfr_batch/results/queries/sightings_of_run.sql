-- Every sighting, strongest first, with where and when.
-- `start_s` and `end_s` are media times in `recording` of `stream` of the file.
-- About one run, the latest that has finished: or of $run_id, of all of $case_ref, of $all (true).
-- $top: how many; all when left out.
-- Key: run_id, sighting_id.
SELECT
  r.run_id, r.case_ref, s.subject_id, n.name, s.score, s.margin, f.uri, f.stream, f.recording,
  s.picture, s.camera_id, f.site, s.start_s, s.end_s, s.start_utc, s.end_utc, s.start_source,
  s.frames, s.quality, s.sighting_id, s.footage_id
FROM asked_run($run_id::VARCHAR, $case_ref::VARCHAR, $all::BOOLEAN) r
JOIN sightings s USING (run_id)
JOIN footage f USING (run_id, footage_id)
LEFT JOIN subjects n USING (run_id, subject_id)
ORDER BY s.score DESC, s.run_id, f.uri, s.start_s, s.sighting_id
LIMIT $top::BIGINT;
