-- Sightings of each subject: how many, on how many cameras, how sure at best.
-- About every run that has finished, case by case: of $case_ref alone where given, or of $run_id.
-- Footage that was searched again, or of which there are copies, counts once for a subject: of one
-- event the search with the best score. Camera and time are of the run or copy that knows them best
-- (by the manifest, the name, the container). `run_id` is the last of all that count.
-- `accounts` above 1: such runs or copies state different cameras or times, of which one is shown.
-- Key: case_ref, gallery, subject_id.
SELECT
  max_by(s.run_id, (s.finished_at, s.run_id)) AS run_id,
  s.case_ref,
  s.gallery,
  s.subject_id,
  max_by(n.name, (s.finished_at, s.run_id)) AS name,
  count(*) AS sightings,
  count(DISTINCT s.content) AS files,
  count(DISTINCT s.camera_id) AS cameras,
  count(DISTINCT s.run_id) AS runs,
  max(s.score) AS best_score,
  min(s.start_utc) AS first_seen_utc,
  max(s.end_utc) AS last_seen_utc,
  string_agg(DISTINCT s.start_source, ', ' ORDER BY s.start_source) AS start_sources,
  max(s.accounts) AS accounts
FROM sightings_once($run_id::VARCHAR, $case_ref::VARCHAR) s
LEFT JOIN subjects n USING (run_id, subject_id)
GROUP BY s.case_ref, s.gallery, s.subject_id
ORDER BY sightings DESC, best_score DESC, s.subject_id, s.case_ref, s.gallery;
