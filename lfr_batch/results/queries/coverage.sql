-- Coverage of a run: what was asked for, what was searched, what the quality gate refused.
-- $run_id: one run; the latest when left out.
WITH refusals AS (
  SELECT entry.key AS reason, sum(entry.value) AS faces
  FROM (
    SELECT unnest(map_entries(rejections)) AS entry
    FROM segments
    WHERE run_id = coalesce($run_id::VARCHAR, (SELECT max(run_id) FROM segments))
  )
  GROUP BY reason
)
SELECT what, amount
FROM (
  SELECT
    count(*)::DOUBLE AS files,
    count(*) FILTER (status = 'ok')::DOUBLE AS files_ok,
    count(*) FILTER (status = 'damaged')::DOUBLE AS files_damaged,
    count(*) FILTER (status = 'failed')::DOUBLE AS files_failed,
    coalesce(sum(duration_s), 0)::DOUBLE AS seconds_of_footage,
    coalesce(sum(searched_s), 0)::DOUBLE AS seconds_searched,
    coalesce(sum(frames_analysed), 0)::DOUBLE AS frames_analysed,
    coalesce(sum(faces_detected), 0)::DOUBLE AS faces_detected,
    coalesce(sum(faces_rejected), 0)::DOUBLE AS faces_refused
  FROM footage
  WHERE run_id = coalesce($run_id::VARCHAR, (SELECT max(run_id) FROM footage))
) UNPIVOT (amount FOR what IN (
  files, files_ok, files_damaged, files_failed, seconds_of_footage, seconds_searched,
  frames_analysed, faces_detected, faces_refused))
UNION ALL
(SELECT 'refused: ' || reason, faces::DOUBLE FROM refusals ORDER BY faces DESC, reason);
