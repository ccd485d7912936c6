"""What the images and cluster manifests promise. They are read here, not run."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
INFRA = REPOSITORY / "infra"
DOCKERFILES = {"Dockerfile": "requirements.lock", "Dockerfile.gpu": "requirements-gpu.lock"}
KUBERAY = ("raycluster", "rayjob")


def load(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((INFRA / name).read_text())
    return content


def cluster_of(name: str) -> dict[str, Any]:
    spec: dict[str, Any] = load(f"kuberay/{name}.yaml")["spec"]
    inner: dict[str, Any] = spec.get("rayClusterSpec", spec)
    return inner


def pods_of(name: str) -> list[dict[str, Any]]:
    cluster = cluster_of(name)
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    return [group["template"]["spec"] for group in groups]


@pytest.mark.parametrize("path", sorted(INFRA.rglob("*.yaml")), ids=lambda path: path.name)
def test_no_key_is_there_twice(path: Path) -> None:
    """PyYAML keeps the last of two equal keys; Kubernetes refuses the file."""
    nodes = [node for node in yaml.compose_all(path.read_text()) if node is not None]
    while nodes:
        node = nodes.pop()
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value]
            assert len(keys) == len(set(keys)), f"line {node.start_mark.line + 1}: {keys}"
            nodes += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            nodes += node.value


@pytest.mark.parametrize(("name", "lock"), DOCKERFILES.items())
def test_an_image_is_made_from_its_lock_and_holds_no_data(name: str, lock: str) -> None:
    text = (INFRA / name).read_text()
    assert re.findall(r"-r (\S+)", text) == [lock]
    assert "--require-hashes" in text
    assert text.rindex("USER 10001") > text.rindex("COPY")
    copied = {source for line in re.findall(r"^COPY (?!--)(.+) \S+$", text, re.M)
              for source in line.split()}  # fmt: skip
    assert all((REPOSITORY / source).exists() for source in copied)
    assert not copied & {".", "lfr-data", "shared"}


def test_the_build_context_leaves_everything_else_out() -> None:
    lines = (REPOSITORY / ".dockerignore").read_text().split()
    assert lines[0] == "*"
    kept = {line[1:].rstrip("/") for line in lines if line.startswith("!")}
    assert {"lfr_batch", "jobs", "conf", *DOCKERFILES.values()} <= kept


def test_the_entry_point_turns_core_dumps_off_and_runs_the_command() -> None:
    command = ["bash", str(INFRA / "entrypoint.sh"), "bash", "-c", "ulimit -c; umask; exit 7"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["0", "0077"]
    assert done.returncode == 7


@pytest.mark.parametrize("name", KUBERAY)
def test_every_pod_is_confined_and_keeps_nothing(name: str) -> None:
    for pod in pods_of(name):
        [container] = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["args"][0].startswith("ulimit -c 0;")
        assert container["args"][0].endswith("$KUBERAY_GEN_RAY_START_CMD")
        mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        home = {"name": "LFR_HOME", "value": "/srv/lfr"}
        assert home in container["env"]
        claim = volumes[mounts[home["value"]]]["persistentVolumeClaim"]["claimName"]
        assert claim == load("kuberay/home.yaml")["metadata"]["name"]
        assert volumes[mounts["/tmp/ray"]]["emptyDir"]["medium"] == "Memory"
        assert volumes[mounts["/dev/shm"]]["emptyDir"]["medium"] == "Memory"


@pytest.mark.parametrize("name", KUBERAY)
def test_the_pods_own_command_is_respected(name: str) -> None:
    annotations = load(f"kuberay/{name}.yaml")["metadata"]["annotations"]
    assert annotations == {"ray.io/overwrite-container-cmd": "true"}


@pytest.mark.parametrize("name", KUBERAY)
def test_there_are_workers_with_and_without_a_gpu(name: str) -> None:
    limits = {
        group["groupName"]: group["template"]["spec"]["containers"][0]["resources"]["limits"]
        for group in cluster_of(name)["workerGroupSpecs"]
    }
    assert limits["gpu"]["nvidia.com/gpu"] == "1"
    assert "nvidia.com/gpu" not in limits["cpu"]


def test_ray_is_of_the_locked_version_everywhere() -> None:
    lock = (REPOSITORY / "requirements.lock").read_text()
    locked = re.search(r"^ray\[?.*==([\d.]+)", lock, re.M)
    assert locked
    versions = {cluster_of(name)["rayVersion"] for name in KUBERAY}
    assert versions == {locked.group(1)} == {metadata.version("ray")}


def test_the_job_runs_a_script_that_is_in_the_image() -> None:
    words = load("kuberay/rayjob.yaml")["spec"]["entrypoint"].split()
    paths = [word for word in words if word.startswith("/app/")]
    assert len(paths) == 2
    assert all((REPOSITORY / path.removeprefix("/app/")).is_file() for path in paths)


def test_rays_own_schema_accepts_the_launcher_file() -> None:
    from ray.autoscaler._private.util import prepare_config, validate_config

    validate_config(prepare_config(load("ray-cluster.yaml")))


def test_the_launcher_turns_core_dumps_off_before_ray_starts() -> None:
    content = load("ray-cluster.yaml")
    for kind in ("head", "worker"):
        start = content[f"{kind}_start_ray_commands"][-1]
        assert start.index("ulimit -c 0") < start.index("ray start")


def test_the_launcher_keeps_rays_files_where_only_its_user_can_enter() -> None:
    content = load("ray-cluster.yaml")
    for kind in ("head", "worker"):
        start = content[f"{kind}_start_ray_commands"][-1]
        assert start.index("install -d -m 700 ~/.lfr-ray;") < start.index("ray start")
        assert "--temp-dir=$HOME/.lfr-ray/r" in start.split()


@pytest.mark.parametrize("job", ["scan_archive", "enrol_gallery"])
def test_a_job_works_where_the_package_is_only_in_the_working_directory(
    job: str, tmp_path: Path
) -> None:
    script = REPOSITORY / "jobs" / f"{job}.py"
    assert len(script.read_text().splitlines()) <= 40
    shipped = tmp_path / "shipped"
    (shipped / "jobs").mkdir(parents=True)
    (shipped / "jobs" / script.name).write_bytes(script.read_bytes())
    (shipped / "lfr_batch" / "cli").mkdir(parents=True)
    (shipped / "lfr_batch" / "__init__.py").touch()
    (shipped / "lfr_batch" / "cli" / "__init__.py").touch()
    (shipped / "lfr_batch" / "cli" / "app.py").write_text("main = print\n")
    # -S: without the packages that are installed.
    command = [sys.executable, "-I", "-S", str(shipped / "jobs" / script.name), "--case", "OP-1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert "'--case', 'OP-1']" in done.stdout, done.stderr


@pytest.mark.parametrize("job", ["scan_archive", "enrol_gallery"])
def test_a_job_refuses_as_the_command_does(job: str, tmp_path: Path) -> None:
    command = [sys.executable, str(REPOSITORY / "jobs" / f"{job}.py"), "--images", "x", "custody"]
    if job == "scan_archive":
        command = command[:2]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert "--case and --authority" in done.stderr
    assert list(tmp_path.iterdir()) == []
