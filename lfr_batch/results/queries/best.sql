-- The best candidates of a run, strongest first, with where and when.
-- $run_id: one run; the latest when left out. $top: how many; 20 when left out.
SELECT
  s.subject_id, s.score, s.margin, s.threshold, f.uri, s.camera_id, s.best_s, s.best_utc,
  s.frames, s.quality, s.sighting_id
FROM sightings s
JOIN footage f USING (run_id, footage_id)
WHERE s.run_id = coalesce($run_id::VARCHAR, (SELECT max(run_id) FROM sightings))
QUALIFY row_number() OVER (ORDER BY s.score DESC, s.sighting_id) <= coalesce($top::INTEGER, 20)
ORDER BY s.score DESC, s.sighting_id;
