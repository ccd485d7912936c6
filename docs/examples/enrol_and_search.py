"""Enrol a folder of pictures, then rank its people for the faces in a few stills.

``python docs/examples/enrol_and_search.py custody/ still.jpg …``

``custody/`` holds a folder per person. Models and galleries live in LFR_HOME, into which
``lfr models fetch open`` has put the models.
"""

import sys

import lfr_batch as lfr

GALLERY = "example"

images, *stills = sys.argv[1:]
stated = lfr.Authority(
    case_ref="OP-1",
    authority="Insp. A. Example, ref 12/2026",
    purpose="identify the suspect",
    operator="a.example",
)

enrolled = lfr.enrol(GALLERY, images, stated)
for file in enrolled.enrolment.not_enrolled:
    print(f"not enrolled: {file.uri}: {file.reason}")
print(f"{GALLERY}: snapshot {enrolled.info.snapshot_id}, {enrolled.info.templates} templates")

run = lfr.search(stills, GALLERY, stated)
for state in run.not_whole():
    print(f"{state.status}: {state.sentence}")
for row in run.ask("candidates_of_run").to_pylist():
    verdict = "a possible match" if row["above_threshold"] else "below the threshold"
    print(f"{row['uri']} face {row['face']}: {row['subject_id']} {row['score']:.3f}, {verdict}")
print("A person decides.")
