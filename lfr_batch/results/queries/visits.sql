-- Visits: one person at one camera for a while, in order of time.
-- About every run that has finished, case by case: of $case_ref alone where given, or of $run_id.
-- $subject_id: one subject; everyone when left out.
-- $minutes: how long somebody may be out of sight within a visit; 5 when left out.
-- Footage that was searched again, or of which there are copies, counts once for a subject.
-- Without a wall clock a visit is within one file, by media time. `best_run_id` and
-- `best_sighting_id` lead to its best picture, in `best_shots`.
-- Key: case_ref, gallery, subject_id, place, visit.
FROM visits_within($run_id::VARCHAR, $case_ref::VARCHAR, coalesce($minutes::DOUBLE, 5))
WHERE $subject_id::VARCHAR IS NULL OR subject_id = $subject_id::VARCHAR
ORDER BY from_utc, case_ref, camera, from_media_s, subject_id, gallery, place, visit;
