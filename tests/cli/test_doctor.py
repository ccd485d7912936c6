from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lfr_batch.cli.app import build_app
from lfr_batch.cli.doctor import collect_findings
from lfr_batch.cli.findings import Finding
from lfr_batch.cli.findings_data import data_findings, gallery_findings, pack_findings
from lfr_batch.cli.findings_machine import (
    GIB,
    core_dump_finding,
    disk_finding,
    gpu_finding,
    memory_finding,
    nearest_existing,
    open_files_finding,
    processor_finding,
    python_finding,
    shared_memory_finding,
)
from lfr_batch.cli.findings_scan import workers_finding
from lfr_batch.cli.findings_software import (
    collisions_finding,
    describe_plan,
    packages_finding,
    plan_finding,
    providers_finding,
    wrong_requirements,
)
from lfr_batch.config.schema import EngineConfig
from lfr_batch.models.devices import DeviceReport
from lfr_batch.models.session_plan import SessionPlan
from lfr_batch.results.columns import SCHEMA_VERSION
from lfr_batch.work.workers import Machine, sized

CUDA = SessionPlan("onnxruntime", "cuda", "f32", 2)
TOPICS = {
    "python", "processor", "memory", "disk", "disk of Ray's sessions", "shared memory", "gpu",
    "open files", "core dumps", "Ray's sessions", "Ray's usual folder",
    "Ray that runs", "packages", "collisions", "providers", "inference", "scan", "home",
    "packs", "galleries", "results",
}  # fmt: skip


def report(**changes: object) -> DeviceReport:
    values: dict[str, object] = {
        "processor": "a processor",
        "cores": 2,
        "extensions": (),
        "onnxruntime_providers": ("CPUExecutionProvider",),
        "openvino_devices": ("CPU",),
        "bf16": True,
        "gpus": (),
        "cuda_usable": False,
        "collisions": (),
    }
    return DeviceReport(**{**values, **changes})  # type: ignore[arg-type]


def test_an_empty_home_is_looked_at_and_left_as_it_is(tmp_path: Path) -> None:
    home = tmp_path / "not" / "there"
    findings = collect_findings(home, str(home / "results"))
    assert {finding.topic for finding in findings} == TOPICS
    assert not list(tmp_path.iterdir())


def test_this_installation_has_what_the_package_asks_for() -> None:
    assert wrong_requirements() == []


def test_the_command_prints_json_and_succeeds_without_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LFR_HOME", str(tmp_path))
    monkeypatch.delenv("LFR_RESULTS", raising=False)
    done = CliRunner().invoke(build_app("doctor"), ["doctor", "--json"])
    rows = json.loads(done.stdout)
    assert {row["topic"] for row in rows} == TOPICS
    assert done.exit_code == int(any(row["state"] == "problem" for row in rows))


def test_the_command_fails_and_shows_the_remedy_where_there_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.write_text("a file in its place")
    monkeypatch.setenv("LFR_HOME", str(home))
    monkeypatch.delenv("LFR_RESULTS", raising=False)
    done = CliRunner().invoke(build_app("doctor"), ["doctor"])
    assert done.exit_code == 1
    assert "Set LFR_HOME to a folder." in done.stdout


def test_a_pack_is_verified_and_its_damage_named(open_pack_home: Path, tmp_path: Path) -> None:
    shutil.copytree(open_pack_home / "models", tmp_path / "models")
    [intact] = pack_findings(tmp_path)
    assert intact.state == "ok"
    model = next((tmp_path / "models").glob("*/*.onnx"))
    model.write_bytes(model.read_bytes()[:-1])
    [damaged] = pack_findings(tmp_path)
    assert damaged.state == "problem"
    assert model.name in damaged.text


def test_a_gallery_whose_snapshot_is_gone_is_a_problem(tmp_path: Path) -> None:
    folder = tmp_path / "galleries" / "custody"
    folder.mkdir(parents=True)
    (folder / "CURRENT").write_text("0" * 16)
    [finding] = gallery_findings(tmp_path)
    assert (finding.topic, finding.state) == ("gallery custody", "problem")


@pytest.mark.parametrize(
    ("marker", "state", "says"),
    [
        (None, "ok", "no runs yet"),
        ({"schema_version": SCHEMA_VERSION}, "ok", f"schema {SCHEMA_VERSION}"),
        ({"schema_version": SCHEMA_VERSION + 1}, "problem", "newer version"),
        ({}, "problem", "schema_version"),
    ],
)
def test_the_results_root_is_read(
    marker: dict[str, int] | None, state: str, says: str, tmp_path: Path
) -> None:
    if marker is not None:
        (tmp_path / "lake.json").write_text(json.dumps(marker))
    finding = data_findings(tmp_path, str(tmp_path))[-1]
    assert (finding.topic, finding.state) == ("results", state)
    assert says in finding.text


def test_an_address_that_is_no_place_for_results_is_a_problem(tmp_path: Path) -> None:
    assert data_findings(tmp_path, "ftp://host/results")[-1].state == "problem"


@pytest.mark.parametrize(
    ("finding", "state", "says"),
    [
        (python_finding((3, 10)), "problem", "3.10"),
        (python_finding((3, 14)), "problem", "3.14"),
        (python_finding((3, 13)), "ok", "3.13"),
        (processor_finding(1), "warning", "1 cores"),
        (processor_finding(64), "ok", "64 cores"),
        (memory_finding(None), "warning", "unknown"),
        (memory_finding(2 * GIB), "warning", "2.0 GiB"),
        (memory_finding(8 * GIB), "ok", "8.0 GiB"),
        (shared_memory_finding(Path("/nowhere/shm")), "warning", "/nowhere/shm"),
        (gpu_finding((), 0), "ok", "none"),
        (gpu_finding(("H100",), 1), "ok", "H100"),
        (gpu_finding(("H100",), 0), "warning", "shows this process none"),
        (open_files_finding(1024, 1024), "warning", "1024"),
        (open_files_finding(1024, 524288), "ok", "524288 at once, 1024 until Ray"),
        (open_files_finding(65536, 65536), "ok", "65536"),
        (open_files_finding(-1, -1), "ok", "no limit"),
        (core_dump_finding(0), "ok", "off"),
        (core_dump_finding(-1), "warning", "would hold faces"),
        (packages_finding(["av is 17.0, wanted >=18"]), "problem", "av is 17.0"),
        (collisions_finding(report()), "ok", "one OpenCV"),
        (collisions_finding(report(collisions=("two cv2.",))), "problem", "two cv2"),
        (providers_finding(report()), "ok", "OpenVINO: CPU with bf16"),
        (providers_finding(report(gpus=("H100",))), "warning", "GPU is not used"),
        (providers_finding(report(gpus=("H100",), cuda_usable=True)), "ok", "onnxruntime: CPU"),
        (plan_finding(report()), "ok", " on c"),
    ],
)
def test_each_look_says_what_it_saw(finding: Finding, state: str, says: str) -> None:
    assert finding.state == state
    assert says in finding.text


@pytest.mark.parametrize(
    ("plan", "tensorrt", "text"),
    [
        (CUDA, False, "onnxruntime on cuda, tf32 where it agrees with f32 at start-up, else f32"),
        (CUDA, True, "onnxruntime on cuda, f16 where it agrees with f32 at start-up, else f32"),
        (SessionPlan("openvino", "cpu", "f32", 2), False, "openvino on cpu, f32"),
    ],
)
def test_the_plan_is_told_in_words(plan: SessionPlan, tensorrt: bool, text: str) -> None:
    assert describe_plan(plan, bf16=False, tensorrt=tensorrt) == text


@pytest.mark.parametrize(
    ("cores", "gpus", "state", "text"),
    [
        (2, 0, "ok", "2 workers, each with 1 core and 1 segment at a time; decoded by some"),
        (
            16,
            1,
            "ok",
            "4 workers, each with 4 cores, 0.25 of a GPU and 4 segments at a time; decoded by some",
        ),
        (
            2,
            1,
            "warning",
            "1 worker with 2 cores, 1 of a GPU and 2 segments at a time; decoded by some",
        ),
    ],
)
def test_what_a_scan_would_have_is_said(cores: int, gpus: int, state: str, text: str) -> None:
    finding = workers_finding(sized(EngineConfig(), Machine(cores, gpus)), "some", cores)
    assert (finding.state, finding.text) == (state, text)


def test_a_disk_is_measured_where_the_folder_will_be(tmp_path: Path) -> None:
    assert nearest_existing(tmp_path / "a" / "b") == tmp_path
    free = shutil.disk_usage(tmp_path).free
    finding = disk_finding("disk", tmp_path / "a" / "b")
    assert (finding.state == "problem") == (free < 2 * GIB)
    assert str(tmp_path / "a" / "b") in finding.text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_home_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert data_findings(tmp_path, str(tmp_path))[0].state == "problem"


@pytest.mark.parametrize(("state", "remedy"), [("ok", "do this"), ("problem", "")])
def test_a_remedy_belongs_to_what_is_wrong(state: str, remedy: str) -> None:
    with pytest.raises(ValueError, match="remedy"):
        Finding("topic", state, "text", remedy)  # type: ignore[arg-type]
