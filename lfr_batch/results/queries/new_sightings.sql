-- Sightings of a run that no earlier run of its case has: another person, moment or footage.
-- The same is the same subject of the same gallery in the same bytes, at a time that overlaps.
-- About one run, the latest that has finished: or of $run_id, of all of $case_ref, of $all (true).
-- Key: run_id, sighting_id.
WITH asked AS (
  FROM asked_run($run_id::VARCHAR, $case_ref::VARCHAR, $all::BOOLEAN)
),
contents AS (
  SELECT
    r.run_id, r.case_ref, r.gallery, r.started_at, f.footage_id, f.uri, f.stream, f.recording,
    concat_ws(':',
      coalesce(f.content_id, f.footage_id), coalesce(f.stream, 0), coalesce(f.recording, 1)
    ) AS content
  FROM footage f
  JOIN finished_runs r USING (run_id)
),
mine AS (
  SELECT c.*, s.* EXCLUDE (run_id, footage_id)
  FROM asked
  JOIN contents c USING (run_id)
  JOIN sightings s USING (run_id, footage_id)
),
earlier AS (
  SELECT
    c.case_ref, c.gallery, c.content, c.started_at, s.subject_id, s.picture, s.start_s, s.end_s
  FROM contents c
  JOIN sightings s USING (run_id, footage_id)
)
SELECT
  m.run_id, m.case_ref, m.subject_id, m.score, m.margin, m.uri, m.stream, m.recording, m.picture,
  m.camera_id, m.start_s, m.end_s, m.start_utc, m.end_utc, m.start_source, m.sighting_id,
  m.footage_id
FROM mine m
WHERE NOT EXISTS (
  FROM earlier e
  WHERE e.case_ref = m.case_ref AND e.gallery = m.gallery AND e.content = m.content
    AND e.subject_id = m.subject_id AND e.started_at < m.started_at
    AND e.picture IS NOT DISTINCT FROM m.picture
    AND e.start_s <= m.end_s AND e.end_s >= m.start_s
)
ORDER BY m.score DESC, m.uri, m.start_s, m.sighting_id;
