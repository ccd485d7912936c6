-- Footage that could not be searched, or only in part, and why.
-- About one run: $run_id; when left out, the latest that has finished, of $case_ref where given.
SELECT
  r.run_id, r.case_ref, f.uri, f.camera_id, f.status, f.error, f.unsearched_share, f.duration_s,
  f.searched_s, f.segments, f.segments_failed, f.stream, f.recording
FROM asked_run($run_id::VARCHAR, $case_ref::VARCHAR) r
JOIN footage f USING (run_id)
WHERE f.status <> 'ok'
ORDER BY
  CASE f.status WHEN 'failed' THEN 1 WHEN 'damaged' THEN 2 ELSE 3 END, f.uri, f.stream, f.recording;
