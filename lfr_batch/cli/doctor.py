"""`lfr doctor`: what this machine is, what is wrong with it, and how to mend it."""

from __future__ import annotations

import typer

from lfr_batch.cli.findings import Finding
from lfr_batch.cli.findings_cluster import cluster_finding
from lfr_batch.cli.findings_data import S3_OF_ENVIRONMENT, data_findings
from lfr_batch.cli.findings_machine import machine_findings
from lfr_batch.cli.findings_ray import ray_findings
from lfr_batch.cli.findings_scan import scan_finding
from lfr_batch.cli.findings_software import software_findings
from lfr_batch.cli.options import ConfigOption, JsonOption, SetOption, settings_of
from lfr_batch.cli.output import answer, answer_json, counted
from lfr_batch.config.schema import S3Config
from lfr_batch.engine.cluster import named_cluster
from lfr_batch.front.places import results_root
from lfr_batch.homes.at_hand import Home, folder_here

MARKS = {"ok": " ok ", "warning": "look", "problem": "BAD "}


def doctor(
    config: ConfigOption = None, overrides: SetOption = None, as_json: JsonOption = False
) -> None:
    """What this machine is, what is wrong, and how to mend it."""
    settings = settings_of(config, overrides)
    place, s3 = settings.home_and_s3()
    cluster = named_cluster(settings.config().engine)
    findings = collect_findings(place, settings.results_place()[0], s3, cluster)
    if as_json:
        answer_json([finding.as_row() for finding in findings])
    else:
        _tell(findings)
    raise typer.Exit(1 if any(finding.state == "problem" for finding in findings) else 0)


def collect_findings(
    home: Home,
    results: str | None = None,
    s3: S3Config = S3_OF_ENVIRONMENT,
    cluster: str | None = None,
) -> list[Finding]:
    """Everything looked at, in the order to read it. ``results`` is the results root to look at,
    ``cluster`` the address of a Ray cluster that is there already.

    Nothing is changed: no folder is made and no lake is opened for writing.
    """
    return [
        *machine_findings(folder_here(home)),
        *ray_findings(),
        *([cluster_finding(cluster)] if cluster else []),
        *software_findings(),
        scan_finding(),
        *data_findings(home, results or results_root(None), s3),
    ]


def _tell(findings: list[Finding]) -> None:
    width = max(len(finding.topic) for finding in findings)
    for finding in findings:
        answer(f"[{MARKS[finding.state]}] {finding.topic:{width}}  {finding.text}")
        if finding.remedy:
            answer(f"       {'':{width}}  → {finding.remedy}")
    problems = sum(finding.state == "problem" for finding in findings)
    warnings = sum(finding.state == "warning" for finding in findings)
    answer(f"{counted(problems, 'problem')}, {counted(warnings, 'warning')}")
