-- Two subjects seen on one camera within some minutes of each other.
-- About every run that has finished, case by case: of $case_ref alone where given, or of $run_id.
-- Two people whom different runs of a case found are together, too; people of two cases never.
-- $minutes: how far apart at most; 5 when left out.
-- $subject_a, $subject_b: these two; any two when left out.
-- `times` counts meetings, not pairs of sightings: of two people, all sightings that have the other
-- within $minutes belong to one meeting until there is none for longer than $minutes.
-- Footage that was searched again, or of which there are copies, counts once for a subject.
-- Camera and time are of the run or copy that knows them best. `accounts` above 1: such runs or
-- copies state different cameras or times, of which one counts.
-- Where the wall clock is unknown, sightings in one file are compared by media time.
WITH timed AS (
  SELECT
    row_number() OVER () AS sighting, run_id, finished_at, case_ref, subject_id, score, start_utc,
    start_source, accounts,
    CASE WHEN start_utc IS NULL THEN content ELSE coalesce(camera_id, content) END AS place,
    start_utc IS NULL AS by_media_time,
    coalesce(camera_id, uri) AS camera_or_file,
    coalesce(epoch(start_utc), start_s) AS from_s,
    coalesce(epoch(end_utc), end_s) AS to_s
  FROM sightings_once($run_id::VARCHAR, $case_ref::VARCHAR)
),
pairs AS (
  SELECT
    a.subject_id AS subject_a, b.subject_id AS subject_b, a.sighting AS seen_a, b.sighting AS seen_b,
    greatest(0, greatest(a.from_s, b.from_s) - least(a.to_s, b.to_s)) AS apart_s,
    least(a.score, b.score) AS weaker_score
  FROM timed a
  JOIN timed b
    ON a.case_ref = b.case_ref AND a.place = b.place AND a.by_media_time = b.by_media_time
    AND a.subject_id < b.subject_id
    AND greatest(a.from_s, b.from_s) - least(a.to_s, b.to_s)
        <= coalesce($minutes::DOUBLE, 5) * 60
  WHERE ($subject_a::VARCHAR IS NULL OR $subject_a::VARCHAR IN (a.subject_id, b.subject_id))
    AND ($subject_b::VARCHAR IS NULL OR $subject_b::VARCHAR IN (a.subject_id, b.subject_id))
),
close AS (
  SELECT
    p.subject_a, p.subject_b, t.*,
    min(p.apart_s) AS apart_s,
    max(p.weaker_score) AS weaker_score
  FROM (
    SELECT subject_a, subject_b, seen_a AS sighting, apart_s, weaker_score FROM pairs
    UNION ALL
    SELECT subject_a, subject_b, seen_b, apart_s, weaker_score FROM pairs
  ) p
  JOIN timed t USING (sighting)
  GROUP BY ALL
),
in_order AS (
  SELECT
    *,
    from_s - max(to_s) OVER (
      PARTITION BY case_ref, place, by_media_time, subject_a, subject_b
      ORDER BY from_s, to_s, sighting
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS after_s
  FROM close
)
SELECT
  max_by(run_id, (finished_at, run_id)) AS run_id,
  case_ref,
  any_value(camera_or_file) AS camera_or_file,
  subject_a,
  subject_b,
  count(*) FILTER (after_s IS NULL OR after_s > coalesce($minutes::DOUBLE, 5) * 60) AS times,
  count(*) FILTER (subject_id = subject_a) AS sightings_a,
  count(*) FILTER (subject_id = subject_b) AS sightings_b,
  count(DISTINCT run_id) AS runs,
  min(apart_s) AS closest_s,
  min(start_utc) AS first_utc,
  string_agg(DISTINCT start_source, ', ' ORDER BY start_source) AS start_sources,
  max(accounts) AS accounts,
  max(weaker_score) AS best_weaker_score
FROM in_order
GROUP BY case_ref, place, by_media_time, subject_a, subject_b
ORDER BY times DESC, closest_s, subject_a, subject_b, camera_or_file;
