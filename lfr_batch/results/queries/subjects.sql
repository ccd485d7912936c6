-- Sightings of each subject: how many, on how many cameras, how sure at best.
-- $run_id: one run; every run that has finished when left out.
SELECT
  subject_id,
  count(*) AS sightings,
  count(DISTINCT footage_id) AS files,
  count(DISTINCT camera_id) AS cameras,
  max(score) AS best_score,
  min(start_utc) AS first_seen_utc,
  max(end_utc) AS last_seen_utc
FROM sightings
WHERE $run_id::VARCHAR IS NULL OR run_id = $run_id::VARCHAR
GROUP BY subject_id
ORDER BY sightings DESC, best_score DESC, subject_id;
