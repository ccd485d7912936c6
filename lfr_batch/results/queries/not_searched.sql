-- Footage that could not be searched, or only in part, and why; first what could not even be seen.
-- About one run, the latest that has finished: or of $run_id, of all of $case_ref, of $all (true).
-- Key: run_id, uri, stream, recording, error.
WITH asked AS (
  FROM asked_run($run_id::VARCHAR, $case_ref::VARCHAR, $all::BOOLEAN)
),
gaps AS (
  SELECT run_id, unnest(gaps) AS error FROM asked JOIN runs USING (run_id)
)
SELECT
  r.run_id, r.case_ref, f.uri, f.camera_id, f.status, f.error, f.unsearched_share, f.duration_s,
  f.searched_s, f.segments, f.segments_failed, f.stream, f.recording
FROM asked r
JOIN (
  SELECT * FROM footage WHERE status <> 'ok'
  UNION ALL BY NAME
  SELECT run_id, 'not seen' AS status, error FROM gaps
) f USING (run_id)
ORDER BY
  r.run_id DESC,
  CASE f.status WHEN 'not seen' THEN 0 WHEN 'failed' THEN 1 WHEN 'damaged' THEN 2 ELSE 3 END,
  f.uri, f.stream, f.recording, f.error;
