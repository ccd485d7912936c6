-- Where each person was, camera after camera, with the time since the camera before.
-- About every run that has finished, case by case: of $case_ref alone where given, or of $run_id.
-- $subject_id: one subject; everyone when left out.
-- $minutes: how long somebody may be out of sight within a visit; 5 when left out.
-- `after_s` is the time from the end of the step before; below 0 where the two overlap.
-- Footage that was searched again, or of which there are copies, counts once for a subject.
-- Visits without a wall clock have no step and come last.
-- Key: case_ref, gallery, subject_id, place, visit.
FROM timeline_of($run_id::VARCHAR, $case_ref::VARCHAR, coalesce($minutes::DOUBLE, 5))
WHERE $subject_id::VARCHAR IS NULL OR subject_id = $subject_id::VARCHAR
ORDER BY case_ref, gallery, subject_id, step NULLS LAST, camera, place, from_media_s, visit;
