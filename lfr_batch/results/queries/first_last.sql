-- First and last sighting of each subject on each camera.
-- $subject_id: one subject; everyone when left out. $run_id: one run; all when left out.
-- Footage without a known start has no wall clock; its times are empty and its camera is its path.
SELECT
  s.subject_id,
  coalesce(s.camera_id, f.uri) AS camera,
  any_value(f.site) AS site,
  min(s.start_utc) AS first_seen_utc,
  max(s.end_utc) AS last_seen_utc,
  count(*) AS sightings,
  max(s.score) AS best_score
FROM sightings s
JOIN footage f USING (run_id, footage_id)
WHERE ($run_id::VARCHAR IS NULL OR s.run_id = $run_id::VARCHAR)
  AND ($subject_id::VARCHAR IS NULL OR s.subject_id = $subject_id::VARCHAR)
GROUP BY ALL
ORDER BY s.subject_id, first_seen_utc, camera;
