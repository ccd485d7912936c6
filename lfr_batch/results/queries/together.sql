-- Two subjects seen at one camera, or one site, within some minutes of each other.
-- About every run that has finished, case by case: of $case_ref alone where given, or of $run_id.
-- Two people whom different runs of a case found are together, too; people of two cases never.
-- $minutes: how far apart at most; 5 when left out.
-- $per: camera or site; camera when left out.
-- $subject_a, $subject_b: these two; any two when left out.
-- `times` counts meetings, not pairs of sightings: of two people, all sightings that have the other
-- within $minutes belong to one meeting until there is none for longer than $minutes.
-- Footage that was searched again, or of which there are copies, counts once for a subject.
-- Camera and time are of the run or copy that knows them best. `accounts` above 1: such runs or
-- copies state different cameras or times, of which one counts.
-- Where the wall clock is unknown, sightings in one file are compared by media time.
-- Key: case_ref, place, by_media_time, subject_a, subject_b.
FROM together_within(
  $run_id::VARCHAR, $case_ref::VARCHAR, coalesce($minutes::DOUBLE, 5),
  coalesce($per::VARCHAR, 'camera'), $subject_a::VARCHAR, $subject_b::VARCHAR)
ORDER BY times DESC, closest_s, subject_a, subject_b, camera_or_file, case_ref, place;
