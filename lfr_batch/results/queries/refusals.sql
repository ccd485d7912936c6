-- Faces that the quality gate refused, by camera, minute and reason: what to look at by hand.
-- About one run, the latest that has finished: or of $run_id, of all of $case_ref, of $all (true).
-- `start_s` to `end_s` is the stretch of the file in which they are: a segment, mostly a minute. Closer
-- it is not known, and nothing is kept of the faces. They are counted once per analysed frame.
-- Key: run_id, segment_id, reason.
SELECT
  r.run_id, f.case_ref, f.camera, f.site, f.minute_utc, f.minute_local, f.time_zone, f.reason,
  f.faces, f.uri, f.stream, f.recording, f.start_s, f.end_s, f.segment_id
FROM asked_run($run_id::VARCHAR, $case_ref::VARCHAR, $all::BOOLEAN) r
JOIN refusals f USING (run_id)
ORDER BY
  r.run_id DESC, f.camera, f.minute_utc, f.uri, f.stream, f.recording, f.start_s, f.faces DESC,
  f.reason;
