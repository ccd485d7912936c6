-- Sightings of each subject: how many, on how many cameras, how sure at best.
-- About every run that has finished, case by case: of $case_ref alone where given, or of $run_id.
-- Footage that was searched again, or of which there are copies, counts once for a subject: as the
-- last of the runs has it that saw them there. Camera and time are of the run or copy that knows them
-- best (by the manifest, the name, the container). `run_id` is the last of all that count.
-- `accounts` above 1: such runs or copies state different cameras or times, of which one is shown.
SELECT
  max_by(run_id, (finished_at, run_id)) AS run_id,
  case_ref,
  gallery,
  subject_id,
  count(*) AS sightings,
  count(DISTINCT content) AS files,
  count(DISTINCT camera_id) AS cameras,
  count(DISTINCT run_id) AS runs,
  max(score) AS best_score,
  min(start_utc) AS first_seen_utc,
  max(end_utc) AS last_seen_utc,
  string_agg(DISTINCT start_source, ', ' ORDER BY start_source) AS start_sources,
  max(accounts) AS accounts
FROM sightings_once($run_id::VARCHAR, $case_ref::VARCHAR)
GROUP BY case_ref, gallery, subject_id
ORDER BY sightings DESC, best_score DESC, subject_id, case_ref, gallery;
