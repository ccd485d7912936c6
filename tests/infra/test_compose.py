"""What the Compose file for one server promises. No container is started here."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from lfr_batch.version import __version__
from tests.infra.rendering import INFRA

COMPOSE = INFRA / "compose.yaml"
RAYS = ("head", "worker", "lfr")
_DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(_DEFAULT.sub(r"\1", COMPOSE.read_text()))
    return content


def test_the_compose_specification_accepts_it(compose: dict[str, Any]) -> None:
    package = pytest.importorskip("compose_spec", reason="package compose-spec")
    package.PyCompose.from_yaml(yaml.safe_dump(compose)).to_spec()
    compose_with_a_slip = {**compose, "services": {"head": {"image": "x", "red_only": True}}}
    with pytest.raises(ValueError, match="red_only"):
        package.PyCompose.from_yaml(yaml.safe_dump(compose_with_a_slip))


def test_every_service_is_confined(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service.get("user", "").split(":")[0] not in {"0", "root"}, name
        assert not service.get("privileged"), name


def test_only_this_machine_reaches_a_port(compose: dict[str, Any]) -> None:
    published = [port for each in compose["services"].values() for port in each.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_workers_reach_nothing_outside(compose: dict[str, Any]) -> None:
    assert compose["services"]["worker"]["networks"] == ["inner"]
    assert compose["networks"]["inner"] == {"internal": True}


def test_whatever_is_rays_is_of_one_image_and_has_the_token(compose: dict[str, Any]) -> None:
    for name in RAYS:
        service = compose["services"][name]
        assert service["image"] == f"lfr-batch:{__version__}"
        assert service["user"] == "10001:10001"
        assert service["env_file"] == ["secrets/ray.env", "secrets/s3.env"]
        assert service["ulimits"]["core"] == 0
        assert service["environment"]["LFR_HOME"] == "/srv/lfr"
        assert service["volumes"][0] == "home:/srv/lfr"
        [temporary] = service["tmpfs"]
        assert temporary.startswith("/tmp:mode=0700,uid=10001")
    built = compose["services"]["head"]["build"]
    assert (INFRA / built["context"] / built["dockerfile"]).is_file()


def test_what_is_named_is_there(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert set(service["networks"]) <= compose["networks"].keys()
        assert set(service.get("depends_on", ())) <= compose["services"].keys()
        for volume in service["volumes"]:
            if isinstance(volume, str) and not volume.startswith("."):
                assert volume.split(":")[0] in compose["volumes"], name
            elif isinstance(volume, str):
                assert (INFRA / volume.split(":")[0]).exists(), name


def test_prometheus_asks_where_ray_counts(compose: dict[str, Any]) -> None:
    [job] = yaml.safe_load((INFRA / "monitoring/prometheus.yml").read_text())["scrape_configs"]
    [found] = job["dns_sd_configs"]
    for name in found["names"]:
        command = compose["services"][name]["command"].split()
        assert f"--metrics-export-port={found['port']}" in command


def test_grafanas_panels_ask_the_source_that_is_provisioned() -> None:
    grafana = INFRA / "monitoring" / "grafana"
    [source] = yaml.safe_load((grafana / "provisioning/datasources/prometheus.yaml").read_text())[
        "datasources"
    ]
    for path in (grafana / "dashboards").glob("*.json"):
        panels = json.loads(path.read_text())["panels"]
        assert panels
        asked = {target["datasource"]["uid"] for panel in panels for target in panel["targets"]}
        assert asked == {source["uid"]}
