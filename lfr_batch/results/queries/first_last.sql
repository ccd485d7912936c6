-- First and last sighting of each subject on each camera.
-- About every run that has finished, case by case: of $case_ref alone where given, or of $run_id.
-- $subject_id: one subject; everyone when left out.
-- Footage that was searched again, or of which there are copies, counts once for a subject: as the
-- last of the runs has it that saw them there. Camera and time are of the run or copy that knows them
-- best (by the manifest, the name, the container). `run_id` is the last of all that count.
-- `accounts` above 1: such runs or copies state different cameras or times, of which one is shown.
-- Footage without a known start has no wall clock; its times are empty and its camera is its path.
SELECT
  max_by(run_id, (finished_at, run_id)) AS run_id,
  case_ref,
  gallery,
  subject_id,
  coalesce(camera_id, uri) AS camera,
  any_value(site) AS site,
  min(start_utc) AS first_seen_utc,
  max(end_utc) AS last_seen_utc,
  string_agg(DISTINCT start_source, ', ' ORDER BY start_source) AS start_sources,
  max(accounts) AS accounts,
  count(*) AS sightings,
  max(score) AS best_score
FROM sightings_once($run_id::VARCHAR, $case_ref::VARCHAR)
WHERE $subject_id::VARCHAR IS NULL OR subject_id = $subject_id::VARCHAR
GROUP BY case_ref, gallery, subject_id, camera
ORDER BY subject_id, first_seen_utc, camera, case_ref, gallery;
