-- Every face of a run that has candidates, with its ranked candidates.
-- About one run: $run_id; when left out, the latest that has finished, of $case_ref where given.
SELECT
  r.run_id, r.case_ref, f.uri, f.stream, f.recording, s.picture,
  dense_rank() OVER (
    PARTITION BY f.uri ORDER BY s.picture, s.box."left", s.start_s, s.sighting_id) AS face,
  c.rank, c.subject_id, c.score, c.above_threshold, s.margin, s.threshold, s.quality,
  s.box, c.image_id, s.sighting_id
FROM asked_run($run_id::VARCHAR, $case_ref::VARCHAR) r
JOIN sightings s USING (run_id)
JOIN footage f USING (run_id, footage_id)
JOIN candidates c USING (run_id, sighting_id)
ORDER BY f.uri, face, c.rank;
