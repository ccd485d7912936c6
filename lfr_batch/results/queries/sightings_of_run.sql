-- Every sighting of a run, strongest first, with where and when.
-- $run_id: one run; the latest when left out. $top: how many; all when left out.
SELECT
  s.subject_id, s.score, s.margin, f.uri, s.camera_id, f.site, s.start_s, s.end_s,
  s.start_utc, s.end_utc, s.frames, s.quality, s.sighting_id
FROM sightings s
JOIN footage f USING (run_id, footage_id)
WHERE s.run_id = coalesce($run_id::VARCHAR, (SELECT max(run_id) FROM runs))
ORDER BY s.score DESC, f.uri, s.start_s, s.sighting_id
LIMIT $top::BIGINT;
