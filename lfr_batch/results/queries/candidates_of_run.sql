-- Every face that has candidates, with its ranked candidates.
-- About one run, the latest that has finished: or of $run_id, of all of $case_ref, of $all (true).
-- Key: run_id, sighting_id, rank.
SELECT
  r.run_id, r.case_ref, f.uri, f.stream, f.recording, s.picture,
  dense_rank() OVER (
    PARTITION BY s.run_id, f.uri
    ORDER BY s.picture, s.box."left", s.start_s, s.sighting_id) AS face,
  c.rank, c.subject_id, n.name, c.score, c.relative_score, c.above_threshold, s.margin, s.threshold, s.quality,
  s.box, c.image_id, s.sighting_id
FROM asked_run($run_id::VARCHAR, $case_ref::VARCHAR, $all::BOOLEAN) r
JOIN sightings s USING (run_id)
JOIN footage f USING (run_id, footage_id)
JOIN candidates c USING (run_id, sighting_id)
LEFT JOIN subjects n ON n.run_id = c.run_id AND n.subject_id = c.subject_id
ORDER BY r.run_id DESC, f.uri, face, c.rank;
