-- Footage that could not be searched, or only in part, and why.
-- $run_id: one run; the latest when left out.
SELECT uri, camera_id, status, error, duration_s, searched_s, segments, segments_failed
FROM footage
WHERE status <> 'ok'
  AND run_id = coalesce($run_id::VARCHAR, (SELECT max(run_id) FROM footage))
ORDER BY status DESC, uri;
