-- First and last sighting of each subject on each camera.
-- About every run that has finished, case by case: of $case_ref alone where given, or of $run_id.
-- $subject_id: one subject; everyone when left out.
-- Footage that was searched again, or of which there are copies, counts once for a subject: of one
-- event the search with the best score. Camera and time are of the run or copy that knows them best
-- (by the manifest, the name, the container). `run_id` is the last of all that count.
-- `accounts` above 1: such runs or copies state different cameras or times, of which one is shown.
-- Footage without a known start has no wall clock; its times are empty and its camera is its path.
-- Key: case_ref, gallery, subject_id, camera.
SELECT
  max_by(s.run_id, (s.finished_at, s.run_id)) AS run_id,
  s.case_ref,
  s.gallery,
  s.subject_id,
  max_by(n.name, (s.finished_at, s.run_id)) AS name,
  coalesce(s.camera_id, s.uri) AS camera,
  min(s.site) AS site,
  min(s.start_utc) AS first_seen_utc,
  max(s.end_utc) AS last_seen_utc,
  string_agg(DISTINCT s.start_source, ', ' ORDER BY s.start_source) AS start_sources,
  max(s.accounts) AS accounts,
  count(*) AS sightings,
  max(s.score) AS best_score
FROM sightings_once($run_id::VARCHAR, $case_ref::VARCHAR) s
LEFT JOIN subjects n USING (run_id, subject_id)
WHERE $subject_id::VARCHAR IS NULL OR s.subject_id = $subject_id::VARCHAR
GROUP BY s.case_ref, s.gallery, s.subject_id, coalesce(s.camera_id, s.uri)
ORDER BY s.subject_id, first_seen_utc, camera, s.case_ref, s.gallery;
