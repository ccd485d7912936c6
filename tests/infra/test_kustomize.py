"""What the overlays promise, rendered and held to Kubernetes' schemas, not applied."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

from lfr_batch.config.load import load_config
from tests.infra.rendering import (
    INFRA,
    OVERLAYS,
    Manifest,
    cluster_of,
    named,
    ray_templates,
    render,
    templates,
)

KUBERNETES = "1.37"
REPOSITORY = INFRA.parent
OWN_KINDS = {"RayCluster", "RayJob"}

# Of ray-operator/apis/ray/v1 in KubeRay 1.6: what may be said.
CLUSTER = {"rayVersion", "authOptions", "headGroupSpec", "workerGroupSpecs", "suspend",
           "enableInTreeAutoscaling", "autoscalerOptions", "headServiceAnnotations"}  # fmt: skip
HEAD = {"rayStartParams", "template", "serviceType", "headService", "enableIngress"}
WORKERS = {"groupName", "rayStartParams", "template", "replicas", "minReplicas", "maxReplicas",
           "numOfHosts", "scaleStrategy"}  # fmt: skip
JOB = {"entrypoint", "submissionMode", "shutdownAfterJobFinishes", "metadata",
       "ttlSecondsAfterFinished", "backoffLimit", "rayClusterSpec", "suspend"}  # fmt: skip

AUTOSCALER = {"resources", "image", "imagePullPolicy", "securityContext", "idleTimeoutSeconds",
              "upscalingMode", "version", "env", "envFrom", "volumeMounts"}  # fmt: skip
FOR_THE_AUTOSCALER = "kubernetes"
"""The volume with the token for Kubernetes."""


@pytest.fixture(scope="module", params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def manifests(overlay: str, tmp_path_factory: pytest.TempPathFactory) -> list[Manifest]:
    return render(overlay, tmp_path_factory.mktemp(overlay))


@pytest.fixture(scope="module")
def schemas() -> Iterator[Any]:
    package = pytest.importorskip("kubernetes_validate", reason="package kubernetes-validate")
    utils = importlib.import_module("kubernetes_validate.utils")
    with pytest.MonkeyPatch.context() as patch:
        # It reads all definitions anew for each manifest.
        patch.setattr(utils, "schema_contents", functools.cache(utils.schema_contents))
        yield package


def test_kubernetes_own_schemas_accept_it(manifests: list[Manifest], schemas: Any) -> None:
    for manifest in manifests:
        if manifest["kind"] not in OWN_KINDS:
            schemas.validate(manifest, KUBERNETES, strict=True)


def test_so_do_they_accept_the_pods_that_kuberay_makes(
    manifests: list[Manifest], schemas: Any
) -> None:
    for name, template in ray_templates(manifests).items():
        pod = {"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": name}}
        schemas.validate({**pod, "template": template}, KUBERNETES, strict=True)


def test_a_field_that_is_none_is_refused(manifests: list[Manifest], schemas: Any) -> None:
    account = {**manifests[1], "automountServiceAccountTokens": False}
    assert account["kind"] == "ServiceAccount"
    with pytest.raises(schemas.ValidationError, match="automountServiceAccountTokens"):
        schemas.validate(account, KUBERNETES, strict=True)


def test_kuberay_knows_the_fields(manifests: list[Manifest]) -> None:
    cluster = cluster_of(manifests)
    assert cluster.keys() <= CLUSTER
    assert cluster["headGroupSpec"].keys() <= HEAD
    for group in cluster["workerGroupSpecs"]:
        assert group.keys() <= WORKERS
        assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
    for job in named(manifests, "RayJob").values():
        assert job["spec"].keys() <= JOB
    starts = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    values = [value for start in starts for value in start["rayStartParams"].values()]
    assert all(isinstance(value, str) for value in values)


def test_there_is_one_cluster_with_a_token_that_is_there(manifests: list[Manifest]) -> None:
    cluster = cluster_of(manifests)
    assert cluster["rayVersion"] == metadata.version("ray")
    auth = cluster["authOptions"]
    assert auth["mode"] == "token"
    assert set(named(manifests, "Secret")[auth["secretName"]]["data"]) == {"auth_token"}
    [owner] = [each for each in manifests if each["kind"] in OWN_KINDS]
    annotations = owner["metadata"]["annotations"]
    assert annotations == {"ray.io/overwrite-container-cmd": "true"}


def test_every_name_is_one_that_is_there(manifests: list[Manifest]) -> None:
    there = {(each["kind"], each["metadata"]["name"]) for each in manifests}
    for name, template in templates(manifests).items():
        wanted = set(references(template["spec"]))
        assert ("ServiceAccount", template["spec"]["serviceAccountName"]) in wanted
        assert wanted <= there, name
        pod = template["spec"]
        volumes = [volume["name"] for volume in pod["volumes"]]
        for container in pod["containers"]:
            mounted = {mount["name"] for mount in container["volumeMounts"]}
            assert mounted == set(volumes) - {FOR_THE_AUTOSCALER}, name
    spaces = {
        each["metadata"].get("namespace") for each in manifests if each["kind"] != "Namespace"
    }
    assert spaces == {"lfr"} == set(named(manifests, "Namespace"))


def references(pod: Manifest) -> Iterator[tuple[str, str]]:
    """What a pod needs of others: (kind, name)."""
    yield "ServiceAccount", pod["serviceAccountName"]
    for volume in pod["volumes"]:
        if "persistentVolumeClaim" in volume:
            yield "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"]
    for container in pod["containers"]:
        for source in container.get("envFrom", []):
            for kind, reference in source.items():
                yield {"secretRef": "Secret", "configMapRef": "ConfigMap"}[kind], reference["name"]
        for variable in container["env"]:
            if "valueFrom" in variable:
                yield "Secret", variable["valueFrom"]["secretKeyRef"]["name"]


def test_every_pod_is_confined(manifests: list[Manifest]) -> None:
    for name, template in templates(manifests).items():
        pod = template["spec"]
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["runAsUser"] == 10001, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        [container] = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        asked, allowed = container["resources"]["requests"], container["resources"]["limits"]
        assert {"cpu", "memory"} <= asked.keys() & allowed.keys(), name


def test_only_what_grows_has_somebody_who_may_talk_to_kubernetes(
    overlay: str, manifests: list[Manifest]
) -> None:
    """KubeRay puts the autoscaler beside the head's own container, as its options say."""
    cluster = cluster_of(manifests)
    grows = cluster.get("enableInTreeAutoscaling", False)
    assert grows == (overlay == "growing")
    assert grows == ("lfr-autoscaler" in named(manifests, "NetworkPolicy"))
    volumes = {each["name"] for each in cluster["headGroupSpec"]["template"]["spec"]["volumes"]}
    assert grows == (FOR_THE_AUTOSCALER in volumes)
    if not grows:
        return
    options, group = cluster["autoscalerOptions"], cluster["workerGroupSpecs"][0]
    assert options.keys() <= AUTOSCALER
    assert {mount["name"] for mount in options["volumeMounts"]} == {"temporary", FOR_THE_AUTOSCALER}
    assert options["securityContext"]["readOnlyRootFilesystem"] is True
    assert 1 <= group["minReplicas"] < group["maxReplicas"]  # one is asked when a run is planned


def test_what_can_be_written_is_memory_or_home(manifests: list[Manifest]) -> None:
    for name, template in templates(manifests).items():
        [container] = template["spec"]["containers"]
        volumes = {volume["name"]: volume for volume in template["spec"]["volumes"]}
        places = {mount["mountPath"]: volumes[mount["name"]]
                  for mount in container["volumeMounts"] if not mount.get("readOnly")}  # fmt: skip
        assert "/tmp" in places, name
        home = places.pop("/srv/lfr", None)
        assert home is None or home["persistentVolumeClaim"]["claimName"] == "lfr-home"
        assert all(volume["emptyDir"]["medium"] == "Memory" for volume in places.values()), name
        variables = {each["name"]: each.get("value") for each in container["env"]}
        assert variables["HOME"] == "/tmp", name
        assert variables.get("LFR_HOME") == (home and "/srv/lfr"), name


def test_rays_containers_turn_core_dumps_off_and_are_asked_how_they_are(
    manifests: list[Manifest],
) -> None:
    for template in ray_templates(manifests).values():
        [container] = template["spec"]["containers"]
        assert container["args"][0].startswith("ulimit -c 0;")
        assert container["args"][0].endswith("$KUBERAY_GEN_RAY_START_CMD")
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            assert container[probe]["httpGet"]["path"].endswith("healthz")


def test_every_image_is_one_that_is_built_here(manifests: list[Manifest]) -> None:
    version = metadata.version("lfr-batch")
    for name, template in templates(manifests).items():
        [container] = template["spec"]["containers"]
        expected = f"lfr-batch:{version}-gpu" if name == "gpu" else f"lfr-batch:{version}"
        assert container["image"] == expected


def test_selectors_select(manifests: list[Manifest]) -> None:
    """Policies and budgets are about pods that there are; KubeRay adds the kind of node."""
    labels = [template["metadata"]["labels"] for template in templates(manifests).values()]
    for name, ray in ray_templates(manifests).items():
        node_type = "head" if name == "head" else "worker"
        labels.append({**ray["metadata"]["labels"], "ray.io/node-type": node_type})
    for budget in named(manifests, "PodDisruptionBudget").values():
        assert any(fits(budget["spec"]["selector"], each) for each in labels)
    for name, policy in named(manifests, "NetworkPolicy").items():
        optional = name == "lfr-submitter"  # a job of its own is submitted by KubeRay
        assert optional or any(fits(policy["spec"]["podSelector"], each) for each in labels), name


def fits(selector: Manifest, labels: dict[str, str]) -> bool:
    stated = selector.get("matchLabels", {})
    listed = selector.get("matchExpressions", [])
    assert all(each["operator"] == "In" for each in listed)
    return stated.items() <= labels.items() and all(
        labels.get(each["key"]) in each["values"] for each in listed
    )


def test_nobody_reaches_a_pod_who_is_not_named(manifests: list[Manifest]) -> None:
    policies = named(manifests, "NetworkPolicy")
    everybody = policies["lfr-nobody"]["spec"]
    assert everybody == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    rules = policies["lfr-ray"]["spec"]["ingress"]
    assert all(rule["from"] for rule in rules)
    ports = [rule.get("ports", []) for rule in rules[1:]]
    assert [[port["port"] for port in each] for each in ports] == [[8265], [8080]]


def test_only_what_is_on_gpus_asks_for_them(overlay: str, manifests: list[Manifest]) -> None:
    sizes = {
        group["groupName"]: group["replicas"] for group in cluster_of(manifests)["workerGroupSpecs"]
    }
    assert (sizes["gpu"] > 0) == (overlay == "gpu")
    assert (sizes["cpu"] > 0) == (overlay != "gpu")
    for name, template in ray_templates(manifests).items():
        limits = template["spec"]["containers"][0]["resources"]["limits"]
        assert ("nvidia.com/gpu" in limits) == (name == "gpu")


def test_what_is_to_be_scanned_can_be_read_by_a_scan(
    manifests: list[Manifest], tmp_path: Path
) -> None:
    path = tmp_path / "scan.yaml"
    path.write_text(named(manifests, "ConfigMap")["lfr-scan"]["data"]["scan.yaml"])
    job = load_config(path).job
    assert job.gallery
    assert job.case
    assert job.authority
    assert job.purpose


def test_what_is_run_is_in_the_image(manifests: list[Manifest]) -> None:
    texts = [yaml.safe_dump(each, width=10_000) for each in manifests]
    scripts = {word for text in texts for word in text.split() if word.startswith("/app/")}
    assert scripts == {"/app/jobs/scan_archive.py"}
    assert all((REPOSITORY / script.removeprefix("/app/")).is_file() for script in scripts)


def test_a_retry_never_starts_a_second_run(manifests: list[Manifest]) -> None:
    for job in named(manifests, "RayJob").values():
        assert job["spec"]["backoffLimit"] == 0
    for cron in named(manifests, "CronJob").values():
        assert cron["spec"]["concurrencyPolicy"] == "Forbid"
        assert cron["spec"]["jobTemplate"]["spec"]["backoffLimit"] == 0
