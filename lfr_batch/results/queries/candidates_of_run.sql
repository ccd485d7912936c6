-- Every face of a run that has candidates, with its ranked candidates.
-- $run_id: one run; the latest when left out.
SELECT
  f.uri, dense_rank() OVER (PARTITION BY f.uri ORDER BY s.box[1], s.sighting_id) AS face,
  c.rank, c.subject_id, c.score, c.above_threshold, s.margin, s.threshold, s.quality,
  s.box, c.image_id, s.sighting_id, s.run_id
FROM sightings s
JOIN footage f USING (run_id, footage_id)
JOIN candidates c USING (run_id, sighting_id)
WHERE s.run_id = coalesce($run_id::VARCHAR, (SELECT max(run_id) FROM runs))
ORDER BY f.uri, face, c.rank;
