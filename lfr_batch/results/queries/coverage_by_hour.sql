-- What was searched of each camera, hour by hour of the wall clock, with gaps.
-- About every run that has finished, case by case: of $case_ref alone where given, or of $run_id.
-- What several runs of a case searched counts once. Hours without any footage between others are one
-- row (`no footage`, `hours` long); files without a time are one row for each camera (`no time`).
-- Key: case_ref, camera, hour_utc.
FROM coverage_by_hour($run_id::VARCHAR, $case_ref::VARCHAR)
ORDER BY case_ref, camera, hour_utc NULLS LAST;
