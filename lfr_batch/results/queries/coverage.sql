-- Coverage: what was asked for, what was searched, what the quality gate refused.
-- About one run, the latest that has finished: or of $run_id, of all of $case_ref, of $all (true).
-- `places_not_seen` are folders, prefixes and inputs that could not be listed, or held no footage.
-- A file is one however many streams and recordings it has: ok if all of them are.
-- `seconds_of_footage` leaves out the files whose length is not known, or cannot be what they state:
-- of these it has what was searched.
-- Key: run_id, what.
WITH asked AS (
  FROM asked_run($run_id::VARCHAR, $case_ref::VARCHAR, $all::BOOLEAN)
),
refusals AS (
  SELECT run_id, entry.key AS reason, sum(entry.value) AS faces
  FROM (
    SELECT run_id, unnest(map_entries(rejections)) AS entry
    FROM asked JOIN segments USING (run_id)
  )
  GROUP BY run_id, reason
),
files_of_run AS (
  SELECT
    run_id, uri,
    CASE
      WHEN count(DISTINCT status) = 1 THEN any_value(status)
      WHEN bool_or(status IN ('failed', 'damaged')) THEN 'damaged'
      ELSE 'partly'
    END AS status,
    bool_or(kind = 'video' AND known_length_s(duration_s, bytes) IS NULL) AS of_unknown_length,
    sum(greatest(known_length_s(duration_s, bytes), searched_s)) AS seconds_of_footage,
    sum(searched_s) AS searched_s,
    sum(frames_analysed) AS frames_analysed,
    sum(faces_detected) AS faces_detected,
    sum(faces_rejected) AS faces_rejected
  FROM asked JOIN footage USING (run_id)
  GROUP BY run_id, uri
),
searched AS (
  SELECT
    a.run_id,
    count(f.uri)::DOUBLE AS files,
    count(*) FILTER (f.status = 'ok')::DOUBLE AS files_ok,
    count(*) FILTER (f.status = 'partly')::DOUBLE AS files_partly,
    count(*) FILTER (f.status = 'damaged')::DOUBLE AS files_damaged,
    count(*) FILTER (f.status = 'failed')::DOUBLE AS files_failed,
    count(*) FILTER (f.of_unknown_length)::DOUBLE AS files_of_unknown_length,
    coalesce(any_value(a.not_seen), 0)::DOUBLE AS places_not_seen,
    coalesce(sum(f.seconds_of_footage), 0)::DOUBLE AS seconds_of_footage,
    coalesce(sum(f.searched_s), 0)::DOUBLE AS seconds_searched,
    coalesce(sum(f.frames_analysed), 0)::DOUBLE AS frames_analysed,
    coalesce(sum(f.faces_detected), 0)::DOUBLE AS faces_detected,
    coalesce(sum(f.faces_rejected), 0)::DOUBLE AS faces_refused
  FROM (SELECT run_id, len(gaps) AS not_seen FROM asked JOIN runs USING (run_id)) a
  LEFT JOIN files_of_run f USING (run_id)
  GROUP BY a.run_id
),
rows AS (
  SELECT run_id, 0 AS part, 0 AS faces, what, amount
  FROM searched UNPIVOT (amount FOR what IN (
    files, files_ok, files_partly, files_damaged, files_failed, files_of_unknown_length,
    places_not_seen, seconds_of_footage, seconds_searched, frames_analysed, faces_detected, faces_refused))
  UNION ALL
  SELECT run_id, 1, faces, 'refused: ' || reason, faces::DOUBLE FROM refusals
)
SELECT run_id, case_ref, what, amount
FROM rows
JOIN asked USING (run_id)
ORDER BY
  run_id DESC, part, faces DESC,
  list_position(['files', 'files_ok', 'files_partly', 'files_damaged', 'files_failed',
    'files_of_unknown_length', 'places_not_seen', 'seconds_of_footage', 'seconds_searched',
    'frames_analysed', 'faces_detected', 'faces_refused'], what),
  what;
