-- Two subjects seen on one camera within some minutes of each other.
-- $minutes: how far apart at most; 5 when left out. $run_id: one run; all when left out.
-- $subject_a, $subject_b: these two; any two when left out.
-- Where the wall clock is unknown, sightings in one file are compared by media time.
WITH timed AS (
  SELECT
    run_id, subject_id, score,
    CASE WHEN start_utc IS NULL THEN footage_id ELSE coalesce(camera_id, footage_id) END AS place,
    coalesce(epoch(start_utc), start_s) AS from_s,
    coalesce(epoch(end_utc), end_s) AS to_s,
    start_utc
  FROM sightings
  WHERE $run_id::VARCHAR IS NULL OR run_id = $run_id::VARCHAR
)
SELECT
  a.run_id,
  a.place AS camera_or_file,
  a.subject_id AS subject_a,
  b.subject_id AS subject_b,
  count(*) AS times,
  min(greatest(0, greatest(a.from_s, b.from_s) - least(a.to_s, b.to_s))) AS closest_s,
  min(least(a.start_utc, b.start_utc)) AS first_utc,
  max(least(a.score, b.score)) AS best_weaker_score
FROM timed a
JOIN timed b
  ON a.run_id = b.run_id AND a.place = b.place AND a.subject_id < b.subject_id
  AND greatest(a.from_s, b.from_s) - least(a.to_s, b.to_s)
      <= coalesce($minutes::DOUBLE, 5) * 60
WHERE ($subject_a::VARCHAR IS NULL OR $subject_a::VARCHAR IN (a.subject_id, b.subject_id))
  AND ($subject_b::VARCHAR IS NULL OR $subject_b::VARCHAR IN (a.subject_id, b.subject_id))
GROUP BY a.run_id, a.place, a.subject_id, b.subject_id
ORDER BY times DESC, closest_s, subject_a, subject_b;
